package entityfile

import (
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
	"testing/iotest"

	"github.com/google/go-cmp/cmp"
)

// Q490 and those below are examples; only the ids of countries are Wikidata's.
const lines = `{"id":"Q9000001","label":"Kim Kwan-jin","aliases":["Kim Kwan Jin","김관진"],"type":"person","country":"KR","positions":[{"title":"Minister of National Defense","of":"Q884","start":"2010-12-04","end":"2014-06-30"}]}

{"id":"9000002","label":"no id","type":"person"}
{"id":"Q9000003","label":"Example Motors","aliases":["EXM"],"type":"company","country":"kr"}
{broken
{"id":"http://www.wikidata.org/entity/Q9000001","label":"Kwan-jin Kim","type":"human","positions":[{"title":"Chairman","start":"2006"}]}
{"id":"Q9000004","label":"Q9000004","type":"person"}
{"id":"Q9000005","label":"A river","type":"river"}
{"id":"Q9000006","label":"X","type":"person","country":"Korea"}
{"id":"Q9000007","label":"X","type":"person","positions":[{"title":"Mayor","start":"yesterday"}]}
{"id":"Q9000003","label":"Example Motors","type":"person"}`

var want = []*Entity{
	{ID: "Q9000001", Label: "Kim Kwan-jin", Aliases: []string{"Kim Kwan Jin", "김관진", "Kwan-jin Kim"}, Type: "person", Country: "KR", Positions: []Position{
		{Title: "Minister of National Defense", Of: "Q884", Start: "2010-12-04", End: "2014-06-30"}, {Title: "Chairman", Start: "2006"}}},
	{ID: "Q9000003", Label: "Example Motors", Aliases: []string{"EXM"}, Type: "organization", Country: "KR"},
}

func read(t *testing.T, text string) (all []*Entity, bad []int) {
	t.Helper()
	all, err := Read(strings.NewReader(text), func(p Problem) { bad = append(bad, p.Line) })
	if err != nil {
		t.Fatal(err)
	}
	return all, bad
}

func TestRead(t *testing.T) {
	t.Parallel()
	all, bad := read(t, lines)
	if d := cmp.Diff(want, all); d != "" {
		t.Errorf("read (-want +got):\n%s", d)
	}
	if d := cmp.Diff([]int{3, 5, 7, 8, 9, 10, 11}, bad); d != "" {
		t.Errorf("bad lines (-want +got):\n%s", d)
	}
	csv := "item,itemLabel,itemAltLabel,type,iso,positionLabel,of,start,end\r\n" +
		"http://www.wikidata.org/entity/Q9000001,Kim Kwan-jin,Kim Kwan Jin|김관진|Kwan-jin Kim,person,KR,Minister of National Defense,http://www.wikidata.org/entity/Q884,2010-12-04T00:00:00Z,2014-06-30T00:00:00Z\r\n" +
		"http://www.wikidata.org/entity/Q9000001,Kim Kwan-jin,,person,KR,Chairman,,2006,\r\n" +
		"Q9000003,Example Motors,EXM,organization,KR,,,,\r\n" +
		"Q9000008,\"half,person\r\n"
	tsv := "?item\t?itemLabel\t?itemAltLabel\t?type\t?iso\t?positionLabel\t?of\t?start\t?end\n" +
		"<http://www.wikidata.org/entity/Q9000001>\t\"Kim Kwan-jin\"@en\t\"Kim Kwan Jin|김관진|Kwan-jin Kim\"\t\"person\"\t\"KR\"\t\"Minister of National Defense\"@en\t<http://www.wikidata.org/entity/Q884>\t\"2010-12-04T00:00:00Z\"^^<http://www.w3.org/2001/XMLSchema#dateTime>\t\"2014-06-30T00:00:00Z\"^^<http://www.w3.org/2001/XMLSchema#dateTime>\n" +
		"<http://www.wikidata.org/entity/Q9000001>\t\"Kim Kwan-jin\"@en\t\t\"person\"\t\"KR\"\t\"Chairman\"@en\t\t2006\t\n" +
		"<http://www.wikidata.org/entity/Q9000003>\t\"Example Motors\"@en\t\"EXM\"\t\"organization\"\t\"KR\"\t\t\t\t\n"
	for what, text := range map[string]string{"CSV": csv, "TSV": tsv} {
		all, bad := read(t, text)
		if d := cmp.Diff(want, all); d != "" {
			t.Errorf("%s (-want +got):\n%s", what, d)
		}
		if what == "CSV" && len(bad) != 1 || what == "TSV" && len(bad) != 0 {
			t.Errorf("%s: bad lines %v", what, bad)
		}
	}
	if all, bad := read(t, ""); len(all)+len(bad) > 0 {
		t.Errorf("nothing gives %v, %v", all, bad)
	}
	if _, err := Read(strings.NewReader("name,born\nA,B\n"), nil); err == nil || !strings.Contains(err.Error(), `no column "id"; it has name, born`) {
		t.Errorf("a table of something else: %v", err)
	}
	broken := errors.New("broken")
	if _, err := Read(iotest.ErrReader(broken), nil); !errors.Is(err, broken) {
		t.Errorf("a reader that fails: %v", err)
	}
	_, bad = read(t, `{"id":"Q9000001","label":"`+strings.Repeat("x", 2<<20)+`"}`+"\n"+`{"id":"Q9000003","label":"B","type":"person"}`)
	if len(bad) != 1 || bad[0] != 1 {
		t.Errorf("a line of 2 MiB: bad lines %v, want 1", bad)
	}
}

