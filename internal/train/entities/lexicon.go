package main

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"

	"github.com/feedmill/feedmill/enricher"
	"github.com/feedmill/feedmill/enricher/ner"
)

// largeCity is the population from which a city's name is listed as that of a large one.
const largeCity = 200_000

// buildLexicon makes the lexicon of the word clusters and gazetteers in gazetteers (the files that
// enricher/data/README.md describes), of the enricher's own lists in data, and of the lists beside this program.
func buildLexicon(gazetteers, data, lists string) ([]byte, error) {
	b := ner.NewLexiconBuilder()
	add := func(name string, c ner.Class) {
		toks, _ := enricher.Tokenize(name)
		var words []string
		for _, t := range toks {
			words = append(words, name[t.Start:t.End])
		}
		b.Add(words, c)
	}
	var err error
	rows := func(dir, file, sep string, row func(f []string)) {
		if err != nil {
			return
		}
		var raw []byte
		if raw, err = os.ReadFile(filepath.Join(dir, file)); err != nil {
			err = fmt.Errorf("read list: %w", err)
			return
		}
		for line := range strings.Lines(string(raw)) {
			if line = strings.TrimRight(line, "\r\n"); line != "" && line[0] != '#' {
				row(strings.Split(line, sep))
			}
		}
	}
	rows(gazetteers, "wordclusters-glove.tsv", "\t", func(f []string) {
		var c ner.Clusters
		for k := range c {
			n, e := strconv.ParseUint(f[k+1], 10, 16)
			if e != nil {
				err = fmt.Errorf("clusters of %q: %w", f[0], e)
			}
			c[k] = uint16(n)
		}
		b.AddClusters(f[0], c)
	})
	rows(gazetteers, "first-names.txt", "\t", func(f []string) { add(f[0], ner.ClassGiven) })
	rows(gazetteers, "surnames.txt", "\t", func(f []string) { add(f[0], ner.ClassFamily) })
	rows(gazetteers, "cities-geonames.tsv", "\t", func(f []string) {
		people, _ := strconv.Atoi(f[5]) // the head of the file counts as nothing
		switch {
		case people >= largeCity || f[4] == "PPLC":
			add(f[1], ner.ClassCity)
		case people >= 15000:
			add(f[1], ner.ClassTown)
		}
	})
	rows(gazetteers, "places-naturalearth.tsv", "\t", func(f []string) {
		for _, n := range append(strings.Split(f[1], "|"), f[0]) {
			if len(n) > 3 && !strings.Contains(n, "?") {
				add(n, ner.ClassCity)
			}
		}
		if len(f[3]) > 3 {
			add(f[3], ner.ClassRegion)
		}
	})
	rows(gazetteers, "countries.tsv", "\t", func(f []string) {
		add(f[3], ner.ClassCountry)
		add(f[4], ner.ClassCountry)
	})
	rows(gazetteers, "actors-petrarch.tsv", "\t", func(f []string) {
		name := strings.ReplaceAll(f[0], "_", " ")
		switch {
		case len(f) < 4:
		case f[2] == "international" || f[2] == "armed":
			add(name, ner.ClassOrg)
		case strings.Contains(f[3], "@") && strings.Contains(name, " "):
			add(name, ner.ClassKnown)
		}
	})
	rows(data, "demonyms.txt", "|", func(f []string) {
		for n := range strings.SplitSeq(f[1], ";") {
			add(n, ner.ClassCountry)
		}
		for n := range strings.SplitSeq(f[2], ";") {
			add(n, ner.ClassGroup)
			add(n+"s", ner.ClassGroup)
		}
	})
	rows(data, "regions.txt", "|", func(f []string) { add(f[0], ner.ClassRegion) })
	rows(data, "organizations.txt", ";", func(f []string) {
		for _, n := range f {
			add(n, ner.ClassOrg)
		}
	})
	for file, c := range map[string]ner.Class{
		"teams.txt": ner.ClassTeam, "organizations.txt": ner.ClassOrg, "titles.txt": ner.ClassTitle,
		"organization-words.txt": ner.ClassOrgWord, "calendar.txt": ner.ClassTime, "misc.txt": ner.ClassMisc,
		"places.txt": ner.ClassRegion,
	} {
		rows(lists, file, ";", func(f []string) {
			for _, n := range f {
				if n = strings.TrimSpace(n); n != "" {
					add(n, c)
				}
			}
		})
	}
	if err != nil {
		return nil, err
	}
	var out bytes.Buffer
	if err := b.Write(&out); err != nil {
		return nil, err
	}
	return out.Bytes(), nil
}
