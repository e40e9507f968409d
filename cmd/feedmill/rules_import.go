package main

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"github.com/feedmill/feedmill/parser/siterule"
	"github.com/spf13/cobra"
)

func rulesImportCommand(a *app) *cobra.Command {
	into, force := "", false
	c := &cobra.Command{
		Use:   "import FILE|DIR...",
		Short: "Make site rules of site configs of Full-Text RSS (FiveFilters)",
		Long: `Make site rules of files in the format of Full-Text RSS of fivefilters.org, which other readers use too: one text file for
each host, named example.com.txt. Of a directory all files that end in .txt are taken. Title, body, author, date and what is
to be stripped are taken over; what has no meaning here is told, file and line, and the rest goes on. Exit code 3 says that
of some file nothing could be taken.

Rules go to --into, or to the first directory of parse.rules. A file that is there stays, unless --force.`,
		Example: `  feedmill rules import ftr-site-config/ --into rules
  feedmill rules import example.com.txt --into rules --force`,
		Args: minArgs(1, "at least one file or directory"),
		RunE: func(_ *cobra.Command, args []string) error {
			cfg, err := a.settings()
			if err != nil {
				return err
			}
			dir, err := ruleDirectory(into, cfg)
			if err != nil {
				return err
			}
			files, err := siteConfigs(args)
			if err != nil {
				return err
			}
			failed := 0
			for _, file := range files {
				if err := a.importRule(file, dir, force); err != nil {
					failed++
					a.say("%v", err)
				}
			}
			a.say("%s of %s made; to see what they change: feedmill rules test --rules %s PAGE", count(int64(len(files)-failed), "rule file"), count(int64(len(files)), "site config"), dir)
			if failed > 0 {
				return partialError{fmt.Sprintf("%s could not be taken over", count(int64(failed), "file"))}
			}
			return nil
		},
	}
	c.Flags().StringVar(&into, "into", "", "the `DIR`ectory for the rules (default the first of parse.rules)")
	c.Flags().BoolVar(&force, "force", false, "write over rules that are there")
	return c
}

// siteConfigs are the files named, and those in the directories named that end in .txt.
func siteConfigs(args []string) ([]string, error) {
	var files []string
	for _, name := range args {
		info, err := os.Stat(name)
		if err != nil {
			return nil, err
		}
		if !info.IsDir() {
			files = append(files, name)
			continue
		}
		entries, err := os.ReadDir(name)
		if err != nil {
			return nil, err
		}
		n := len(files)
		for _, e := range entries {
			if !e.IsDir() && strings.HasSuffix(e.Name(), ".txt") {
				files = append(files, filepath.Join(name, e.Name()))
			}
		}
		if len(files) == n {
			return nil, fmt.Errorf("there is no file that ends in .txt in %s", name)
		}
	}
	return files, nil
}

func (a *app) importRule(file, dir string, force bool) error {
	data, err := os.ReadFile(file)
	if err != nil {
		return err
	}
	site, tests, notes, err := siterule.ImportFTR(file, data)
	for _, n := range notes {
		a.say("%s", n)
	}
	if err != nil {
		return err
	}
	comments := []string{"From " + filepath.Base(file) + ", a site config of Full-Text RSS."}
	for _, t := range tests {
		comments = append(comments, "Test: "+t)
	}
	text, err := site.Encode(comments...)
	if err != nil {
		return err
	}
	if _, err := siterule.Parse(file, text); err != nil {
		return fmt.Errorf("what was made is no rule: %w", err)
	}
	name := site.Name
	if strings.HasPrefix(site.Hosts[0], "*.") {
		name = "any." + name // beside the file of the host itself
	}
	return a.writeRule(dir, name+".yaml", text, force)
}
