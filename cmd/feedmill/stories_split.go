package main

import (
	"context"
	"fmt"

	"github.com/feedmill/feedmill"
	"github.com/feedmill/feedmill/internal/config"
	"github.com/feedmill/feedmill/internal/daemon"
	"github.com/spf13/cobra"
)

func storiesSplitCommand(a *app) *cobra.Command {
	c := &cobra.Command{
		Use:   "split ID|URL",
		Short: "Take a record out of its story",
		Long: `Take a record out of its story, with those that belong to it: it is the original of a story of its own from then on, and is
joined to no other. feedmill stories join takes that back.`,
		Example: "  feedmill stories split https://example.com/not-the-same",
		Args:    exactArgs(1, "one id or URL of a record"),
		RunE: func(c *cobra.Command, args []string) error {
			var moved []*feedmill.Record
			err := a.withStore(c.Context(), func(store daemon.Store, cfg *config.Config) error {
				named, members, err := a.story(c.Context(), store, cfg, args[0])
				switch {
				case err != nil:
					return err
				case named == nil:
					return fmt.Errorf("%w: no record %s", errNotFound, args[0])
				case named.Story == nil || named.Story.Of == "":
					return usageError{fmt.Errorf("record %s is the original of its story, or stands alone; split the ones that do not belong to it", named.ID)}
				}
				moved = withBelow(named, members)
				return nil
			})
			if err != nil {
				return noSuchRecord(err)
			}
			place := feedmill.Story{ID: moved[0].ID, Role: feedmill.StoryOriginal, PlacedAt: moved[0].Story.PlacedAt}
			return a.place(c.Context(), moved, place)
		},
	}
	a.storeFlags(c)
	return c
}

// withBelow returns a record and all of its story that belong to it, directly or not.
func withBelow(r *feedmill.Record, members []*feedmill.Record) []*feedmill.Record {
	out := []*feedmill.Record{r}
	in := map[string]bool{r.ID: true}
	for i := 0; i < len(out); i++ {
		for _, m := range members {
			if m.Story != nil && m.Story.Of == out[i].ID && !in[m.ID] {
				in[m.ID] = true
				out = append(out, m)
			}
		}
	}
	return out
}

// place places the first of the records where it says, and the others, which belong to it, along with it.
func (a *app) place(ctx context.Context, moved []*feedmill.Record, first feedmill.Story) error {
	return a.withClient(ctx, func(client *daemon.Client, cfg *config.Config) error {
		for i, r := range moved {
			s := first
			if i > 0 {
				s = *r.Story
				s.ID = first.ID
			}
			if err := client.PlaceByHand(ctx, r.ID, r.URL, s); err != nil {
				return err
			}
			fmt.Fprintf(a.out, "placed  %s  in story %s as %s  %s\n", r.ID, s.ID, s.Role, printable(r.URL))
		}
		a.tellWhen(client, cfg, "the stores show it")
		return nil
	})
}
