package feedmill

import (
	"net/url"
	"os"
	"strings"
	"testing"

	"golang.org/x/net/idna"
)

// canonicalVectors are the lines of testdata/canonical-urls.tsv.
func canonicalVectors(t testing.TB) [][2]string {
	t.Helper()
	b, err := os.ReadFile("testdata/canonical-urls.tsv")
	if err != nil {
		t.Fatal(err)
	}
	var all [][2]string
	for n, line := range strings.Split(string(b), "\n") {
		if strings.TrimSpace(line) == "" || strings.HasPrefix(line, "#") {
			continue
		}
		raw, want, ok := strings.Cut(line, "\t")
		if !ok {
			t.Fatalf("line %d has no tab", n+1)
		}
		all = append(all, [2]string{raw, want})
	}
	return all
}

func TestCanonicalURL(t *testing.T) {
	t.Parallel()
	for _, v := range canonicalVectors(t) {
		got, err := CanonicalURL(v[0])
		if err != nil {
			got = "-"
		}
		if got != v[1] {
			t.Errorf("%s\n got %s (%v)\nwant %s", v[0], got, err, v[1])
			continue
		}
		if again, err := CanonicalURL(got); got != "-" && (err != nil || again != got) {
			t.Errorf("%s\nbecomes %s, and that\n        %s (%v)", v[0], got, again, err)
		}
	}
}

// TestCanonicalURLLineBreaks: feeds break their links over lines.
func TestCanonicalURLLineBreaks(t *testing.T) {
	t.Parallel()
	got, err := CanonicalURL("\n\thttps://example.com/\n  a\r\n/b\n")
	if err != nil || got != "https://example.com/%20%20a/b" {
		t.Errorf("got %s, %v", got, err)
	}
}

func FuzzCanonicalURL(f *testing.F) {
	for _, v := range canonicalVectors(f) {
		f.Add(v[0])
	}
	f.Add("http://\xff/")
	f.Add("http://%7B")
	f.Add("http://a%00b/%00")
	f.Add("https://\u0130\u212a.example/;jsessionid=;%6asessionid=1/..;jsessionid=2")
	f.Fuzz(func(t *testing.T, raw string) {
		got, err := CanonicalURL(raw)
		if err != nil {
			return
		}
		if again, err := CanonicalURL(got); err != nil || again != got {
			t.Fatalf("%q becomes %q, and that %q (%v)", raw, got, again, err)
		}
		u, err := url.Parse(got)
		if err != nil || u.Host == "" || u.Scheme != "http" && u.Scheme != "https" || u.User != nil {
			t.Fatalf("%q becomes %q, which is no plain URL: %v", raw, got, err)
		}
		for i := range len(got) {
			if c := got[i]; c <= ' ' || c >= 0x7f {
				t.Fatalf("%q becomes %q: byte %#x may not stand in a URL", raw, got, c)
			}
		}
		if !strings.Contains(raw, "%") && strings.Count(got, "/") > strings.Count(raw, "/")+2 {
			t.Fatalf("%q becomes %q: slashes are added", raw, got)
		}
	})
}

// TestPunycode compares with the library that the other packages use; this one may import none.
func TestPunycode(t *testing.T) {
	t.Parallel()
	for _, label := range []string{"bücher", "ü", "нато", "조선일보", "ひとつ屋根の下2", "안녕하세요", "ab-ü-cd", "😀", "παράδειγμα", "ทดสอบ", "देश", "\U0010ffff", "aü" + strings.Repeat("b", 50)} {
		got, err := punycode(label)
		if err != nil {
			t.Errorf("%s: %v", label, err)
			continue
		}
		want, err := idna.Punycode.ToASCII(label)
		if err != nil || "xn--"+got != want {
			t.Errorf("%s: got xn--%s, want %s (%v)", label, got, want, err)
		}
	}
}

func FuzzPunycode(f *testing.F) {
	f.Add("bücher")
	f.Add("\U0010ffff\u0080a")
	f.Fuzz(func(t *testing.T, label string) {
		label = strings.ToValidUTF8(label, "")
		if label == "" || isASCII(label) || strings.ContainsAny(label, ".。．｡") || len(label) > 300 {
			return
		}
		got, err := punycode(label)
		want, wantErr := idna.Punycode.ToASCII(label)
		if err != nil || wantErr == nil && "xn--"+got != want {
			t.Fatalf("%q: got xn--%s (%v), want %s", label, got, err, want)
		}
	})
}

func TestTrackingParameters(t *testing.T) {
	t.Parallel()
	seen := map[string]bool{}
	for _, group := range TrackingParameters() {
		for _, name := range group.Names {
			plain := strings.TrimSuffix(name, "*")
			if seen[plain] || plain != strings.ToLower(plain) || strings.ContainsAny(plain, "*&=% ") || len(plain) < 3 {
				t.Errorf("%q is there twice, or not in the form of a name", name)
			}
			seen[plain] = true
			got, err := CanonicalURL("https://example.com/s?id=7&" + strings.ToUpper(plain) + "=x&ref=1")
			if err != nil || got != "https://example.com/s?id=7&ref=1" {
				t.Errorf("%s is not dropped: %s, %v", name, got, err)
			}
		}
	}
	// Words that sites use for what they show.
	for _, name := range strings.Fields("id p page ref source from sid cid s q rss feed partner campaign campaign_id article story lang edition amp output view print sc pk ga ns at ck trk et_id utm utmost") {
		u := "https://example.com/s?" + name + "=x"
		if got, err := CanonicalURL(u); err != nil || got != u {
			t.Errorf("%s is dropped: %s, %v", name, got, err)
		}
	}
}

func BenchmarkCanonicalURL(b *testing.B) {
	b.ReportAllocs()
	for b.Loop() {
		if _, err := CanonicalURL("https://www.Example.com/2026/03/story-about-a-bridge?id=77&utm_source=rss&utm_medium=feed"); err != nil {
			b.Fatal(err)
		}
	}
}

// TestTrackingParametersAreDocumented: the list is part of the contract.
func TestTrackingParametersAreDocumented(t *testing.T) {
	t.Parallel()
	b, err := os.ReadFile("docs/identity.md")
	if err != nil {
		t.Fatal(err)
	}
	_, table, ok := strings.Cut(string(b), "|---|---|\n| Urchin")
	if !ok {
		t.Fatal("no table of tracking parameters")
	}
	var want strings.Builder
	for _, group := range TrackingParameters() {
		want.WriteString("| " + group.From + " | `" + strings.Join(group.Names, "`, `") + "` |\n")
	}
	if got := "| Urchin" + table; got != want.String() {
		t.Errorf("the table of docs/identity.md is\n%s\nwant\n%s", got, want.String())
	}
}

// TestCanonicalURLOfManySessions has a link that would take minutes if each session id were looked for from the start.
func TestCanonicalURLOfManySessions(t *testing.T) {
	t.Parallel()
	got, err := CanonicalURL("https://example.com/" + strings.Repeat("a", 1<<20) + strings.Repeat(";jsessionid=1", 100_000))
	if want := "https://example.com/" + strings.Repeat("a", 1<<20); err != nil || got != want {
		t.Errorf("%d bytes, %v; want %d", len(got), err, len(want))
	}
}
