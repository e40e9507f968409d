package main

import (
	"errors"
	"fmt"
	"os"

	"github.com/feedmill/feedmill/enricher/entityfile"
	"github.com/feedmill/feedmill/internal/config"
	"github.com/spf13/cobra"
)

func entitiesRemoveCommand(a *app) *cobra.Command {
	all := false
	c := &cobra.Command{
		Use:     "remove ID...|--all",
		Short:   "Remove imported entities",
		Long:    "Remove imported entities by their ids, or with --all everything that was imported. Records that have an id keep it\nuntil they are annotated again.",
		Example: "  feedmill entities remove Q884\n  feedmill entities remove --all",
		Args: func(c *cobra.Command, args []string) error {
			if all == (len(args) > 0) {
				return argumentError(c, "needs either ids of entities or --all")
			}
			return nil
		},
		RunE: func(_ *cobra.Command, ids []string) error {
			return a.withEntities(func(file *entityfile.File, cfg *config.Config) error {
				if all {
					if cfg.Enrich.Entities != "" {
						return usageError{errors.New("enrich.entities names the file, and enrichers do not start without it; take that out of the configuration, and delete the file")}
					}
					fmt.Fprintf(a.out, "entities removed: %d\n", file.Len())
					return os.Remove(cfg.EntitiesPath())
				}
				gone := map[string]bool{}
				for _, id := range ids {
					gone[id] = true
				}
				var kept []*entityfile.Entity
				for e, err := range entitiesOf(file, file.Len()) {
					if err != nil {
						return err
					}
					if gone[e.ID] {
						fmt.Fprintf(a.out, "removed %s  %s\n", e.ID, printable(e.Label))
						delete(gone, e.ID)
						continue
					}
					kept = append(kept, e)
				}
				if len(kept) < file.Len() {
					if err := entityfile.Write(cfg.EntitiesPath(), kept); err != nil {
						return err
					}
				}
				for id := range gone {
					return fmt.Errorf("%w: no entity %s was imported", errNotFound, id)
				}
				return nil
			})
		},
	}
	c.Flags().BoolVar(&all, "all", false, "all of them")
	a.dataFlag(c)
	return c
}