// TestReadGoesOn: what is wrong costs its own line, and what is merged stays within what is read back.
func TestReadGoesOn(t *testing.T) {
	t.Parallel()
	rows := strings.Repeat("Q9000003,Example Motors,organization,\n", 3)
	for _, test := range []struct {
		name, text string
		labels     string
		bad        []int
	}{
		{"a mark that is not closed", "id,label,type,start\nQ9000002,\"C D,person\n" + rows, "Example Motors", []int{2}},
		{"a mark within a value", "id,label,type,start\nQ9000002,C \"D\" E,person,\n" + rows, "Example Motors", []int{2}},
		{"a line break in a value", "id,label,type,start\nQ9000002,\"C\nD\",person,\n" + rows, "C D, Example Motors", nil},
		{"marks of the name's own", "id,label,type\nQ9000002,\"\"\"Weird\"\" Name\",person\n", `"Weird" Name`, nil},
		{"marks of the name's own, with tabs", "?id\t?label\t?type\n<http://a/Q9000002>\t\"\\\"Weird\\\" Name\"@en\t\"person\"\n", `"Weird" Name`, nil},
		{"a long line with tabs", "?id\t?label\t?type\nQ9000001\t" + strings.Repeat("x", 2<<20) + "\tperson\nQ9000002\tB\tperson\n", "B", []int{2}},
		{"a byte order mark", "\ufeff" + `{"id":"Q9000002","label":"B","type":"person"}`, "B", nil},
		{"a byte order mark and marks", "\ufeff\"id\",\"label\",\"type\"\nQ9000002,B,person\n", "B", nil},
		{"dates that are not known", "id,label,type,position,start,end\nQ9000002,B,person,Consul,-0044-01-01T00:00:00Z,http://www.wikidata.org/.well-known/genid/1\n", "B", nil},
	} {
		all, bad := read(t, test.text)
		var labels []string
		for _, e := range all {
			labels = append(labels, e.Label)
		}
		if got := strings.Join(labels, ", "); got != test.labels {
			t.Errorf("%s: %q, want %q", test.name, got, test.labels)
		}
		if d := cmp.Diff(test.bad, bad); d != "" {
			t.Errorf("%s: bad lines (-want +got):\n%s", test.name, d)
		}
	}
	var many strings.Builder
	for i := range 300 {
		fmt.Fprintf(&many, `{"id":"Q9000002","label":"B","type":"person","aliases":["A%d","A0"],"positions":[{"title":"P%d"}]}`+"\n", i, i)
	}
	all, bad := read(t, many.String())
	if len(all) != 1 || len(all[0].Aliases) != maxAliases || len(all[0].Positions) != maxPositions || len(bad) != 200 {
		t.Fatalf("%d entities, %d bad lines", len(all), len(bad))
	}
	out, err := json.Marshal(all[0])
	if err != nil {
		t.Fatal(err)
	}
	if again, bad := read(t, string(out)); len(bad) > 0 || !cmp.Equal(all, again) {
		t.Errorf("read back with bad lines %v", bad)
	}
}

