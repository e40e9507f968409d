// Command language makes the enricher's model of languages: for each language the most frequent n-grams of one to four
// letters within words, with the probability of their last letter after those before it.
//
//	go run ./internal/train/language -models DIR -out enricher/data/language.model.gz
//
// DIR is the folder language-models of github.com/pemistahl/lingua-go v1.4.0 (Apache-2.0), whose n-grams are counted in
// news and web text of the Leipzig Corpora Collection. The same input gives the same bytes.
package main

import (
	"archive/zip"
	"bufio"
	"bytes"
	"cmp"
	"compress/gzip"
	"encoding/binary"
	"errors"
	"flag"
	"fmt"
	"io"
	"log"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/feedmill/feedmill/enricher/langmodel"
)

// keep is how many n-grams of each length a language keeps, the most frequent ones.
var keep = [langmodel.MaxLength]int{200, 1500, 6000, 8000}

// rare n-grams are left out at once: they would not be among the most frequent, nor would longer ones that begin so.
const rare = 1e-6

var files = [langmodel.MaxLength]string{"unigrams", "bigrams", "trigrams", "quadrigrams"}

func main() {
	dir := flag.String("models", "", "folder language-models of lingua-go")
	out := flag.String("out", "enricher/data/language.model.gz", "where to write the model")
	flag.Parse()
	if err := run(*dir, *out); err != nil {
		log.Fatal(err)
	}
}

func run(dir, out string) error {
	type entry struct{ lang, cost byte }
	table := map[uint32][]entry{}
	tags := langmodel.Tags()
	for li, tag := range tags {
		name := tag
		if tag == "no" {
			name = "nb"
		}
		joint := map[string]float64{"": 1}
		for n := 1; n <= langmodel.MaxLength; n++ {
			cond, err := read(filepath.Join(dir, name, files[n-1]+".pb.bin.zip"))
			if err != nil {
				return fmt.Errorf("read %s of %s: %w", files[n-1], tag, err)
			}
			type gram struct {
				text        string
				joint, cond float64
			}
			var grams []gram
			for g, p := range cond {
				r := []rune(g)
				j := joint[string(r[:len(r)-1])] * p
				if j < rare {
					continue
				}
				joint[g] = j
				grams = append(grams, gram{g, j, p})
			}
			slices.SortFunc(grams, func(a, b gram) int { return cmp.Or(cmp.Compare(b.joint, a.joint), cmp.Compare(a.text, b.text)) })
			for _, g := range grams[:min(len(grams), keep[n-1])] {
				k := langmodel.Hash([]rune(g.text))
				cost := byte(math.Min(255, math.Round(-math.Log(g.cond)*langmodel.Scale)))
				if i := slices.IndexFunc(table[k], func(e entry) bool { return e.lang == byte(li) }); i >= 0 {
					continue // two n-grams with one hash: the more frequent one stays
				}
				table[k] = append(table[k], entry{byte(li), cost})
			}
		}
		log.Printf("%s: %d n-grams in all", tag, len(joint)-1)
	}
	var raw bytes.Buffer
	w := bufio.NewWriter(&raw)
	fmt.Fprintf(w, "%s\n%s\n", langmodel.Magic, strings.Join(tags, " "))
	keys := make([]uint32, 0, len(table))
	entries := 0
	for k, e := range table {
		keys = append(keys, k)
		entries += len(e)
	}
	slices.Sort(keys)
	var num [8]byte
	binary.LittleEndian.PutUint32(num[:4], uint32(len(keys)))
	binary.LittleEndian.PutUint32(num[4:], uint32(entries))
	w.Write(num[:])
	for _, k := range keys {
		binary.LittleEndian.PutUint32(num[:4], k)
		w.Write(num[:4])
	}
	for _, k := range keys {
		w.WriteByte(byte(len(table[k])))
	}
	for _, k := range keys {
		for _, e := range table[k] {
			w.WriteByte(e.lang)
		}
	}
	for _, k := range keys {
		for _, e := range table[k] {
			w.WriteByte(e.cost)
		}
	}
	if err := w.Flush(); err != nil {
		return err
	}
	var packed bytes.Buffer
	z, err := gzip.NewWriterLevel(&packed, gzip.BestCompression)
	if err != nil {
		return err
	}
	if _, err := z.Write(raw.Bytes()); err != nil {
		return err
	}
	if err := z.Close(); err != nil {
		return err
	}
	log.Printf("%d languages, %d n-grams, %d entries, %d bytes packed", len(tags), len(keys), entries, packed.Len())
	return os.WriteFile(out, packed.Bytes(), 0o644)
}

// read gives the probabilities of the last letters of n-grams: a zip file with one protobuf message in it, whose field 4
// holds sets of n-grams (field 2) that share a probability (field 1).
func read(path string) (map[string]float64, error) {
	z, err := zip.OpenReader(path)
	if err != nil {
		return nil, err
	}
	defer z.Close()
	if len(z.File) != 1 {
		return nil, fmt.Errorf("%d files in it, want one", len(z.File))
	}
	f, err := z.File[0].Open()
	if err != nil {
		return nil, err
	}
	defer f.Close()
	raw, err := io.ReadAll(f)
	if err != nil {
		return nil, err
	}
	out := map[string]float64{}
	err = fields(raw, func(num int, value []byte, _ uint64) error {
		if num != 4 {
			return nil
		}
		p := 0.0
		var grams []string
		if err := fields(value, func(num int, value []byte, n uint64) error {
			switch num {
			case 1:
				p = math.Float64frombits(n)
			case 2:
				grams = append(grams, string(value))
			}
			return nil
		}); err != nil {
			return err
		}
		for _, g := range grams {
			out[g] = p
		}
		return nil
	})
	return out, err
}

// fields calls f with the fields of a protobuf message: bytes, or the bits of a number.
func fields(b []byte, f func(num int, value []byte, n uint64) error) error {
	bad := errors.New("not a protobuf message")
	for len(b) > 0 {
		tag, n := binary.Uvarint(b)
		if n <= 0 {
			return bad
		}
		b = b[n:]
		var value []byte
		var number uint64
		switch tag & 7 {
		case 0:
			if number, n = binary.Uvarint(b); n <= 0 {
				return bad
			}
			b = b[n:]
		case 1:
			if len(b) < 8 {
				return bad
			}
			number, b = binary.LittleEndian.Uint64(b), b[8:]
		case 2:
			size, n := binary.Uvarint(b)
			if n <= 0 || uint64(len(b)-n) < size {
				return bad
			}
			value, b = b[n:n+int(size)], b[n+int(size):]
		default:
			return bad
		}
		if err := f(int(tag>>3), value, number); err != nil {
			return err
		}
	}
	return nil
}
