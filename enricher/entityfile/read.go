package entityfile

import (
	"bufio"
	"encoding/csv"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"time"
)

// maxLine is the longest line that is read.
const maxLine = 1 << 20

// Problem is a line that cannot be used.
type Problem struct {
	Line int
	Err  error
}

func (p Problem) Error() string { return fmt.Sprintf("line %d: %v", p.Line, p.Err) }

// Read reads entities: JSON lines, or a table with a header, of commas or tabs, as query.wikidata.org gives it. Rows of one id
// are one entity: each adds its aliases and its position. Lines that cannot be used are told to bad, and the rest goes on. The
// error is that of r.
func Read(r io.Reader, bad func(Problem)) ([]*Entity, error) {
	in := bufio.NewReaderSize(r, 64<<10)
	if mark, _ := in.Peek(3); string(mark) == "\ufeff" {
		_, _ = in.Discard(3) // it is there
	}
	first, err := in.Peek(1)
	for err == nil && (first[0] == '\n' || first[0] == '\r' || first[0] == ' ') {
		if _, err = in.Discard(1); err == nil {
			first, err = in.Peek(1)
		}
	}
	if errors.Is(err, io.EOF) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	c := &collector{byID: map[string]*Entity{}, bad: bad}
	if lines := (&lineReader{in: in}); first[0] == '{' {
		err = c.lines(lines)
	} else {
		err = c.table(lines)
	}
	return c.all, err
}

type collector struct {
	all  []*Entity
	byID map[string]*Entity
	bad  func(Problem)
}

func (c *collector) add(line int, e *Entity) {
	if err := e.check(); err != nil {
		c.bad(Problem{line, err})
		return
	}
	have := c.byID[e.ID]
	if have == nil {
		c.byID[e.ID] = e
		c.all = append(c.all, e)
		return
	}
	if have.Type != e.Type {
		c.bad(Problem{line, fmt.Errorf("%s is of type %s here and %s before", e.ID, e.Type, have.Type)})
		return
	}
	full := false
	for _, a := range append(e.Aliases, e.Label) {
		switch {
		case a == have.Label || slices.Contains(have.Aliases, a):
		case len(have.Aliases) == maxAliases:
			full = true
		default:
			have.Aliases = append(have.Aliases, a)
		}
	}
	if have.Country == "" {
		have.Country = e.Country
	}
	for _, p := range e.Positions {
		switch {
		case slices.Contains(have.Positions, p):
		case len(have.Positions) == maxPositions:
			full = true
		default:
			have.Positions = append(have.Positions, p)
		}
	}
	if full {
		c.bad(Problem{line, fmt.Errorf("%s has more than %d aliases or %d positions; what goes beyond is left out", e.ID, maxAliases, maxPositions)})
	}
}

// lineReader reads lines, and gives back those that were read too far.
type lineReader struct {
	in   *bufio.Reader
	line int // the number of the last line
	back []string
}

var errLongLine = errors.New("it is longer than 1 MiB")

// next returns a line without its end, or [errLongLine].
func (l *lineReader) next() (string, error) {
	if len(l.back) > 0 {
		text := l.back[0]
		l.back = l.back[1:]
		l.line++
		return text, nil
	}
	raw, err := l.in.ReadSlice('\n')
	var long []byte
	for errors.Is(err, bufio.ErrBufferFull) {
		if len(long) <= maxLine {
			long = append(long, raw...)
		}
		raw, err = l.in.ReadSlice('\n')
	}
	if long != nil {
		raw = append(long, raw...)
	}
	if err != nil && (len(raw) == 0 || !errors.Is(err, io.EOF)) {
		return "", err
	}
	l.line++
	if len(raw) > maxLine {
		return "", errLongLine
	}
	return strings.TrimRight(string(raw), "\r\n"), nil
}

// unread gives lines back, of which the last is the one that was read last.
func (l *lineReader) unread(lines []string) {
	l.back = append(slices.Clone(lines), l.back...)
	l.line -= len(lines)
}

