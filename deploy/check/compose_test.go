package check_test

import (
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/compose-spec/compose-go/v2/loader"
	"github.com/compose-spec/compose-go/v2/types"
)

// load reads a compose file as if it stood in deploy.
func load(t *testing.T, content []byte, profiles ...string) (*types.Project, error) {
	t.Helper()
	dir, err := filepath.Abs("..")
	if err != nil {
		t.Fatal(err)
	}
	return loader.LoadWithContext(t.Context(), types.ConfigDetails{
		WorkingDir:  dir,
		ConfigFiles: []types.ConfigFile{{Filename: filepath.Join(dir, "compose.yaml"), Content: content}},
		Environment: types.Mapping{},
	}, loader.WithProfiles(profiles))
}

func file(t *testing.T) []byte {
	t.Helper()
	content, err := os.ReadFile("../compose.yaml")
	if err != nil {
		t.Fatal(err)
	}
	return content
}

func TestCompose(t *testing.T) {
	t.Parallel()
	p, err := load(t, file(t), "ops")
	if err != nil {
		t.Fatal(err)
	}
	want := []string{"enricher", "fetcher", "nats", "ops", "parser", "postgres", "sink", "topology"}
	if got := slices.Sorted(maps.Keys(p.Services)); !slices.Equal(got, want) {
		t.Errorf("services %v, want %v", got, want)
	}
	for name, s := range p.Services {
		if len(s.Ports) > 0 {
			t.Errorf("%s publishes %v", name, s.Ports)
		}
		if s.ContainerName != "" {
			t.Errorf("%s has a fixed name, so that it cannot be scaled", name)
		}
		for _, file := range s.Configs {
			if !exists(t, p.Configs[file.Source].File) && file.Source != "nats-users" {
				t.Errorf("%s: config %s: there is no %s", name, file.Source, p.Configs[file.Source].File)
			}
		}
	}
	for _, stage := range []string{"fetcher", "parser", "enricher", "sink"} {
		s := p.Services[stage]
		if got := strings.Join(s.Command, " "); got != "run --stages "+stage {
			t.Errorf("%s runs %q", stage, got)
		}
		if s.HealthCheck == nil || s.Restart != types.RestartPolicyUnlessStopped || s.StopGracePeriod == nil {
			t.Errorf("%s: health check %v, restart %q, grace %v", stage, s.HealthCheck, s.Restart, s.StopGracePeriod)
		}
		if s.DependsOn["topology"].Condition != types.ServiceConditionCompletedSuccessfully {
			t.Errorf("%s does not wait for the streams", stage)
		}
		// Each stage has its own key and none of another's.
		for _, secret := range s.Secrets {
			if secret.Target == "nats-key" && secret.Source != stage {
				t.Errorf("%s has the key of %s", stage, secret.Source)
			}
		}
		if !slices.ContainsFunc(s.Secrets, func(c types.ServiceSecretConfig) bool { return c.Source == stage && c.Target == "nats-key" }) {
			t.Errorf("%s has no key", stage)
		}
		if _, out := s.Networks["web"]; out != (stage == "fetcher") {
			t.Errorf("%s reaches the web: %v", stage, out)
		}
	}
	if p.Services["sink"].DependsOn["postgres"].Condition != types.ServiceConditionHealthy {
		t.Error("sink does not wait for Postgres")
	}
	for name, s := range p.Secrets {
		if filepath.Base(filepath.Dir(s.File)) != "secrets" {
			t.Errorf("secret %s is %s", name, s.File)
		}
	}
	if p.Services["postgres"].Environment["POSTGRES_PASSWORD"] != nil {
		t.Error("the password of Postgres stands in the environment")
	}
}

func exists(t *testing.T, name string) bool {
	t.Helper()
	_, err := os.Stat(name)
	return err == nil
}

// TestMistakes makes sure that what TestCompose reads is really checked.
func TestMistakes(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct{ old, new, want string }{
		"misspelt key":     {"restart: unless-stopped", "restrat: unless-stopped", "restrat"},
		"misspelt section": {"\nsecrets:\n", "\nsecretes:\n", "secretes"},
		"unknown service":  {"topology: {condition:", "topologie: {condition:", "topologie"},
		"unknown secret":   {"source: sink,", "source: sinks,", "sinks"},
		"wrong condition":  {"condition: service_healthy", "condition: service_fine", "condition value must be one of"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			content := strings.Replace(string(file(t)), c.old, c.new, 1)
			if content == string(file(t)) {
				t.Fatalf("compose.yaml has no %q", c.old)
			}
			if _, err := load(t, []byte(content)); err == nil || !strings.Contains(err.Error(), c.want) {
				t.Errorf("%v, want an error about %s", err, c.want)
			}
		})
	}
}
