package newsroom

import (
	"bytes"
	"compress/gzip"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"net/http"
	"regexp"
	"strings"
	"sync"
	"time"
)

// resource is what a path stands for, before it is rendered for a host.
type resource struct {
	contentType  string
	cacheControl string
	// status is sent instead of 200 where it is not 0.
	status  int
	latency time.Duration
	// current returns the version to show, how often it changed, and when last.
	current func() (version, edits int, modified time.Time)
	render  func(base string, version, edits int) ([]byte, error)
}

// document is a rendered resource, ready to be sent.
type document struct {
	contentType  string
	cacheControl string
	modified     time.Time
	tag          string
	body         []byte

	zip    sync.Once
	zipped []byte
}

// newDocument makes a document of what r rendered. The tag of an edited one ends in the count of its edits, which tells
// a newsroom that was started anew what its client has seen.
func newDocument(r *resource, body []byte, modified time.Time, edits int) *document {
	sum := sha256.Sum256(body)
	tag := hex.EncodeToString(sum[:8])
	if edits > 0 {
		tag += fmt.Sprintf(".%d", edits)
	}
	return &document{contentType: r.contentType, cacheControl: r.cacheControl, modified: modified, tag: tag, body: body}
}

var editedTag = regexp.MustCompile(`\.[1-9][0-9]*(-gzip)?"`)

// knowsEdit tells whether the request's validators are of an edited document.
func knowsEdit(r *http.Request) bool { return editedTag.MatchString(r.Header.Get("If-None-Match")) }

// compressed returns the gzip form, nil where it would be no gain.
func (d *document) compressed() []byte {
	d.zip.Do(func() {
		if len(d.body) < 256 || strings.HasPrefix(d.contentType, "image/") {
			return
		}
		var b bytes.Buffer
		z := gzip.NewWriter(&b)
		_, _ = z.Write(d.body) // a bytes.Buffer takes all
		_ = z.Close()
		d.zipped = b.Bytes()
	})
	return d.zipped
}

// ServeHTTP answers with the document, or with 304 where the request's validators say that it is known. The two
// encodings have tags of their own, as strong tags must (RFC 9110, section 8.8.3.3).
func (d *document) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	h := w.Header()
	h.Set("Content-Type", d.contentType)
	h.Set("Cache-Control", d.cacheControl)
	h.Set("Vary", "Accept-Encoding")
	body, tag := d.body, d.tag
	if acceptsGzip(r) && d.compressed() != nil {
		body, tag = d.compressed(), d.tag+"-gzip"
		h.Set("Content-Encoding", "gzip")
	}
	h.Set("ETag", `"`+tag+`"`)
	http.ServeContent(w, r, "", d.modified, bytes.NewReader(body))
}

// acceptsGzip reads Accept-Encoding; a quality of 0 refuses.
func acceptsGzip(r *http.Request) bool {
	for _, line := range r.Header.Values("Accept-Encoding") {
		for part := range strings.SplitSeq(line, ",") {
			name, quality, _ := strings.Cut(part, ";")
			if strings.EqualFold(strings.TrimSpace(name), "gzip") {
				return strings.Trim(strings.TrimPrefix(strings.TrimSpace(quality), "q="), "0.") != "" || strings.TrimSpace(quality) == ""
			}
		}
	}
	return false
}
