package main

import (
	"cmp"
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/feedmill/feedmill"
)

// digest says in one line what a record holds.
func digest(r *feedmill.Record) string {
	var parts []string
	if by := byline(&r.Article); by != "" {
		parts = append(parts, by)
	}
	parts = append(parts, count(int64(r.Quality.Words), "word"))
	for _, kind := range []struct{ is, noun string }{
		{feedmill.TypePerson, "person"}, {feedmill.TypePlace, "place"}, {feedmill.TypeOrganization, "organization"},
	} {
		n := 0
		for i := range r.Entities {
			if r.Entities[i].Type == kind.is {
				n++
			}
		}
		if n > 0 {
			parts = append(parts, count(int64(n), kind.noun))
		}
	}
	if n := len(r.Dates); n > 0 {
		parts = append(parts, count(int64(n), "date"))
	}
	if len(r.Quality.Warnings) > 0 {
		parts = append(parts, strings.Join(r.Quality.Warnings, ", "))
	}
	return strings.Join(parts, " · ")
}

// byline is who wrote an article, for people.
func byline(a *feedmill.Article) string {
	var names []string
	for _, x := range a.Byline.Authors {
		names = append(names, x.Name)
	}
	if len(names) > 0 {
		return oneLine("by " + strings.Join(names, ", "))
	}
	return oneLine(cmp.Or(a.Byline.Raw, a.Byline.Agency))
}

// lead is the picture that an article is shown with, nil where there is none.
func lead(r *feedmill.Record) *feedmill.Image {
	if i := slices.IndexFunc(r.Images, func(p feedmill.Image) bool { return p.Lead }); i >= 0 {
		return &r.Images[i]
	}
	if len(r.Images) > 0 {
		return &r.Images[0]
	}
	return nil
}

// picture says in one line what is known of a picture.
func picture(p *feedmill.Image) string {
	text := "picture"
	if p.Caption != "" {
		text += ": " + cut(oneLine(p.Caption), 90)
	}
	if p.Credit != "" {
		text += " · credit: " + oneLine(p.Credit)
	}
	return text
}

// sheet is what a record is written on for people: at most so wide, with emphasis where the terminal has it.
type sheet struct {
	w     io.Writer
	term  terminal
	width int
	err   error
}

func newSheet(w io.Writer, term terminal) *sheet {
	width := 100
	if term.columns > 0 {
		width = max(min(term.columns, width), 40)
	}
	return &sheet{w: w, term: term, width: width}
}

func (s *sheet) line(text string) {
	if s.err == nil {
		_, s.err = fmt.Fprintln(s.w, text)
	}
}

// block writes a text in lines, each after the indent.
func (s *sheet) block(indent, text string) {
	for _, line := range wrap(printable(text), s.width-len(indent)) {
		s.line(indent + line)
	}
}

// field writes a name and a text that may take several lines.
func (s *sheet) field(name, text string) {
	const indent = 14 // of the longest name, organization, and a gap
	for i, line := range wrap(printable(text), s.width-indent) {
		label := ""
		if i == 0 {
			label = name
		}
		s.line(s.term.faint(fmt.Sprintf("%-*s", indent, label)) + line)
	}
}

func (s *sheet) heading(text string) {
	s.line("")
	s.line(s.term.bold(text))
}

// record writes a record. With full the whole text is written, else its beginning.
func (s *sheet) record(r *feedmill.Record, full bool) error {
	for _, line := range wrap(printable(cmp.Or(r.Title, "(no title)")), s.width) {
		s.line(s.term.bold(line))
	}
	s.block("", r.Subtitle)
	s.line("")
	s.field("byline", byline(&r.Article))
	s.field("published", timestamp(r.Published))
	s.field("modified", timestamp(r.Modified))
	s.field("source", strings.Join(nonEmpty(r.Source.Name, r.Source.Domain, r.Section), ", "))
	s.field("language", r.Language.Tag)
	s.field("url", r.URL)
	s.field("id", r.ID)
	if r.Revision > 0 {
		text := fmt.Sprintf("%d, seen %s", r.Revision, r.SeenAt.Local().Format("2006-01-02 15:04:05"))
		if r.Change != nil {
			text += ", " + r.Change.Class
		}
		s.field("revision", text)
	}
	if r.State.Value != "" && r.State.Value != feedmill.StateLive {
		s.field("state", strings.TrimSpace(r.State.Value+" "+r.State.MergedInto))
	}
	if r.Story != nil {
		s.field("story", r.Story.ID+", "+r.Story.Reason())
	}
	s.field("quality", quality(r))
	if p := lead(r); p != nil {
		s.heading("Picture")
		s.field("url", p.URL)
		s.field("caption", p.Caption)
		s.field("credit", p.Credit)
	}
	s.body(r, full)
	s.entities(r)
	s.dates(r)
	s.quotes(r)
	return s.err
}

