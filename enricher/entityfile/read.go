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
	if first[0] == '{' {
		err = c.lines(in)
	} else {
		err = c.table(in)
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
	if e.Label != have.Label {
		e.Aliases = append(e.Aliases, e.Label)
	}
	have.Aliases = append(have.Aliases, e.Aliases...)
	if have.Country == "" {
		have.Country = e.Country
	}
	for _, p := range e.Positions {
		if !slices.Contains(have.Positions, p) {
			have.Positions = append(have.Positions, p)
		}
	}
}

func (c *collector) lines(in *bufio.Reader) error {
	for line := 1; ; line++ {
		raw, err := in.ReadSlice('\n')
		var long []byte
		for errors.Is(err, bufio.ErrBufferFull) {
			if len(long) <= maxLine {
				long = append(long, raw...)
			}
			raw, err = in.ReadSlice('\n')
		}
		if long != nil {
			raw = append(long, raw...)
		}
		if err != nil && !errors.Is(err, io.EOF) {
			return err
		}
		if text := strings.TrimSpace(string(raw)); text != "" {
			e := new(Entity)
			switch {
			case len(raw) > maxLine:
				c.bad(Problem{line, errors.New("it is longer than 1 MiB")})
			default:
				if bad := json.Unmarshal([]byte(text), e); bad != nil {
					c.bad(Problem{line, fmt.Errorf("it is no JSON of an entity: %w", bad)})
				} else {
					c.add(line, e)
				}
			}
		}
		if err != nil {
			return nil
		}
	}
}

// columns are the names of a table's columns, ours and those of the query service.
var columns = map[string]string{
	"id": "id", "item": "id", "label": "label", "itemlabel": "label", "aliases": "aliases", "alias": "aliases", "altlabel": "aliases", "itemaltlabel": "aliases",
	"type": "type", "country": "country", "iso": "country", "position": "position", "positionlabel": "position", "of": "of", "oflabel": "of", "start": "start", "end": "end",
}

func (c *collector) table(in *bufio.Reader) error {
	head, err := in.Peek(4096)
	if err != nil && !errors.Is(err, io.EOF) {
		return err
	}
	line, _, _ := strings.Cut(string(head), "\n")
	next := commas(in)
	if strings.Contains(line, "\t") {
		next = tabs(in)
	}
	header, _, err := next()
	if err != nil {
		return fmt.Errorf("the header: %w", err)
	}
	at := map[string]int{}
	for i, name := range header {
		name = strings.ToLower(strings.Trim(strings.TrimPrefix(name, "\ufeff"), "?\" "))
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
		row, line, err := next()
		if errors.Is(err, io.EOF) {
			return nil
		}
		if bad, ok := errors.AsType[*csv.ParseError](err); ok {
			c.bad(Problem{bad.StartLine, bad.Err})
			continue
		}
		if err != nil {
			return err
		}
		get := func(field string) string {
			if i, ok := at[field]; ok && i < len(row) {
				return plain(row[i])
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
			e.Positions = []Position{{Title: title, Of: get("of"), Start: get("start"), End: get("end")}}
		}
		c.add(line, e)
	}
}

// commas reads rows of values with commas between them (RFC 4180).
func commas(in io.Reader) func() (row []string, line int, err error) {
	r := csv.NewReader(in)
	r.FieldsPerRecord = -1
	return func() ([]string, int, error) {
		row, err := r.Read()
		line := 0
		if err == nil {
			line, _ = r.FieldPos(0)
		}
		return row, line, err
	}
}

// tabs reads rows of values with tabs between them, a line each.
func tabs(in io.Reader) func() (row []string, line int, err error) {
	lines := bufio.NewScanner(in)
	lines.Buffer(nil, maxLine)
	n := 0
	return func() ([]string, int, error) {
		for lines.Scan() {
			n++
			if text := strings.TrimRight(lines.Text(), "\r"); text != "" {
				return strings.Split(text, "\t"), n, nil
			}
		}
		if err := lines.Err(); err != nil {
			return nil, n, fmt.Errorf("line %d: %w", n+1, err)
		}
		return nil, n, io.EOF
	}
}

// plain strips the notation of SPARQL's results in TSV from a value: <http://www.wikidata.org/entity/Q42>, "Label"@en,
// "2011-01-10T00:00:00Z"^^<…dateTime>.
func plain(s string) string {
	s = strings.TrimSpace(s)
	if strings.HasPrefix(s, `"`) {
		if i := strings.LastIndexByte(s, '"'); i > 0 {
			s = s[1:i]
		}
	}
	return strings.Trim(s, "<>")
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
	e.Aliases = slices.DeleteFunc(e.Aliases, func(a string) bool { return strings.TrimSpace(a) == "" || len(a) > maxName })
	if len(e.Aliases) > maxAliases || len(e.Positions) > maxPositions {
		return fmt.Errorf("%s has %d aliases and %d positions, of which %d are the most", e.ID, len(e.Aliases), len(e.Positions), maxAliases)
	}
	for i := range e.Positions {
		p := &e.Positions[i]
		p.Title, p.Of = strings.TrimSpace(p.Title), p.Of[strings.LastIndexByte(p.Of, '/')+1:]
		if p.Title == "" {
			return fmt.Errorf("%s: a position has no title", e.ID)
		}
		for _, day := range []*string{&p.Start, &p.End} {
			if len(*day) > len(time.DateOnly) {
				*day = (*day)[:len(time.DateOnly)]
			}
			if *day == "" {
				continue
			}
			if _, err := time.Parse(time.DateOnly[:len(*day)], *day); err != nil || len(*day) != 4 && len(*day) != 7 && len(*day) != 10 {
				return fmt.Errorf("%s: %q is no day, month or year such as 2010-12-04", e.ID, *day)
			}
		}
	}
	return nil
}
