package bus

import (
	"context"
	"testing"
	"testing/synctest"
	"time"

	"github.com/feedmill/feedmill"
	"github.com/google/go-cmp/cmp"
	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"
)

func message(id, data string) *nats.Msg {
	return &nats.Msg{Header: nats.Header{jetstream.MsgIDHeader: {id}}, Data: []byte(data)}
}

func TestHandoverGivesAValueOnceForTheBytesItWasEncodedTo(t *testing.T) {
	t.Parallel()
	h := newHandover()
	put := func(id, data string) *feedmill.Article {
		a := &feedmill.Article{ID: id}
		h.put(StreamArticle, message(id, data), a, 10)
		return a
	}
	take := func(id, data string) any {
		m := message(id, data)
		return h.take(StreamArticle, m.Header, m.Data)
	}
	put("1", "nobody reads")
	if v := take("1", "nobody reads"); v != nil {
		t.Errorf("%v was kept for nobody", v)
	}
	end := h.reads(StreamArticle)
	a := put("2", "x")
	if v := take("2", "x"); v != a {
		t.Errorf("got %v, want the very value", v)
	}
	if v := take("2", "x"); v != nil {
		t.Errorf("%v was given twice", v)
	}
	put("3", "x")
	if v := take("3", "y"); v != nil {
		t.Errorf("%v was given for another message", v)
	}
	put("4", "x")
	b := put("4", "y") // the handling was done again
	if v := take("4", "y"); v != b {
		t.Errorf("got %v, want the later value", v)
	}
	end()
	put("5", "x")
	if v := take("5", "x"); v != nil {
		t.Errorf("%v was kept after its reader had gone", v)
	}
	if s := h.stream(StreamArticle); s.waiting != 0 || s.bytes != 0 {
		t.Errorf("%d values of %d bytes are left", s.waiting, s.bytes)
	}
}

func TestHandoverOfAPageLeavesItsCodedBody(t *testing.T) {
	t.Parallel()
	h := newHandover()
	defer h.reads(StreamPage)()
	part := &feedmill.Page{Body: []byte("part"), Coded: []byte("coded"), Coding: "gzip"}
	p := &feedmill.Page{Body: []byte("body"), Coded: []byte("coded"), Coding: "gzip", Parts: []*feedmill.Page{part}}
	m := message("1", "x")
	h.put(StreamPage, m, p, 10)
	got := h.take(StreamPage, m.Header, m.Data)
	want := any(&feedmill.Page{Body: []byte("body"), Parts: []*feedmill.Page{{Body: []byte("part")}}})
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("page (-want +got):\n%s", diff)
	}
	if string(p.Coded) != "coded" || p.Parts[0] != part || string(part.Coded) != "coded" {
		t.Error("the publisher's own page changed")
	}
}

func TestHandoverHoldsWritersBackUntilAReaderComesOn(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		h := newHandover()
		defer h.reads(StreamArticle)()
		id := func(i int) string { return string(rune(i + 1)) }
		for i := range handMost {
			if h.full(t.Context(), []string{StreamArticle, StreamRecord}) {
				t.Fatalf("full at %d", i)
			}
			h.put(StreamArticle, message(id(i), "x"), &feedmill.Article{}, 10)
		}
		if h.full(t.Context(), []string{StreamRecord}) {
			t.Error("one stream's values hold back the writers of another")
		}
		begun := time.Now()
		go func() {
			time.Sleep(10 * time.Millisecond)
			h.take(StreamArticle, message(id(0), "x").Header, []byte("x"))
		}()
		if !h.full(t.Context(), []string{StreamArticle}) || time.Since(begun) != 10*time.Millisecond {
			t.Errorf("the writer waited %s, want until a value was taken", time.Since(begun))
		}
		if h.full(t.Context(), []string{StreamArticle}) {
			t.Error("full with room for one")
		}

		// The reader stops: its writers are held for handAge at most, and then no longer by this.
		h.put(StreamArticle, message(id(0), "x"), &feedmill.Article{}, 10)
		for h.full(t.Context(), []string{StreamArticle}) {
		}
		if held := time.Since(begun); held > handAge+time.Second {
			t.Errorf("the writers were held for %s", held)
		}
		h.put(StreamArticle, message("late", "x"), &feedmill.Article{}, 10)
		if v := h.take(StreamArticle, message("late", "x").Header, []byte("x")); v != nil {
			t.Error("a value was kept for a reader that does not come on")
		}
		h.put(StreamArticle, message("later", "x"), &feedmill.Article{}, 10) // it has asked again
		if v := h.take(StreamArticle, message("later", "x").Header, []byte("x")); v == nil {
			t.Error("no value was kept for a reader that comes on again")
		}
	})
}

func TestHandoverForgetsValuesWhoseMessageDoesNotCome(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		h := newHandover()
		defer h.reads(StreamArticle)()
		put := func(id string) { h.put(StreamArticle, message(id, "x"), &feedmill.Article{}, 10) }
		put("published before")
		time.Sleep(handLast / 2)
		put("on its way")
		time.Sleep(handLast/2 + time.Second)
		put("new")
		if s := h.stream(StreamArticle); s.waiting != 2 || s.bytes != 20 || h.values["published before"] != nil {
			t.Errorf("%d values of %d bytes are kept, want the 2 newer ones", s.waiting, s.bytes)
		}
		if v := h.take(StreamArticle, message("on its way", "x").Header, []byte("x")); v == nil {
			t.Error("a value was forgotten that may still be asked for")
		}
	})
}

func TestHandoverEndsWaitingWithTheContext(t *testing.T) {
	t.Parallel()
	h := newHandover()
	defer h.reads(StreamPage)()
	h.put(StreamPage, message("1", "x"), &feedmill.Page{}, handBytes)
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if !h.full(ctx, []string{StreamPage}) {
		t.Error("a value as large as all that is kept leaves room")
	}
}
