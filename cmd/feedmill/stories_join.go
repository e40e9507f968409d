package main

import (
	"fmt"
	"slices"

	"github.com/feedmill/feedmill"
	"github.com/feedmill/feedmill/internal/config"
	"github.com/feedmill/feedmill/internal/daemon"
	"github.com/spf13/cobra"
)

func storiesJoinCommand(a *app) *cobra.Command {
	role := feedmill.StoryRelated
	roles := []string{feedmill.StoryCopy, feedmill.StoryUpdate, feedmill.StoryRelated}
	c := &cobra.Command{
		Use:   "join ID|URL OTHER",
		Short: "Put a record into the story of another",
		Long: `Put a record, with those that belong to it, into the story of another, as related to that or with --as as its copy or update. It
stays there. feedmill stories split takes it out again.`,
		Example: "  feedmill stories join https://example.com/second https://example.com/first --as update",
		Args:    exactArgs(2, "two ids or URLs of records"),
		RunE: func(c *cobra.Command, args []string) error {
			if !slices.Contains(roles, role) {
				return usageError{fmt.Errorf("--as %q: want copy, update or related", role)}
			}
			var moved []*feedmill.Record
			var other *feedmill.Record
			err := a.withStore(c.Context(), func(store daemon.Store, cfg *config.Config) error {
				named, members, err := a.story(c.Context(), store, cfg, args[0])
				if err != nil {
					return err
				}
				if named == nil {
					return fmt.Errorf("%w: no record %s", errNotFound, args[0])
				}
				moved = withBelow(named, members)
				other, err = a.record(c.Context(), store, cfg, args[1])
				return err
			})
			if err != nil {
				return noSuchRecord(err)
			}
			if slices.ContainsFunc(moved, func(r *feedmill.Record) bool { return r.ID == other.ID }) {
				return usageError{fmt.Errorf("record %s belongs to %s already; split it from that first", other.ID, moved[0].ID)}
			}
			s := feedmill.Story{ID: other.ID, Role: role, Of: other.ID}
			if moved[0].Story != nil {
				s.PlacedAt = moved[0].Story.PlacedAt
			}
			if other.Story != nil {
				s.ID = other.Story.ID
			} else if err := a.place(c.Context(), []*feedmill.Record{other}, feedmill.Story{ID: other.ID, Role: feedmill.StoryOriginal}); err != nil {
				return err
			}
			return a.place(c.Context(), moved, s)
		},
	}
	c.Flags().StringVar(&role, "as", role, "`ROLE` of the record: copy, update or related")
	a.storeFlags(c)
	return c
}
