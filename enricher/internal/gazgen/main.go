// Gazgen derives the enricher's embedded lists from a folder of public gazetteers and writes them to enricher/data:
//
//	go run ./enricher/internal/gazgen -in GAZETTEERS -out enricher/data
//
// The input files and their licences are described in enricher/data/README.md. The same input gives the same bytes.
package main

import (
	"bufio"
	"bytes"
	"compress/gzip"
	"flag"
	"fmt"
	"log"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"unicode"

	"github.com/feedmill/feedmill/enricher/internal/fold"
)

const (
	minPopulation = 15_000
	// A district of a city is listed only from here: smaller ones share their names with too much else.
	minDistrictPopulation = 100_000
	// The most frequent words that count as vocabulary, where they do not live among names.
	vocabulary = 30_000
	// The share of names among the neighbours of a word from which the word counts as a name itself.
	nameShare = 0.45
)

func main() {
	in := flag.String("in", "", "folder with the source gazetteers")
	out := flag.String("out", "enricher/data", "folder to write to")
	flag.Parse()
	if err := run(*in, *out); err != nil {
		log.Fatal(err)
	}
}

func run(in, out string) error {
	root, err := os.OpenRoot(in)
	if err != nil {
		return fmt.Errorf("open gazetteer folder: %w", err)
	}
	defer root.Close()
	src := map[string][][]string{}
	for _, name := range []string{
		"cities-geonames.tsv", "places-naturalearth.tsv", "countries.tsv",
		"first-names.txt", "surnames.txt", "wordclusters-glove.tsv", "actors-petrarch.tsv",
	} {
		b, err := root.ReadFile(name)
		if err != nil {
			return fmt.Errorf("read gazetteer: %w", err)
		}
		src[name] = rows(b)
	}
	first, surnames := set(src["first-names.txt"]), set(src["surnames.txt"])
	cities := cityRows(src["cities-geonames.tsv"][1:], src["places-naturalearth.tsv"][1:])
	cityNames := map[string]bool{}
	for _, c := range cities {
		cityNames[c[0]] = true
	}
	addStatesmen(src["actors-petrarch.tsv"], first, surnames)
	common := commonWords(src["wordclusters-glove.tsv"], first, surnames, cityNames)

	var firstLines, surLines, commonLines, cityLines, countryLines []string
	for n := range first {
		firstLines = append(firstLines, n)
	}
	for n := range surnames {
		surLines = append(surLines, n)
	}
	for w := range common {
		commonLines = append(commonLines, w)
	}
	for _, c := range cities {
		cityLines = append(cityLines, strings.Join(c, "\t"))
	}
	for _, r := range src["countries.tsv"][1:] {
		countryLines = append(countryLines, strings.Join([]string{r[0], r[1], r[2], r[3]}, "\t"))
	}
	for name, lines := range map[string][]string{
		"first-names.txt.gz": firstLines, "surnames.txt.gz": surLines, "common-words.txt.gz": commonLines,
		"cities.tsv.gz": cityLines, "countries.tsv.gz": countryLines,
	} {
		slices.Sort(lines)
		if err := write(filepath.Join(out, name), slices.Compact(lines)); err != nil {
			return err
		}
	}
	return nil
}

func rows(b []byte) [][]string {
	var out [][]string
	sc := bufio.NewScanner(bytes.NewReader(b))
	sc.Buffer(nil, 1<<20)
	for sc.Scan() {
		if sc.Text() != "" {
			out = append(out, strings.Split(sc.Text(), "\t"))
		}
	}
	return out
}

func set(rows [][]string) map[string]bool {
	m := map[string]bool{}
	for _, r := range rows {
		if k := fold.Key(strings.TrimSpace(r[0])); len(k) > 1 {
			m[k] = true
		}
	}
	return m
}

