package main

import (
	"fmt"
	"iter"
	"strings"

	"github.com/feedmill/feedmill/enricher/entityfile"
	"github.com/feedmill/feedmill/internal/config"
	"github.com/spf13/cobra"
)

func entitiesListCommand(a *app) *cobra.Command {
	limit := 20
	c := &cobra.Command{
		Use:     "list",
		Short:   "List the entities that were imported",
		Long:    "List the entities that were imported, in the order of their ids. With -o jsonl they are written as entities import reads them.",
		Example: "  feedmill entities list\n  feedmill entities list --limit 0 -o jsonl > entities.jsonl",
		Args:    noArgs,
	}
	f := outputFlag(c, formTable, formJSON, formJSONL)
	c.RunE = func(*cobra.Command, []string) error {
		if limit < 0 {
			return usageError{fmt.Errorf("--limit %d: want 0 or more", limit)}
		}
		return a.withEntities(func(file *entityfile.File, _ *config.Config) error {
			n := file.Len()
			if limit > 0 {
				n = min(n, limit)
			}
			if f.value != formTable {
				_, err := writeAll(a.out, f, entitiesOf(file, n))
				return err
			}
			t := newTable("ID", "TYPE", "COUNTRY", "POSITIONS", "LABEL")
			for e, err := range entitiesOf(file, n) {
				if err != nil {
					return err
				}
				t.add(e.ID, e.Type, e.Country, fmt.Sprint(len(e.Positions)), e.Label)
			}
			if err := t.write(a.out, a.term); err != nil {
				return err
			}
			if rest := file.Len() - n; rest > 0 {
				a.say("%d more; --limit 0 lists all", rest)
			}
			return nil
		})
	}
	c.Flags().IntVar(&limit, "limit", limit, "at most so many; 0: all")
	a.dataFlag(c)
	return c
}

// entitiesOf yields the first n entities.
func entitiesOf(file *entityfile.File, n int) iter.Seq2[*entityfile.Entity, error] {
	return func(yield func(*entityfile.Entity, error) bool) {
		for i := range n {
			if e, err := file.At(i); !yield(e, err) || err != nil {
				return
			}
		}
	}
}

func entitiesShowCommand(a *app) *cobra.Command {
	c := &cobra.Command{
		Use:     "show ID|NAME",
		Short:   "Show an imported entity, or all of a name",
		Long:    "Show an imported entity by its id, or all that have a name, as label or alias.",
		Example: "  feedmill entities show Q884\n  feedmill entities show 'John Smith' -o jsonl",
		Args:    exactArgs(1, "one id or name"),
	}
	f := outputFlag(c, formTable, formJSON, formJSONL)
	c.RunE = func(_ *cobra.Command, args []string) error {
		return a.withEntities(func(file *entityfile.File, _ *config.Config) error {
			found, all, err := file.Find(args[0])
			if err != nil {
				return err
			}
			if e, err := file.ByID(args[0]); err != nil {
				return err
			} else if e != nil {
				found = []*entityfile.Entity{e}
			}
			if len(found) == 0 {
				return fmt.Errorf("%w: no entity %s was imported", errNotFound, args[0])
			}
			if f.value != formTable {
				_, err := writeAll(a.out, f, each(found))
				return err
			}
			for i, e := range found {
				if i > 0 {
					fmt.Fprintln(a.out)
				}
				var d details
				d.add("id", e.ID)
				d.add("label", e.Label)
				d.add("aliases", strings.Join(e.Aliases, ", "))
				d.add("type", e.Type)
				d.add("country", e.Country)
				for _, p := range e.Positions {
					held := ""
					if p.Start != "" || p.End != "" {
						held = p.Start + " – " + p.End
					}
					d.add("position", strings.Join(nonEmpty(p.Title, p.Of, held), ", "))
				}
				if err := d.write(a.out, a.term); err != nil {
					return err
				}
			}
			if !all {
				a.say("there are more of that name")
			}
			return nil
		})
	}
	a.dataFlag(c)
	return c
}