func (c *collector) lines(in *lineReader) error {
	for {
		text, err := in.next()
		switch {
		case errors.Is(err, io.EOF):
			return nil
		case errors.Is(err, errLongLine):
			c.bad(Problem{in.line, err})
			continue
		case err != nil:
			return err
		}
		if text = strings.TrimSpace(text); text == "" {
			continue
		}
		e := new(Entity)
		if err := json.Unmarshal([]byte(text), e); err != nil {
			c.bad(Problem{in.line, fmt.Errorf("it is no JSON of an entity: %w", err)})
			continue
		}
		c.add(in.line, e)
	}
}

// columns are the names of a table's columns, ours and those of the query service.
var columns = map[string]string{
	"id": "id", "item": "id", "label": "label", "itemlabel": "label", "aliases": "aliases", "alias": "aliases", "altlabel": "aliases", "itemaltlabel": "aliases",
	"type": "type", "country": "country", "iso": "country", "position": "position", "positionlabel": "position", "of": "of", "oflabel": "of", "start": "start", "end": "end",
}

func (c *collector) table(in *lineReader) error {
	head, err := in.next()
	if err != nil {
		return fmt.Errorf("the header: %w", err)
	}
	in.unread([]string{head})
	next := in.commas
	if strings.Contains(head, "\t") {
		next = in.tabs
	}
	header, err := next()
	if err != nil {
		return fmt.Errorf("the header: %w", err)
	}
	at := map[string]int{}
	for i, name := range header {
		name = strings.ToLower(strings.Trim(name, "?\" "))
		if field, ok := columns[name]; ok {
			if _, twice := at[field]; !twice || !strings.HasSuffix(name, "item") {
				at[field] = i
			}
		}
	}
	for _, want := range []string{"id", "label", "type"} {
		if _, ok := at[want]; !ok {
			return fmt.Errorf("the header has no column %q; it has %s", want, strings.Join(header, ", "))
		}
	}
	for {
		row, err := next()
		switch {
		case errors.Is(err, io.EOF):
			return nil
		case errors.Is(err, errLongLine), errors.Is(err, errQuote):
			c.bad(Problem{in.line, err})
			continue
		case err != nil:
			return err
		}
		line := in.line
		get := func(field string) string {
			if i, ok := at[field]; ok && i < len(row) {
				return strings.TrimSpace(row[i])
			}
			return ""
		}
		e := &Entity{ID: get("id"), Label: get("label"), Type: get("type"), Country: get("country")}
		for a := range strings.SplitSeq(get("aliases"), "|") {
			if a = strings.TrimSpace(a); a != "" {
				e.Aliases = append(e.Aliases, a)
			}
		}
		if title := get("position"); title != "" {
			e.Positions = []Position{{Title: title, Of: get("of"), Start: knownDay(get("start")), End: knownDay(get("end"))}}
		}
		c.add(line, e)
	}
}

// knownDay is a date as it is kept, "" for what Wikidata has besides: unknown values, and years before our era.
func knownDay(s string) string {
	if s = s[:min(len(s), len(time.DateOnly))]; !isDay(s) {
		return ""
	}
	return s
}

func isDay(s string) bool {
	if len(s) != 4 && len(s) != 7 && len(s) != 10 {
		return false
	}
	_, err := time.Parse(time.DateOnly[:len(s)], s)
	return err == nil
}

var errQuote = errors.New("a quotation mark too many, or one that is missing")

// maxRow is the most that a row with line breaks in its values may hold: a mark that is missing takes no more with it.
const maxRow = 64 << 10

// commas reads a row of values with commas between them (RFC 4180). A row whose quotation marks do not come out is an error,
// and reading goes on at the line after the one that it begins with.
func (l *lineReader) commas() ([]string, error) {
	first, err := l.next()
	for err == nil && first == "" {
		first, err = l.next()
	}
	if err != nil {
		return nil, err
	}
	if !strings.Contains(first, `"`) {
		return strings.Split(first, ","), nil
	}
	text, more := first, []string(nil)
	for strings.Count(text, `"`)%2 != 0 {
		next, err := l.next()
		if err != nil && !errors.Is(err, io.EOF) && !errors.Is(err, errLongLine) {
			return nil, err
		}
		if err != nil || len(text)+len(next) > maxRow {
			if err == nil {
				more = append(more, next)
			}
			l.unread(more)
			return nil, errQuote
		}
		more, text = append(more, next), text+"\n"+next
	}
	r := csv.NewReader(strings.NewReader(text))
	r.FieldsPerRecord = -1
	row, err := r.Read()
	if err != nil {
		l.unread(more)
		return nil, errQuote
	}
	return row, nil
}

