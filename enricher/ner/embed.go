package ner

import (
	"compress/gzip"
	"crypto/sha256"
	_ "embed"
	"encoding/hex"
	"fmt"
	"io"
	"os"
	"strings"
	"sync"
)

//go:embed data/lexicon.gz
var lexiconData string

var lexicon = sync.OnceValues(func() (*Lexicon, error) {
	data, err := unzip(lexiconData)
	if err != nil {
		return nil, err
	}
	return OpenLexicon(data)
})

// unzip returns the content of a gzip file.
func unzip(data string) (string, error) {
	z, err := gzip.NewReader(strings.NewReader(data))
	if err != nil {
		return "", err
	}
	var b strings.Builder
	if _, err := io.Copy(&b, z); err != nil {
		return "", err
	}
	return b.String(), nil
}

// Open returns a model: a built-in one by its name, the default one if name is empty, or else the one in the file of
// that name. A built-in model is read once.
func Open(name string) (*Model, error) {
	if name == "" {
		name = builtin[0].name
	}
	for i := range builtin {
		if builtin[i].name == name {
			m, err := builtin[i].open()
			if err != nil {
				return nil, fmt.Errorf("open built-in entity model %s: %w", name, err)
			}
			return m, nil
		}
	}
	b, err := os.ReadFile(name)
	if err != nil {
		return nil, fmt.Errorf("open entity model: %w; built in are %s", err, strings.Join(Builtin(), " and "))
	}
	m, err := open(string(b))
	if err != nil {
		return nil, fmt.Errorf("open entity model %s: %w", name, err)
	}
	return m, nil
}

// Builtin returns the names of the models that are built in, the default first.
func Builtin() []string {
	var names []string
	for i := range builtin {
		names = append(names, builtin[i].name)
	}
	return names
}

// Version names the model and what it was made of: its name and a hash of its file and of the lexicon.
func (m *Model) Version() string { return m.version }

type embedded struct {
	name string
	open func() (*Model, error)
}

func open(data string) (*Model, error) {
	lex, err := lexicon()
	if err != nil {
		return nil, fmt.Errorf("lexicon: %w", err)
	}
	raw, err := unzip(data)
	if err != nil {
		return nil, fmt.Errorf("not an entity model: %w", err)
	}
	m, err := OpenModel(raw, lex)
	if err != nil {
		return nil, err
	}
	h := sha256.New()
	io.WriteString(h, data)
	io.WriteString(h, lexiconData)
	m.version = m.Card.Name + "-" + hex.EncodeToString(h.Sum(nil))[:12]
	return m, nil
}

func once(data *string) func() (*Model, error) {
	return sync.OnceValues(func() (*Model, error) { return open(*data) })
}