// addStatesmen adds the family names of people in the news: of the aliases in two or three words that start with a
// listed given name.
func addStatesmen(actors [][]string, first, surnames map[string]bool) {
	for _, r := range actors {
		words := strings.Fields(r[0])
		if len(r) < 4 || r[2] != "country" || len(words) < 2 || len(words) > 3 || !strings.Contains(r[3], "@") {
			continue
		}
		given, family := fold.Key(words[0]), fold.Key(words[len(words)-1])
		if first[given] && letters(family) && len(family) > 3 {
			surnames[family] = true
		}
	}
}

// cityRows gives key, name, GeoNames id, country, population, class (C capital, A seat, P other) and Wikidata id of each
// city under each of its names.
func cityRows(geonames, naturalEarth [][]string) [][]string {
	alt := map[string][]string{}
	qid := map[string]string{}
	for _, r := range naturalEarth {
		if r[6] == "" {
			continue
		}
		qid[r[6]] = r[7]
		for _, n := range append(strings.Split(r[1], "|"), r[0]) {
			if len(n) > 3 && !strings.Contains(n, "?") {
				alt[r[6]] = append(alt[r[6]], n)
			}
		}
	}
	var out [][]string
	for _, r := range geonames {
		pop, err := strconv.Atoi(r[5])
		if err != nil {
			continue
		}
		capital := r[4] == "PPLC"
		if pop < minPopulation && !capital || r[4] == "PPLX" && pop < minDistrictPopulation {
			continue
		}
		class := "P"
		switch r[4] {
		case "PPLC":
			class = "C"
		case "PPLA":
			class = "A"
		}
		id := r[8]
		if id == "" {
			id = qid[r[0]]
		}
		names := append([]string{r[1]}, alt[r[0]]...)
		if head, _, ok := strings.Cut(r[1], ","); ok {
			names = append(names, head)
		}
		if head, ok := strings.CutSuffix(r[1], " City"); ok && pop > 5_000_000 {
			names = append(names, head)
		}
		seen := map[string]bool{}
		for _, n := range names {
			k := fold.Key(n)
			if k == "" || seen[k] {
				continue
			}
			seen[k] = true
			out = append(out, []string{k, r[1], r[0], r[2], r[5], class, id})
		}
	}
	return out
}

// commonWords takes the most frequent words and leaves out those whose neighbours (words of like use, by the clusters)
// are mostly names of people or cities.
func commonWords(clusters [][]string, first, surnames, cities map[string]bool) map[string]bool {
	type share struct{ words, first, sur, city float64 }
	var by [2]map[string]*share
	by[0], by[1] = map[string]*share{}, map[string]*share{}
	for _, r := range clusters[:min(len(clusters), 2*vocabulary)] {
		if !letters(r[0]) {
			continue
		}
		for i := range by {
			s := by[i][r[3+i]]
			if s == nil {
				s = &share{}
				by[i][r[3+i]] = s
			}
			s.words++
			if first[r[0]] {
				s.first++
			}
			if surnames[r[0]] {
				s.sur++
			}
			if cities[r[0]] {
				s.city++
			}
		}
	}
	common := map[string]bool{}
	for _, r := range clusters[:min(len(clusters), vocabulary)] {
		if !letters(r[0]) {
			continue
		}
		named := false
		for i := range by {
			s := by[i][r[3+i]]
			if max(s.first, s.sur, s.city)/s.words >= nameShare {
				named = true
			}
		}
		if !named {
			common[r[0]] = true
		}
	}
	return common
}

func letters(s string) bool {
	for _, r := range s {
		if !unicode.IsLetter(r) {
			return false
		}
	}
	return s != ""
}

func write(path string, lines []string) error {
	var b bytes.Buffer
	z, err := gzip.NewWriterLevel(&b, gzip.BestCompression)
	if err != nil {
		return err
	}
	if _, err := z.Write([]byte(strings.Join(lines, "\n") + "\n")); err != nil {
		return fmt.Errorf("compress %s: %w", path, err)
	}
	if err := z.Close(); err != nil {
		return fmt.Errorf("compress %s: %w", path, err)
	}
	if err := os.WriteFile(path, b.Bytes(), 0o644); err != nil {
		return fmt.Errorf("write list: %w", err)
	}
	return nil
}