// tabs reads a row of values with tabs between them, a line, in the notation of SPARQL's results.
func (l *lineReader) tabs() ([]string, error) {
	text, err := l.next()
	for err == nil && text == "" {
		text, err = l.next()
	}
	if err != nil {
		return nil, err
	}
	row := strings.Split(text, "\t")
	for i, v := range row {
		row[i] = plain(v)
	}
	return row, nil
}

// plain strips the notation of SPARQL's results in TSV from a value: <http://www.wikidata.org/entity/Q42>, "Label"@en,
// "2011-01-10T00:00:00Z"^^<…dateTime>.
func plain(s string) string {
	s = strings.TrimSpace(s)
	if uri, ok := strings.CutPrefix(s, "<"); ok && strings.HasSuffix(uri, ">") {
		return strings.TrimSuffix(uri, ">")
	}
	i := strings.LastIndexByte(s, '"')
	if i <= 0 || s[0] != '"' {
		return s
	}
	if after := s[i+1:]; after != "" && after[0] != '@' && !strings.HasPrefix(after, "^^<") {
		return s
	}
	return strings.NewReplacer(`\\`, `\`, `\"`, `"`, `\t`, " ", `\n`, " ").Replace(s[1:i])
}

const (
	maxAliases   = 100
	maxPositions = 100
	maxName      = 200
)

// check brings an entity into form and says what is wrong with it.
func (e *Entity) check() error {
	e.ID = strings.TrimSpace(e.ID)
	e.ID = e.ID[strings.LastIndexByte(e.ID, '/')+1:]
	if len(e.ID) < 2 || len(e.ID) > 20 || e.ID[0] != 'Q' || strings.Trim(e.ID[1:], "0123456789") != "" {
		return fmt.Errorf("the id %q is none of Wikidata's, such as Q884", e.ID)
	}
	e.Label = strings.Join(strings.Fields(e.Label), " ")
	if e.Label == "" || e.Label == e.ID {
		return fmt.Errorf("%s has no label", e.ID)
	}
	if len(e.Label) > maxName {
		return fmt.Errorf("%s: the label is longer than %d bytes", e.ID, maxName)
	}
	switch e.Type = strings.ToLower(strings.TrimSpace(e.Type)); e.Type {
	case "person", "organization":
	case "human", "q5":
		e.Type = "person"
	case "organisation", "company", "party":
		e.Type = "organization"
	default:
		return fmt.Errorf("%s: the type is %q, want person or organization", e.ID, e.Type)
	}
	e.Country = strings.ToUpper(strings.TrimSpace(e.Country))
	if e.Country != "" && (len(e.Country) != 2 || strings.Trim(e.Country, "ABCDEFGHIJKLMNOPQRSTUVWXYZ") != "") {
		return fmt.Errorf("%s: the country is %q, want two letters (ISO 3166-1) such as KR", e.ID, e.Country)
	}
	seen := map[string]bool{}
	e.Aliases = slices.DeleteFunc(e.Aliases, func(a string) bool {
		out := strings.TrimSpace(a) == "" || len(a) > maxName || seen[a]
		seen[a] = true
		return out
	})
	if len(e.Aliases) > maxAliases || len(e.Positions) > maxPositions {
		return fmt.Errorf("%s has %d aliases and %d positions, of which %d are the most", e.ID, len(e.Aliases), len(e.Positions), maxAliases)
	}
	for i := range e.Positions {
		p := &e.Positions[i]
		p.Title, p.Of = strings.TrimSpace(p.Title), p.Of[strings.LastIndexByte(p.Of, '/')+1:]
		if p.Title == "" || len(p.Title) > maxName || len(p.Of) > maxName {
			return fmt.Errorf("%s: a position has no title, or one of more than %d bytes", e.ID, maxName)
		}
		for _, day := range []*string{&p.Start, &p.End} {
			if len(*day) > len(time.DateOnly) {
				*day = (*day)[:len(time.DateOnly)]
			}
			if *day != "" && !isDay(*day) {
				return fmt.Errorf("%s: %q is no day, month or year such as 2010-12-04", e.ID, *day)
			}
		}
	}
	return nil
}
