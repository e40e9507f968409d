package main

import (
	"fmt"
	"os"
	"strconv"

	"github.com/feedmill/feedmill"
	"github.com/feedmill/feedmill/internal/daemon"
	"github.com/feedmill/feedmill/parser/siterule"
	"github.com/spf13/cobra"
)

func rulesTestCommand(a *app) *cobra.Command {
	rules, url := "", ""
	c := &cobra.Command{
		Use:   "test PAGE...",
		Short: "Run site rules over saved pages and show what they change",
		Long: `Read pages without and with site rules, and show what differs, field by field. A PAGE is an HTML file (say with --url
where it came from), a file of pages as JSON lines ("-" is standard input), or a URL, which is fetched. The rules are those
of parse.rules, or of --rules: a file or a directory. Nothing is stored.

Pages that are stored on the bus are compared by 'feedmill replay start --stage parser --dry-run'.`,
		Example: `  feedmill rules test --rules news.example.com.yaml --url https://news.example.com/a a.html
  feedmill fetch https://news.example.com/a > pages.jsonl
  feedmill rules test pages.jsonl -o jsonl | jq -r '.changes[].field' | sort | uniq -c`,
		Args: minArgs(1, "at least one page: a file or a URL"),
	}
	f := outputFlag(c, formTable, formJSONL)
	c.RunE = func(c *cobra.Command, args []string) error {
		cfg, err := a.settings()
		if err != nil {
			return err
		}
		if rules != "" {
			cfg.Parse.Rules = []string{rules}
		}
		var sites []*siterule.Site
		if info, err := os.Stat(rules); rules != "" && err == nil && !info.IsDir() {
			data, err := os.ReadFile(rules)
			if err != nil {
				return err
			}
			site, err := siterule.Parse(rules, data)
			if err != nil {
				return usageError{err}
			}
			sites = append(sites, site)
		} else {
			set, err := daemon.Rules(cfg)
			if err != nil {
				return usageError{err}
			}
			if sites = set.Sites(); len(sites) == 0 {
				return usageError{fmt.Errorf("there are no rules; name a file or a directory with --rules, or in the configuration with parse.rules")}
			}
		}
		after, err := extractorWith(cfg, sites...)
		if err != nil {
			return usageError{err}
		}
		before, err := extractorWith(cfg)
		if err != nil {
			return err
		}
		pages, ruled, changed := 0, 0, 0
		err = a.eachPage(c.Context(), cfg, args, url, func(page *feedmill.Page) error {
			d := compareRules(before, after, page)
			pages++
			if d.Rule != "" {
				ruled++
			}
			if len(d.Changes) > 0 {
				changed++
			}
			if f.value == formJSONL {
				return encoder(a.out, false).Encode(d)
			}
			a.showDifference(a.out, &d)
			return nil
		})
		if err != nil {
			return err
		}
		a.say("%s, %s with a rule, %s changed by it", count(int64(pages), "page"), strconv.Itoa(ruled), strconv.Itoa(changed))
		return nil
	}
	c.Flags().StringVar(&rules, "rules", "", "the rules to test: a `FILE` or directory, instead of parse.rules")
	c.Flags().StringVar(&url, "url", "", "where an HTML file came from")
	return c
}
