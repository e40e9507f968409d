package sink

import (
	"errors"
	"fmt"

	"github.com/feedmill/feedmill"
)

// Check says why a merging store cannot take the record: an error marked feedmill.Permanent, or nil.
func Check(rec *feedmill.Record) error {
	if rec == nil {
		return feedmill.Permanent("record", errors.New("record is nil"))
	}
	if rec.ID == "" {
		return feedmill.Permanent("record", fmt.Errorf("record of %q: no id", rec.URL))
	}
	bad := func(format string, args ...any) error {
		return feedmill.Permanent("record", fmt.Errorf("record %s: "+format, append([]any{rec.ID}, args...)...))
	}
	if rec.Schema != "" && rec.Schema != feedmill.SchemaVersion {
		return bad("schema is %q, this feedmill stores %q", rec.Schema, feedmill.SchemaVersion)
	}
	if rec.Rendition != "" && rec.Provenance.Page.SHA256 == "" {
		return bad("rendition %s without provenance.page.sha256", rec.Rendition)
	}
	switch rec.State.Value {
	case "", feedmill.StateLive, feedmill.StateGone, feedmill.StateWithdrawn:
	case feedmill.StateMerged:
		if rec.State.MergedInto == "" {
			return bad("state is merged without merged_into")
		}
	default:
		return bad("state %q is not known", rec.State.Value)
	}
	return nil
}
