package registry

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"
	"strings"
)

const (
	maxLine     = 8 << 10 // bytes of a line of a plain list
	maxBadLines = 20      // that are described one by one
)

// ReadList reads a plain list of feeds: one http or https URL a line, which may be followed by tags, words that begin with
// "#". Blank lines and lines that begin with "#" are skipped.
//
//	# English news
//	https://example.com/feed.xml  #news #News/Korea
//
// Lines that hold no such thing are left out and described in the error, each with its number, beside the subscriptions
// of all the others. A list above 32 MiB is cut there, with an error.
func ReadList(r io.Reader) ([]Subscription, error) { return readList(r, maxList) }

func readList(r io.Reader, limit int64) ([]Subscription, error) {
	limited := &io.LimitedReader{R: r, N: limit + 1}
	in := bufio.NewReaderSize(limited, maxLine)
	var list merged
	var bad []error
	bads := 0
	for n := 1; ; n++ {
		line, err := readLine(in)
		if err == nil || errors.Is(err, errLongLine) {
			if n == 1 {
				line = bytes.TrimPrefix(line, []byte("\ufeff"))
			}
			if err == nil {
				err = readListLine(string(line), &list)
			}
			if err == nil {
				continue
			}
			if bads++; bads <= maxBadLines {
				bad = append(bad, fmt.Errorf("line %d: %w", n, err))
			}
			continue
		}
		if !errors.Is(err, io.EOF) {
			bad = append(bad, fmt.Errorf("line %d: %w", n, err))
		}
		break
	}
	if bads > maxBadLines {
		bad = append(bad, fmt.Errorf("and %d more bad lines", bads-maxBadLines))
	}
	if limited.N == 0 {
		bad = append(bad, fmt.Errorf("larger than %d MiB: the rest was not read", limit>>20))
	}
	return list.subs, errors.Join(bad...)
}

var errLongLine = fmt.Errorf("longer than %d bytes", maxLine)

// readLine returns the next line without its end. A line that is too long is read to its end and is an error.
func readLine(in *bufio.Reader) ([]byte, error) {
	line, more, err := in.ReadLine()
	if err != nil || !more {
		return line, err
	}
	for more && err == nil {
		_, more, err = in.ReadLine()
	}
	return nil, errLongLine
}

func readListLine(line string, list *merged) error {
	words := strings.Fields(line)
	if len(words) == 0 || strings.HasPrefix(words[0], "#") {
		return nil
	}
	url, err := cleanURL(words[0])
	if err != nil {
		return err
	}
	var tags []string
	for _, word := range words[1:] {
		tag, ok := strings.CutPrefix(word, "#")
		if !ok {
			return fmt.Errorf("%.60q after the URL: want tags, words that begin with #", word)
		}
		tags = append(tags, tag)
	}
	list.add(url, "", tags)
	return nil
}

// ReadSubscriptions reads a feed list of any kind: OPML if it begins with "<", CSV if its first line names columns,
// YAML if its first element begins with "-", else a plain list. Name, a file's or
// "stdin", stands before every error. As with the kinds themselves, what could be read comes with the error.
func ReadSubscriptions(name string, r io.Reader) ([]Subscription, error) {
	in := bufio.NewReaderSize(r, 4096)
	head, err := in.Peek(4096)
	if err != nil && !errors.Is(err, io.EOF) {
		return nil, fmt.Errorf("read %s: %w", name, err)
	}
	read := ReadList
	if head = bytes.TrimSpace(bytes.TrimPrefix(head, []byte("\ufeff"))); bytes.HasPrefix(head, []byte("<")) {
		read = ReadOPML
	} else if isCSV(head) {
		read = ReadCSV
	} else if isYAML(head) {
		return ReadYAML(name, in)
	}
	subs, err := read(in)
	if err != nil {
		return subs, fmt.Errorf("%s: %w", name, err)
	}
	return subs, nil
}