func TestFile(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "entities")
	if err := Write(path, want[:1]); err != nil {
		t.Fatal(err)
	}
	old, err := Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer old.Close()
	if err := Write(path, want); err != nil {
		t.Fatal(err)
	}
	f, err := Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	if f.Len() != 2 || old.Len() != 1 || f.Hash() == old.Hash() || len(f.Hash()) != 12 {
		t.Errorf("%d and %d entities, hashes %s and %s", f.Len(), old.Len(), f.Hash(), old.Hash())
	}
	for name, id := range map[string]string{"Kim Kwan-jin": "Q9000001", "kim kwan jin": "Q9000001", "김관진": "Q9000001", "exm": "Q9000003", "Kim": "", "": ""} {
		for _, e := range []*File{f, old} {
			found, all, err := e.Find(name)
			got := ""
			if len(found) == 1 {
				got = found[0].ID
			}
			if want := id; err != nil || !all || got != want && !(e == old && want == "Q9000003" && got == "") {
				t.Errorf("%q: %q, %v, want %q", name, got, err, id)
			}
		}
	}
	for id, ok := range map[string]bool{"Q9000001": true, "Q9000003": true, "Q9000002": false, "Q1": false, "Q99999999": false} {
		if e, err := f.ByID(id); err != nil || (e != nil) != ok {
			t.Errorf("%s: %v, %v", id, e, err)
		}
	}
	raw, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	for i := 0; i < len(raw); i += 7 {
		damaged := append([]byte{}, raw...)
		damaged[i] ^= 1
		for what, content := range map[string][]byte{"changed": damaged, "cut": raw[:i]} {
			other := filepath.Join(t.TempDir(), "damaged")
			if err := os.WriteFile(other, content, 0o600); err != nil {
				t.Fatal(err)
			}
			if g, err := Open(other); err == nil {
				t.Errorf("%s at byte %d it is opened all the same", what, i)
				g.Close()
			}
		}
	}
	var many []*Entity
	for i := range 50 {
		many = append(many, &Entity{ID: fmt.Sprintf("Q%d", 9100000+i), Label: "John Smith", Type: "person"})
	}
	if err := Write(path, many); err != nil {
		t.Fatal(err)
	}
	crowd, err := Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer crowd.Close()
	if found, all, err := crowd.Find("John Smith"); len(found) != maxCandidates || all || err != nil {
		t.Errorf("%d of 50 of one name, all: %v, %v", len(found), all, err)
	}
}

func TestHeld(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		p    Position
		day  string
		want bool
	}{
		{Position{Start: "2010-12-04", End: "2014-06-30"}, "2011-01-10", true},
		{Position{Start: "2010-12-04", End: "2014-06-30"}, "2010-12-03", false},
		{Position{Start: "2010-12-04", End: "2014-06-30"}, "2014-07-01", false},
		{Position{Start: "2010", End: "2014"}, "2014-12-31", true},
		{Position{Start: "2010"}, "2026-01-01", true},
		{Position{End: "2010"}, "2011", false},
		{Position{Start: "2010-12-04"}, "2010", true},
		{Position{}, "2010", true},
	} {
		if got := test.p.Held(test.day); got != test.want {
			t.Errorf("%+v on %s: %v", test.p, test.day, got)
		}
	}
}

// BenchmarkMillion opens a file of a million entities and finds names in it.
func BenchmarkMillion(b *testing.B) {
	const n = 1_000_000
	path := filepath.Join(b.TempDir(), "entities")
	all := make([]*Entity, n)
	for i := range all {
		all[i] = &Entity{ID: fmt.Sprintf("Q%d", i+1), Label: fmt.Sprintf("Person %d of Somewhere", i), Aliases: []string{fmt.Sprintf("P. %d", i), fmt.Sprintf("Somebody %d", i)}, Type: "person", Country: "KR",
			Positions: []Position{{Title: "Member of the Council", Of: "Q884", Start: "2010-12-04", End: "2014-06-30"}}}
	}
	if err := Write(path, all); err != nil {
		b.Fatal(err)
	}
	all = nil
	var before, after runtime.MemStats
	runtime.GC()
	runtime.ReadMemStats(&before)
	f, err := Open(path)
	if err != nil {
		b.Fatal(err)
	}
	defer f.Close()
	runtime.GC()
	runtime.ReadMemStats(&after)
	i := 0
	for b.Loop() {
		if found, _, err := f.Find(fmt.Sprintf("Somebody %d", i*7919%n)); err != nil || len(found) != 1 {
			b.Fatal(len(found), err)
		}
		i++
	}
	b.ReportMetric(float64(after.HeapAlloc-before.HeapAlloc)/n, "B/entity")
}
