package main

import (
	"cmp"
	"fmt"
	"runtime"
	"runtime/debug"
	"strings"

	"github.com/feedmill/feedmill"
	"github.com/feedmill/feedmill/enricher"
	"github.com/feedmill/feedmill/parser"
	"github.com/spf13/cobra"
)

// versions are the versions of all that can change a result.
type versions struct {
	Version  string `json:"version"`
	Commit   string `json:"commit,omitempty"`
	Go       string `json:"go"`
	Platform string `json:"platform"`
	Schema   string `json:"schema"`
	Parser   int    `json:"parser"`
	Rules    string `json:"rules"`
	Enricher int    `json:"enricher"`
	Model    string `json:"model"`
}

func versionCommand(a *app) *cobra.Command {
	c := &cobra.Command{
		Use:     "version",
		Short:   "Show the versions of feedmill and of its stages",
		Example: "  feedmill version\n  feedmill version -o json",
		Args:    noArgs,
	}
	f := outputFlag(c, formTable, formJSON)
	c.RunE = func(*cobra.Command, []string) error {
		chain, err := enricher.NewChain(nil)
		if err != nil {
			return err
		}
		v := versions{
			Version: buildVersion(), Commit: buildSetting("vcs.revision"), Go: runtime.Version(), Platform: runtime.GOOS + "/" + runtime.GOARCH,
			Schema: feedmill.SchemaVersion, Parser: parser.Version, Rules: parser.Rules(), Enricher: enricher.Version, Model: chain.Model(),
		}
		if f.value == formJSON {
			return encoder(a.out, true).Encode(v)
		}
		var d details
		d.add("feedmill", v.Version)
		d.add("commit", v.Commit)
		d.add("go", v.Go+" "+v.Platform)
		d.add("schema", v.Schema)
		d.add("parser", fmt.Sprintf("%d, rules %s", v.Parser, v.Rules))
		d.add("enricher", fmt.Sprintf("%d, model %s", v.Enricher, v.Model))
		return d.write(a.out, a.term)
	}
	return c
}

// version is set by the linker: -X main.version=v1.2.3.
var version string

// buildVersion is the version that the linker was told, else what Go knows of the build.
func buildVersion() string {
	if info, ok := debug.ReadBuildInfo(); ok && version == "" {
		return cmp.Or(strings.Trim(info.Main.Version, "()"), "devel")
	}
	return cmp.Or(version, "unknown")
}

func buildSetting(key string) string {
	if info, ok := debug.ReadBuildInfo(); ok {
		for _, s := range info.Settings {
			if s.Key == key {
				return s.Value
			}
		}
	}
	return ""
}
