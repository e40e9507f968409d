package bus

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"time"

	"github.com/feedmill/feedmill"
	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"
)

// A value travels as JSON; a Page as one line of JSON without its body, a line feed, and the body's bytes. Above
// compressAbove it is compressed with zstd, once, and says so in headerEncoding. What is still larger than inlineMax
// goes to the object bucket "bodies" under its SHA-256, and the message holds only headerBody.
const (
	compressAbove = 1 << 10
	inlineMax     = 512 << 10
	// maxValue bounds what a message may decompress to.
	maxValue = 256 << 20

	headerEncoding = "Fm-Encoding"
	headerBody     = "Fm-Body"
	encodingZstd   = "zstd"
)

func (b *Bus) encode(ctx context.Context, v any) ([]byte, nats.Header, error) {
	raw, err := marshal(v)
	if err != nil {
		return nil, nil, feedmill.Permanent("encode", err)
	}
	h := nats.Header{}
	if len(raw) > compressAbove {
		raw = b.enc.EncodeAll(raw, nil)
		h.Set(headerEncoding, encodingZstd)
	}
	if len(raw) <= inlineMax {
		return raw, h, nil
	}
	sum := sha256.Sum256(raw)
	name := hex.EncodeToString(sum[:])
	if err := b.putBody(ctx, name, raw); err != nil {
		return nil, nil, err
	}
	h.Set(headerBody, name)
	return nil, h, nil
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

func marshal(v any) ([]byte, error) {
	p, ok := v.(*feedmill.Page)
	if !ok {
		return json.Marshal(v)
	}
	head := *p
	head.Body = nil
	raw, err := json.Marshal(&head)
	if err != nil {
		return nil, err
	}
	raw = append(raw, '\n')
	return append(raw, p.Body...), nil
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
