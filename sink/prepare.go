package sink

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"github.com/feedmill/feedmill"
)

// Prepared is a record that was checked and encoded, ready to be merged: what can be done outside of a transaction.
type Prepared struct {
	rec      *feedmill.Record
	doc      *feedmill.Record // bare
	json     string           // of doc
	digest   string           // of json
	seenAt   time.Time
	mentions []feedmill.Mention
}

// Prepare makes records ready to be merged. The error is marked feedmill.Permanent and blames one of them.
func Prepare(recs []*feedmill.Record) ([]Prepared, error) {
	out := make([]Prepared, len(recs))
	for i, rec := range recs {
		if err := Check(rec); err != nil {
			return nil, err
		}
		var err error
		if out[i], err = prepare(rec); err != nil {
			return nil, feedmill.Permanent("record", fmt.Errorf("record %s: %w", rec.ID, err))
		}
	}
	return out, nil
}

func prepare(rec *feedmill.Record) (Prepared, error) {
	p := Prepared{rec: rec, doc: bare(rec), seenAt: instant(rec.SeenAt)}
	if y := p.seenAt.Year(); y < 0 || y > 9999 {
		return p, errors.New("seen_at is outside of the years 0 to 9999")
	}
	var err error
	if p.json, err = Encode(p.doc); err != nil {
		return p, err
	}
	sum := sha256.Sum256([]byte(p.json))
	p.digest = hex.EncodeToString(sum[:])
	if p.mentions, err = MergeMentions(rec.Feeds); err != nil {
		return p, err
	}
	// What is shown must have JSON too, or it could never be read.
	if _, err := Encode(rec.State); err != nil {
		return p, err
	}
	if _, err := Encode(rec.Story); err != nil {
		return p, err
	}
	_, err = Encode(p.mentions)
	return p, err
}

// bare returns a copy of the record without what is merged or assembled: what one pipeline made of one source,
// wherever and whenever that was seen, in whichever run, and since whenever the pipeline is in use: a replay through the
// same pipeline changes nothing.
func bare(rec *feedmill.Record) *feedmill.Record {
	r := *rec
	r.Schema = feedmill.SchemaVersion
	r.AltURLs, r.Feeds, r.State, r.SeenAt = nil, nil, feedmill.State{}, time.Time{}
	r.Revision, r.Previous, r.Change, r.FirstSeenAt, r.Cursor, r.Story = 0, "", nil, time.Time{}, 0, nil
	p := &r.Provenance.Pipeline
	p.Run, p.ParserSince, p.EnricherSince = "", time.Time{}, time.Time{}
	if r.ContentHash == "" {
		r.ContentHash = feedmill.ContentHash(&r.Article)
	}
	return &r
}

// Encode returns v as JSON that leaves <, > and & as they are: half of the markup would be escapes otherwise.
func Encode(v any) (string, error) {
	var b bytes.Buffer
	enc := json.NewEncoder(&b)
	enc.SetEscapeHTML(false)
	if err := enc.Encode(v); err != nil {
		return "", err
	}
	return string(bytes.TrimSuffix(b.Bytes(), []byte("\n"))), nil
}

// Decode reads JSON that a store has kept.
func Decode(text string, v any) error {
	if err := json.Unmarshal([]byte(text), v); err != nil {
		return fmt.Errorf("read what is stored: %w", err)
	}
	return nil
}
