package main

import (
	"bufio"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/feedmill/feedmill/enricher/entityfile"
	"github.com/feedmill/feedmill/internal/config"
	"github.com/spf13/cobra"
)

// badLinesShown is how many bad lines are told one by one.
const badLinesShown = 20

func entitiesImportCommand(a *app) *cobra.Command {
	c := &cobra.Command{
		Use:   "import FILE...",
		Short: "Import an extract of Wikidata, in the place of the one that is there",
		Long: `Import persons and organizations, in the place of those imported before: names in texts that are surely theirs get their
Wikidata ids. Each FILE ("-": standard input) holds JSON lines, or a table with a header that query.wikidata.org gives as CSV
or TSV; docs/entities.md has the fields and a query. Rows of one id are one entity.

Lines that cannot be used are told with their numbers, and the rest goes on; the exit code is 3 then. Enrichers that run take
the new ones up within seconds.`,
		Example: `  feedmill entities import ministers.jsonl
  feedmill entities import query.csv companies.tsv`,
		Args: minArgs(1, "a file of entities"),
		RunE: func(_ *cobra.Command, files []string) error {
			cfg, err := a.settings()
			if err != nil {
				return err
			}
			var all []*entityfile.Entity
			bad := 0
			for _, name := range files {
				in := os.Stdin
				if name != "-" {
					if in, err = os.Open(name); err != nil {
						return usageError{err}
					}
				}
				read, err := entityfile.Read(bufio.NewReader(in), func(p entityfile.Problem) {
					if bad++; bad <= badLinesShown {
						a.say("%s:%d: %v", name, p.Line, p.Err)
					}
				})
				err = errors.Join(err, in.Close())
				if err != nil {
					return fmt.Errorf("%s: %w; nothing was imported", name, err)
				}
				all = append(all, read...)
			}
			if bad > badLinesShown {
				a.say("and %d more lines that cannot be used", bad-badLinesShown)
			}
			all, twice := onceEach(all)
			if twice > 0 {
				a.say("%d entities stand in several files; the first counts", twice)
			}
			if len(all) == 0 {
				return errors.New("no entity can be used; what was imported before stays")
			}
			path := cfg.EntitiesPath()
			if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
				return err
			}
			if err := entityfile.Write(path, all); err != nil {
				return err
			}
			fmt.Fprintf(a.out, "entities imported into %s: %d\n", path, len(all))
			if bad > 0 {
				return partialError{fmt.Sprintf("entities import: %s cannot be used", count(int64(bad), "line"))}
			}
			return nil
		},
	}
	a.dataFlag(c)
	return c
}

// onceEach leaves the first of the entities of one id.
func onceEach(all []*entityfile.Entity) (once []*entityfile.Entity, twice int) {
	seen := make(map[string]bool, len(all))
	for _, e := range all {
		if seen[e.ID] {
			twice++
			continue
		}
		seen[e.ID] = true
		once = append(once, e)
	}
	return once, twice
}

// withEntities opens what was imported.
func (a *app) withEntities(f func(*entityfile.File, *config.Config) error) (err error) {
	cfg, err := a.settings()
	if err != nil {
		return err
	}
	file, err := entityfile.Open(cfg.EntitiesPath())
	if errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("%w: no entities were imported; see feedmill entities import --help", errNotFound)
	}
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, file.Close()) }()
	return f(file, cfg)
}
