package enricher

import (
	"bytes"
	"compress/gzip"
	"crypto/sha256"
	"embed"
	"encoding/hex"
	"fmt"
	"io"
	"io/fs"
	"sort"
	"strconv"
	"strings"
	"sync"
	"unicode"

	"github.com/feedmill/feedmill"
	"github.com/feedmill/feedmill/enricher/internal/fold"
)

//go:embed data/*.gz data/*.txt
var dataFiles embed.FS

// listsHash is a short hash of the embedded lists.
var listsHash = sync.OnceValue(func() string {
	h := sha256.New()
	names, err := fs.Glob(dataFiles, "data/*")
	if err != nil {
		panic(err)
	}
	for _, name := range names {
		fmt.Fprintf(h, "%s\n", name)
		h.Write(readData(name))
	}
	return hex.EncodeToString(h.Sum(nil))[:12]
})

// gazetteer holds the embedded lists.
type gazetteer struct {
	first, surnames, common, cities wordList
	countries                       map[string]country
	// phrases are the names of countries, groups, regions and organizations by folded key; longest[w] is the number of
	// tokens of the longest name, cities included, that starts with w.
	phrases map[string]*phrase
	longest map[string]int
}

type country struct{ iso2, iso3, wikidata, name string }

// phrase is a known name.
type phrase struct {
	typ      string
	name     string // canonical
	iso      string
	wikidata string
	kind     string // kind of mention
	capsOnly bool
	country  bool
	// loose names are also places or words of another kind: they count only in mid-sentence.
	loose bool
}

var gazetteerData = sync.OnceValue(func() *gazetteer {
	g := &gazetteer{
		first:     newWordList(unzip("data/first-names.txt.gz")),
		surnames:  newWordList(unzip("data/surnames.txt.gz")),
		common:    newWordList(unzip("data/common-words.txt.gz")),
		cities:    newWordList(unzip("data/cities.tsv.gz")),
		countries: map[string]country{},
		phrases:   map[string]*phrase{},
		longest:   map[string]int{},
	}
	for line := range strings.Lines(unzip("data/countries.tsv.gz")) {
		f := strings.Split(strings.TrimSpace(line), "\t")
		g.countries[f[0]] = country{iso2: f[0], iso3: f[1], wikidata: f[2], name: f[3]}
	}
	g.readOrganizations()
	g.readRegions()
	g.readDemonyms()
	for i := range g.cities.len() {
		name, _, _ := strings.Cut(g.cities.line(i), "\t")
		g.note(name)
	}
	return g
})

func readData(name string) []byte {
	b, err := dataFiles.ReadFile(name)
	if err != nil {
		panic(err) // the file is compiled in
	}
	return b
}

func unzip(name string) string {
	z, err := gzip.NewReader(bytes.NewReader(readData(name)))
	if err != nil {
		panic(fmt.Errorf("%s: %w", name, err))
	}
	b, err := io.ReadAll(z)
	if err != nil {
		panic(fmt.Errorf("%s: %w", name, err))
	}
	return string(b)
}

// tables yields the rows of an own-written list: fields parted by sep.
func tables(name, sep string, row func(f []string)) {
	for line := range strings.Lines(string(readData(name))) {
		if line = strings.TrimSpace(line); line != "" && line[0] != '#' {
			row(strings.Split(line, sep))
		}
	}
}

func (g *gazetteer) readDemonyms() {
	tables("data/demonyms.txt", "|", func(f []string) {
		iso := f[0]
		if iso == "-" {
			iso = ""
		}
		c := g.countries[iso]
		for i, n := range strings.Split(f[1], ";") {
			if n == "" {
				continue
			}
			p := &phrase{typ: feedmill.TypePlace, name: strings.Split(f[1], ";")[0], iso: iso, wikidata: c.wikidata, country: true, kind: feedmill.MentionName}
			switch n {
			case "England", "Scotland", "Wales", "Northern Ireland":
				p.name, p.wikidata, p.country = n, map[string]string{"England": "Q21", "Scotland": "Q22", "Wales": "Q25", "Northern Ireland": "Q26"}[n], false
			default:
				if i > 0 {
					p.kind = feedmill.MentionAlias
				}
			}
			g.addPhrase(n, p)
		}
		for n := range strings.SplitSeq(f[2], ";") {
			if n == "" {
				continue
			}
			p := &phrase{typ: feedmill.TypeGroup, name: n, iso: iso, kind: feedmill.MentionName}
			g.addPhrase(n, p)
			if !strings.HasSuffix(n, "s") && !strings.HasSuffix(n, "ese") && !strings.HasSuffix(n, "sh") && !strings.HasSuffix(n, "ch") {
				g.addPhrase(n+"s", p)
			}
		}
	})
}

