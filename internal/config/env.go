package config

import (
	"errors"
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"
)

const (
	envPrefix = "FEEDMILL_"
	envConfig = "FEEDMILL_CONFIG"
	envSecret = "FEEDMILL_SECRET_"
)

// EnvName returns the environment variable of a key: FEEDMILL_POLL_MIN for poll.min.
func EnvName(key string) string {
	return envPrefix + strings.ToUpper(strings.ReplaceAll(key, ".", "_"))
}

// ourVariables returns the variables that are meant for feedmill. The last of a name counts, as in os/exec.
func ourVariables(env []string) map[string]string {
	vars := map[string]string{}
	for _, kv := range env {
		if name, value, ok := strings.Cut(kv, "="); ok && strings.HasPrefix(name, envPrefix) {
			vars[name] = value
		}
	}
	return vars
}

// decodeEnv lays the variables over c, in the order of their names.
func (c *Config) decodeEnv(vars map[string]string) error {
	keys := map[string]string{}
	for _, key := range Keys() {
		keys[EnvName(key)] = key
	}
	var errs []error
	for _, name := range slices.Sorted(maps.Keys(vars)) {
		key, ok := keys[name]
		switch {
		case ok:
			errs = append(errs, c.Set(key, vars[name], "env "+name))
		case strings.HasPrefix(name, envSecret):
			if c.secretVariables == nil {
				c.secretVariables = map[string]string{}
			}
			c.secretVariables[name] = vars[name]
		case name == envConfig || kubernetesServiceLink.MatchString(name):
		default:
			errs = append(errs, unknownVariable(name))
		}
	}
	return errors.Join(errs...)
}

// kubernetesServiceLink matches the variables that Kubernetes puts into every container for a Service called feedmill or
// feedmill-…: nobody wrote them, so they are no mistake.
var kubernetesServiceLink = regexp.MustCompile(`_SERVICE_HOST$|_SERVICE_PORT(_[A-Z0-9_]+)?$|_PORT(_[0-9]+_(TCP|UDP|SCTP)(_(PROTO|PORT|ADDR))?)?$`)

func unknownVariable(name string) error {
	var known []string
	for _, key := range Keys() {
		known = append(known, strings.TrimPrefix(EnvName(key), envPrefix))
	}
	// Without the prefix, which all share: it would make every name look near.
	if near := nearest(strings.TrimPrefix(name, envPrefix), known); near != "" {
		return fmt.Errorf("env %s: unknown variable; did you mean %s%s?", name, envPrefix, near)
	}
	return fmt.Errorf("env %s: unknown variable; names are those of the file, such as %s for poll.min", name, EnvName("poll.min"))
}
