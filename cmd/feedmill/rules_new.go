package main

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"github.com/feedmill/feedmill"
	"github.com/feedmill/feedmill/parser/siterule"
	"github.com/spf13/cobra"
)

func rulesNewCommand(a *app) *cobra.Command {
	url, into := "", ""
	c := &cobra.Command{
		Use:   "new PAGE",
		Short: "Make a site rule from a page, and show what it changes",
		Long: `Make a rule for the site of a page: it names the places where the general rules found headline, text and the rest, as
selectors, for a person to correct. PAGE is an HTML file (say with --url where it came from), a file with one page as a JSON
line, or a URL, which is fetched. What the rule changes against no rule is shown on standard error: at first hardly anything.

Without --into the rule goes to standard output. With it, it is written to HOST.yaml in that directory, unless there is one.`,
		Example: `  feedmill rules new https://news.example.com/a > rules/news.example.com.yaml
  feedmill rules new a.html --url https://news.example.com/a --into rules`,
		Args: exactArgs(1, "one page: a file or a URL"),
		RunE: func(c *cobra.Command, args []string) error {
			cfg, err := a.settings()
			if err != nil {
				return err
			}
			var page *feedmill.Page
			if err := a.eachPage(c.Context(), cfg, args, url, func(p *feedmill.Page) error {
				page = p
				return nil
			}); err != nil {
				return err
			}
			if page == nil {
				return fmt.Errorf("%s holds no page", args[0])
			}
			host := strings.TrimPrefix(feedmill.Host(page.BaseURL()), "www.")
			if host == "" {
				return usageError{errors.New("the page has no URL; say with --url where it came from, for rules go by the host")}
			}
			plain, err := extractorWith(cfg)
			if err != nil {
				return err
			}
			found, err := plain.Suggest(page)
			if err != nil {
				return err
			}
			var lines strings.Builder
			fmt.Fprintf(&lines, "hosts: [%q]\nrules:\n  - # made from %s\n", host, printable(page.BaseURL()))
			for _, field := range siterule.Fields() {
				if found[field] != "" {
					fmt.Fprintf(&lines, "    %s: %s\n", field, yamlText(found[field]))
				}
			}
			if len(found) == 0 {
				return fmt.Errorf("%s: nothing on the page could be named by a selector; write the rule by hand, docs/rules.md says how", printable(page.BaseURL()))
			}
			text := lines.String()
			site, err := siterule.Parse(host+".yaml", []byte(text))
			if err != nil {
				return fmt.Errorf("what was made is no rule: %w", err)
			}
			ruled, err := extractorWith(cfg, site)
			if err != nil {
				return err
			}
			d := compareRules(plain, ruled, page)
			a.showDifference(a.err, &d)
			if into == "" {
				_, err := fmt.Fprint(a.out, text)
				return err
			}
			return a.writeRule(into, host+".yaml", []byte(text), false)
		},
	}
	c.Flags().StringVar(&url, "url", "", "where an HTML file came from")
	c.Flags().StringVar(&into, "into", "", "write the rule to this `DIR`ectory")
	return c
}

// yamlText writes a text so that YAML reads it as that.
func yamlText(s string) string { return "'" + strings.ReplaceAll(s, "'", "''") + "'" }

// writeRule writes a rule file, over one that is there only by force.
func (a *app) writeRule(dir, name string, data []byte, force bool) error {
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return err
	}
	path := filepath.Join(dir, name)
	flags := os.O_WRONLY | os.O_CREATE | os.O_EXCL
	if force {
		flags = os.O_WRONLY | os.O_CREATE | os.O_TRUNC
	}
	f, err := os.OpenFile(path, flags, 0o644)
	if errors.Is(err, fs.ErrExist) {
		return fmt.Errorf("%s is there already and stays as it is", path)
	}
	if err != nil {
		return err
	}
	if _, err := f.Write(data); err != nil {
		return errors.Join(err, f.Close())
	}
	if err := f.Close(); err != nil {
		return err
	}
	_, err = fmt.Fprintf(a.out, "written  %s\n", path)
	return err
}