func (g *gazetteer) readRegions() {
	tables("data/regions.txt", "|", func(f []string) {
		g.addPhrase(f[0], &phrase{typ: feedmill.TypePlace, name: f[0], iso: f[1], wikidata: f[2], kind: feedmill.MentionName})
	})
}

func (g *gazetteer) readOrganizations() {
	tables("data/organizations.txt", ";", func(f []string) {
		for i, n := range f {
			p := &phrase{typ: feedmill.TypeOrganization, name: f[0], kind: feedmill.MentionName}
			if i > 0 {
				p.kind = feedmill.MentionAlias
				if capitals(n) {
					p.kind = feedmill.MentionAcronym
				}
			}
			g.addPhrase(n, p)
		}
	})
}

func (g *gazetteer) addPhrase(n string, p *phrase) {
	q := *p
	q.capsOnly = capitals(n)
	q.loose = g.common.has(fold.Key(n)) && q.typ == feedmill.TypeOrganization
	key := fold.Key(n)
	g.phrases[key] = &q
	g.note(key)
}

// note remembers how many tokens a name has, under its first.
func (g *gazetteer) note(key string) {
	head, _, multi := strings.Cut(key, " ")
	if !multi {
		return
	}
	// A mark such as the comma of "Washington, D.C." is a token of its own.
	n := 1 + strings.Count(key, " ") + strings.Count(key, ",") + strings.Count(key, "&")*2
	head = strings.TrimRight(head, ",")
	g.longest[head] = max(g.longest[head], n)
}

// capitals tells whether n is written without small letters, like "NATO" or "U.S.".
func capitals(n string) bool {
	letters := 0
	for _, r := range n {
		if unicode.IsLower(r) || r == ' ' {
			return false
		}
		if unicode.IsUpper(r) {
			letters++
		}
	}
	return letters > 1
}

// city is a populated place of the gazetteer.
type city struct {
	name, iso, wikidata string
	geonames            int
	population          int
	class               byte // C capital, A regional seat, P other
}

// cityCandidates are the cities of a folded name, the most populous first; a capital counts ten times its people.
func (g *gazetteer) cityCandidates(key string) []city {
	lo, hi := g.cities.find(key)
	var out []city
	for i := lo; i < hi; i++ {
		f := strings.Split(g.cities.line(i), "\t")
		c := city{name: f[1], iso: f[3], class: f[5][0], wikidata: f[6]}
		c.geonames, _ = strconv.Atoi(f[2])
		c.population, _ = strconv.Atoi(f[4])
		out = append(out, c)
	}
	sort.SliceStable(out, func(i, j int) bool { return out[i].weight() > out[j].weight() })
	return out
}

func (c *city) weight() int {
	if c.class == 'C' {
		return 10 * c.population
	}
	return c.population
}

// wordList is a sorted list of lines in one string, searched by the text before the first tab.
type wordList struct {
	text string
	at   []uint32
}

func newWordList(s string) wordList {
	w := wordList{text: s, at: make([]uint32, 0, strings.Count(s, "\n")+1)}
	for i := 0; i < len(s); {
		w.at = append(w.at, uint32(i))
		n := strings.IndexByte(s[i:], '\n')
		if n < 0 {
			break
		}
		i += n + 1
	}
	return w
}

func (w *wordList) len() int { return len(w.at) }

func (w *wordList) line(i int) string {
	end := len(w.text)
	if i+1 < len(w.at) {
		end = int(w.at[i+1])
	}
	return strings.TrimSuffix(w.text[w.at[i]:end], "\n")
}

func (w *wordList) key(i int) string {
	k, _, _ := strings.Cut(w.line(i), "\t")
	return k
}

// find returns the range of lines whose key is k. The lines are sorted whole, and a tab sorts before everything that a
// key holds, so keys are in order too.
func (w *wordList) find(k string) (lo, hi int) {
	lo = sort.Search(len(w.at), func(i int) bool { return w.key(i) >= k })
	hi = lo
	for hi < len(w.at) && w.key(hi) == k {
		hi++
	}
	return lo, hi
}

func (w *wordList) has(k string) bool {
	lo, hi := w.find(k)
	return hi > lo
}
