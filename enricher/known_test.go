package enricher

import (
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/feedmill/feedmill"
	"github.com/feedmill/feedmill/enricher/entityfile"
)

// The ids are examples, but for those of countries.
const imported = `{"id":"Q9000001","label":"Kim Kwan-jin","type":"person","country":"KR","positions":[{"title":"Minister of National Defence","of":"Q884","start":"2010-12-04","end":"2014-06-30"}]}
{"id":"Q9000002","label":"John Smith","type":"person","country":"GB","positions":[{"title":"Chief Executive Officer","start":"2001","end":"2009"}]}
{"id":"Q9000003","label":"John Smith","type":"person","country":"US","positions":[{"title":"Secretary of Transportation","start":"2009-01-20","end":"2013-01-20"}]}
{"id":"Q9000004","label":"Veldra Marine Systems","aliases":["VMS","Northwater Boats"],"type":"organization","country":"NO"}
{"id":"Q9000005","label":"Zamira Oskavel","aliases":["Lady Thornquist"],"type":"person","country":"NO"}
{"id":"Q9000006","label":"Gordan Veltrame","aliases":["Jorin Veltrame"],"type":"person","country":"US","positions":[{"title":"Secretary of Energy","start":"2009","end":"2013"}]}
{"id":"Q9000007","label":"Tovald Renske","aliases":["Erlan Renske"],"type":"person","country":"US","positions":[{"title":"Secretary of Energy","start":"2009","end":"2013"}]}
{"id":"Q9000008","label":"Erlan Renske","type":"person","country":"IT"}`

func TestImportedEntities(t *testing.T) {
	t.Parallel()
	all, err := entityfile.Read(strings.NewReader(imported), func(p entityfile.Problem) { t.Error(p) })
	if err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(t.TempDir(), "entities")
	if err := entityfile.Write(path, all); err != nil {
		t.Fatal(err)
	}
	file, err := entityfile.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	chain, err := NewChain(&Options{Entities: file})
	if err != nil {
		t.Fatal(err)
	}
	if want := "+entities-" + file.Hash(); !strings.HasSuffix(chain.Model(), want) {
		t.Errorf("the model is %s, want it to end with %s", chain.Model(), want)
	}
	for _, test := range []struct {
		what, text, day string
		want            map[string]string // mention to id, "" for none
	}{
		{"holds the position", "South Korean Defense Minister Kim Kwan-jin met reporters in Seoul on Monday. Kim said that the talks had been useful.", "2011-01-10",
			map[string]string{"Kim Kwan-jin": "Q9000001"}},
		{"ambiguous", "John Smith said on Monday that the river had risen by a metre since the morning.", "2011-01-10", map[string]string{"John Smith": ""}},
		{"the role decides", "Transportation Secretary John Smith said on Monday that the bridge would be closed until the autumn.", "2011-01-10", map[string]string{"John Smith": "Q9000003"}},
		{"the role, at another time", "Transportation Secretary John Smith said on Monday that the bridge would be closed until the autumn.", "1995-01-10", map[string]string{"John Smith": ""}},
		{"an alias makes one entity", "Veldra Marine Systems won the order on Monday, the ministry in Oslo said. Northwater Boats will build the ferries in Bergen, Norway.", "2011-01-10",
			map[string]string{"Veldra Marine Systems": "Q9000004"}},
		{"an alias whose role is of another country", "Energy Secretary Gordan Veltrame met him on Monday. Italian Prime Minister Jorin Veltrame said that the river had risen.", "2011-01-10",
			map[string]string{"Gordan Veltrame": "Q9000006", "Jorin Veltrame": ""}},
		{"an alias that is another's name", "Energy Secretary Tovald Renske met them on Monday. Erlan Renske, a farmer, said that the river had risen.", "2011-01-10",
			map[string]string{"Tovald Renske": "Q9000007", "Erlan Renske": ""}},
		{"nobody of that name", "Ingrid Halvorsen said on Monday that the river had risen by a metre since the morning.", "2011-01-10", map[string]string{"Ingrid Halvorsen": ""}},
	} {
		r := &feedmill.Record{}
		r.ID, r.Text, r.Language.Tag = "x", test.text, "en"
		r.Published = feedmill.Timestamp{Value: test.day, Precision: "day"}
		if err := chain.Enrich(t.Context(), r); err != nil {
			t.Fatal(err)
		}
		got := map[string]string{}
		for _, e := range r.Entities {
			if _, asked := test.want[e.Name]; asked {
				got[e.Name] = e.Links.Wikidata
				if id := e.Links.Wikidata; id != "" && e.Key != "wikidata:"+id {
					t.Errorf("%s: the key is %s", test.what, e.Key)
				}
			}
			if e.Name == "Northwater Boats" {
				t.Errorf("%s: an alias is an entity of its own: %+v", test.what, e)
			}
		}
		if d := cmp.Diff(test.want, got); d != "" {
			t.Errorf("%s (-want +got):\n%s\nall: %+v", test.what, d, r.Entities)
		}
		for _, w := range r.Warnings {
			t.Errorf("%s: %s", test.what, w)
		}
	}
}

func TestSamePosition(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		title, position string
		want            bool
	}{
		{"Defense Minister", "Minister of National Defence of South Korea", true},
		{"Secretary of Defense", "United States Secretary of Defense", true},
		{"Prime Minister", "Minister of Finance", false},
		{"minister", "Minister of Finance", true},
		{"the", "Minister of Finance", false},
		{"", "", false},
	} {
		if got := samePosition(test.title, test.position); got != test.want {
			t.Errorf("%q and %q: %v", test.title, test.position, got)
		}
	}
}
