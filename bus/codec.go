package bus

import (
	"bytes"
	"cmp"
	"context"
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"hash/crc32"
	"io"
	"time"

	"github.com/feedmill/feedmill"
	"github.com/klauspost/compress/gzip"
	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"
)

// A value travels as JSON; a Page as one line of JSON without its body, a line feed, and the body's bytes. The payload of
// a message is that as it is up to compressAbove. Beyond, it is compressed with zstd, once; but a page that came in a
// content coding keeps it: the payload is then the line in that coding and, behind it, the body as it was sent, which is
// how both formats write one text in several pieces (RFC 1952 §2.2, RFC 8878 §3.1). headerEncoding names the coding. What
// is still larger than inlineMax goes to the object bucket "bodies" under its SHA-256, and the message holds only
// headerBody.
const (
	// compressAbove spares small values, most of an article's messages, a compression that saves nothing worth its time.
	compressAbove = 4 << 10
	// lineAbove is how long a page's line may be to go as it is before a body in gzip.
	lineAbove = 16 << 10
	inlineMax = 512 << 10
	// maxValue bounds what a message may decompress to.
	maxValue = 256 << 20

	headerEncoding = "Fm-Encoding"
	headerBody     = "Fm-Body"
	encodingZstd   = "zstd"
	encodingGzip   = "gzip"
)

// encode returns a value's payload, the headers that say how to read it, and its size before compression.
func (b *Bus) encode(ctx context.Context, v any) (data []byte, h nats.Header, size int, err error) {
	raw, encoding, size, err := b.marshal(v)
	if err != nil {
		return nil, nil, 0, feedmill.Permanent("encode", err)
	}
	h = nats.Header{}
	if encoding != "" {
		h.Set(headerEncoding, encoding)
	}
	if len(raw) <= inlineMax {
		return raw, h, size, nil
	}
	sum := sha256.Sum256(raw)
	name := hex.EncodeToString(sum[:])
	if err := b.putBody(ctx, name, raw); err != nil {
		return nil, nil, 0, err
	}
	h.Set(headerBody, name)
	return nil, h, size, nil
}

// marshal returns a value's payload, its encoding, and its size before that.
func (b *Bus) marshal(v any) (payload []byte, encoding string, size int, err error) {
	p, ok := v.(*feedmill.Page)
	if !ok {
		raw, err := json.Marshal(v)
		if err != nil || len(raw) <= compressAbove {
			return raw, "", len(raw), err
		}
		return b.enc.EncodeAll(raw, make([]byte, 0, len(raw)/2)), encodingZstd, len(raw), nil
	}
	head := *p
	head.Body = nil
	raw, err := json.Marshal(&head)
	if err != nil {
		return nil, "", 0, err
	}
	raw = append(raw, '\n')
	size = len(raw) + len(p.Body)
	coding := p.Coding
	if len(p.Body) == 0 {
		coding = "" // it was taken out of the page, and does not travel
	}
	switch {
	case coding == encodingGzip && len(raw) <= lineAbove:
		payload, err = gzipStored(make([]byte, 0, len(raw)+gzipExtra+len(p.Coded)), raw)
		return append(payload, p.Coded...), encodingGzip, size, err
	case coding == encodingZstd:
		return append(b.enc.EncodeAll(raw, make([]byte, 0, len(raw)+len(p.Coded))), p.Coded...), encodingZstd, size, nil
	case size <= compressAbove:
		return append(raw, p.Body...), "", size, nil
	}
	payload = b.enc.EncodeAll(raw, make([]byte, 0, len(raw)+len(p.Body)/3))
	return b.enc.EncodeAll(p.Body, payload), encodingZstd, size, nil
}

// gzipExtra is what a gzip member adds to a stored text of one block: header, block header, checksum and size.
const gzipExtra = 10 + 5 + 8