// removed writes what cleaning took out of the text.
func (s *sheet) removed(all []feedmill.Removed) error {
	if len(all) > 0 {
		s.heading("Removed from the text")
	}
	for _, x := range all {
		text := cut(oneLine(x.Text), 3*s.width)
		if x.Rule != "" {
			text += "  (rule " + x.Rule + ")"
		}
		s.field(cut(x.Reason, 13), text)
	}
	return s.err
}

func (s *sheet) body(r *feedmill.Record, full bool) {
	if r.Text == "" {
		return
	}
	const shown = 3 // paragraphs of the beginning
	paragraphs := strings.Split(r.Text, "\n\n")
	s.heading(fmt.Sprintf("Text (%s, %s)", count(int64(r.Quality.Words), "word"), count(int64(len(paragraphs)), "block")))
	for i, p := range paragraphs {
		if !full && i == shown {
			s.line(s.term.faint(fmt.Sprintf("… %d more", len(paragraphs)-shown)))
			break
		}
		s.block("", p)
		if i < len(paragraphs)-1 && full {
			s.line("")
		}
	}
}

func (s *sheet) entities(r *feedmill.Record) {
	if len(r.Entities) == 0 {
		return
	}
	s.heading("Named")
	for _, kind := range []string{
		feedmill.TypePerson, feedmill.TypeOrganization, feedmill.TypePlace, feedmill.TypeGroup, feedmill.TypeEvent,
		feedmill.TypeWork, feedmill.TypeProduct, feedmill.TypeLaw, feedmill.TypeOther,
	} {
		var names []string
		for i := range r.Entities {
			if e := &r.Entities[i]; e.Type == kind {
				names = append(names, entity(r, e))
			}
		}
		s.field(kind, strings.Join(names, " · "))
	}
}

// entity is a name with its titles and how often it stands in the text.
func entity(r *feedmill.Record, e *feedmill.Entity) string {
	text := e.Name
	var titles []string
	for _, role := range e.Roles {
		title := role.Title
		for i := range r.Entities {
			if r.Entities[i].ID == role.Of {
				title += " of " + r.Entities[i].Name
			}
		}
		if !slices.Contains(titles, title) {
			titles = append(titles, title)
		}
	}
	if len(titles) > 0 {
		text += " (" + strings.Join(titles, "; ") + ")"
	}
	if n := len(e.Mentions); n > 1 {
		text += fmt.Sprintf(" ×%d", n)
	}
	return text
}

func (s *sheet) dates(r *feedmill.Record) {
	if len(r.Dates) == 0 {
		return
	}
	s.heading("Dates")
	for _, d := range r.Dates {
		text := d.Text
		if d.Anchor != "" {
			text += "  (counted from " + d.Anchor + ")"
		}
		s.field(cut(d.Value, 13), text)
	}
}

func (s *sheet) quotes(r *feedmill.Record) {
	if len(r.Quotes) == 0 {
		return
	}
	s.heading("Said")
	for _, q := range r.Quotes {
		who := q.SpeakerText
		if q.Speaker != nil {
			for i := range r.Entities {
				if r.Entities[i].ID == *q.Speaker {
					who = r.Entities[i].Name
				}
			}
		}
		s.block("", "“"+q.Text+"”"+"  — "+cmp.Or(who, "nobody named"))
	}
}

// timestamp is a time as its source states it, and which source that is.
func timestamp(t feedmill.Timestamp) string {
	if t.Value == "" {
		return ""
	}
	if t.From == "" {
		return t.Value
	}
	return t.Value + "  (" + t.From + ")"
}

func quality(r *feedmill.Record) string {
	parts := nonEmpty(r.Quality.Method, strings.Join(r.Quality.Warnings, ", "))
	if r.Quality.Score > 0 {
		parts = append(parts, fmt.Sprintf("score %.2f", r.Quality.Score))
	}
	return strings.Join(parts, ", ")
}

func nonEmpty(all ...string) []string {
	return slices.DeleteFunc(all, func(s string) bool { return s == "" })
}