// gzipStored appends text, of one block of deflate's at most (64 KiB), to b as a gzip member that is not compressed.
func gzipStored(b, text []byte) ([]byte, error) {
	if len(text) > 1<<16-1 {
		return nil, fmt.Errorf("gzip: %d bytes are too many for one block", len(text))
	}
	b = append(b, 0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 0xff)
	b = append(b, 1) // the last block, stored (RFC 1951 §3.2.4)
	b = binary.LittleEndian.AppendUint16(b, uint16(len(text)))
	b = binary.LittleEndian.AppendUint16(b, ^uint16(len(text)))
	b = append(b, text...)
	b = binary.LittleEndian.AppendUint32(b, crc32.ChecksumIEEE(text))
	return binary.LittleEndian.AppendUint32(b, uint32(len(text))), nil
}

// putBody stores a large value. One that is there is put again only when half its life is over.
func (b *Bus) putBody(ctx context.Context, name string, raw []byte) error {
	info, err := b.bodies.GetInfo(ctx, name)
	if err == nil && time.Since(info.ModTime) < bodyAge(b.opts.Retention)/2 {
		return nil
	}
	if err != nil && !errors.Is(err, jetstream.ErrObjectNotFound) {
		return fmt.Errorf("look up large value %s: %w", name, err)
	}
	if _, err := b.bodies.PutBytes(ctx, name, raw); err != nil {
		return fmt.Errorf("store large value of %d bytes: %w", len(raw), err)
	}
	return nil
}

// payload returns a message's bytes as they were encoded, fetching a large value.
func (b *Bus) payload(ctx context.Context, h nats.Header, data []byte) ([]byte, error) {
	if name := h.Get(headerBody); name != "" {
		raw, err := b.bodies.GetBytes(ctx, name)
		if errors.Is(err, jetstream.ErrObjectNotFound) {
			return nil, feedmill.Permanent("decode", fmt.Errorf("large value %s is gone from the bucket", name))
		}
		if err != nil {
			return nil, fmt.Errorf("read large value %s: %w", name, err)
		}
		data = raw
	}
	switch enc := h.Get(headerEncoding); enc {
	case "":
		return data, nil
	case encodingGzip:
		raw, err := b.gunzip(data)
		if err != nil {
			return nil, feedmill.Permanent("decode", fmt.Errorf("gzip: %w", err))
		}
		return raw, nil
	case encodingZstd:
		raw, err := b.dec.DecodeAll(data, nil)
		if err != nil {
			return nil, feedmill.Permanent("decode", fmt.Errorf("zstd: %w", err))
		}
		return raw, nil
	default:
		return nil, feedmill.Permanent("decode", fmt.Errorf("message is encoded with %q, which this version cannot read", enc))
	}
}

func (b *Bus) decode(ctx context.Context, h nats.Header, data []byte, v any) error {
	raw, err := b.payload(ctx, h, data)
	if err != nil {
		return err
	}
	if err := unmarshal(raw, v); err != nil {
		return feedmill.Permanent("decode", err)
	}
	return nil
}

// gunzip decodes all members of data, up to maxValue.
func (b *Bus) gunzip(data []byte) ([]byte, error) {
	z, _ := b.gzip.Get().(*gzip.Reader)
	if z == nil {
		z = new(gzip.Reader)
	}
	defer b.gzip.Put(z)
	if err := z.Reset(bytes.NewReader(data)); err != nil {
		return nil, err
	}
	// The last member, a page's body, says at its end how large it is. That is not believed beyond the usual.
	size := min(uint64(binary.LittleEndian.Uint32(data[len(data)-4:])), 24*uint64(len(data)))
	raw := bytes.NewBuffer(make([]byte, 0, int(size)+lineAbove+bytes.MinRead))
	if n, err := io.Copy(raw, io.LimitReader(z, maxValue+1)); err != nil || n > maxValue {
		return nil, cmp.Or(err, fmt.Errorf("more than %d bytes", maxValue))
	}
	return raw.Bytes(), nil
}

func unmarshal(raw []byte, v any) error {
	p, ok := v.(**feedmill.Page)
	if !ok {
		return json.Unmarshal(raw, v)
	}
	head, body, ok := bytes.Cut(raw, []byte{'\n'})
	if !ok {
		return fmt.Errorf("page message: %w", io.ErrUnexpectedEOF)
	}
	*p = &feedmill.Page{}
	if err := json.Unmarshal(head, *p); err != nil {
		return err
	}
	if len(body) > 0 {
		(*p).Body = body
	}
	return nil
}
