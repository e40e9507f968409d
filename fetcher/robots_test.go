package fetcher

import (
	"bytes"
	"fmt"
	"strings"
	"testing"
	"time"
)

func TestRobotsRules(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name, file string
		allowed    []string
		forbidden  []string
	}{
		{"empty", "", []string{"/", "/a"}, nil},
		{"all", "User-agent: *\nDisallow: /", []string{"/robots.txt"}, []string{"/", "/a", "/robots.txt/a", "/?q"}},
		{"empty disallow", "User-agent: *\nDisallow:", []string{"/", "/a"}, nil},
		{"prefix", "User-agent: *\nDisallow: /a", []string{"/", "/b", "/A"}, []string{"/a", "/ab", "/a/b", "/a?b"}},
		{"own group before *", "User-agent: *\nDisallow: /\n\nUser-agent: feedmill\nDisallow: /a", []string{"/", "/b"}, []string{"/a"}},
		{"own group without rules", "User-agent: feedmill\n\nUser-agent: *\nDisallow: /", nil, []string{"/"}}, // one group of two agents
		{"own group with nothing forbidden", "User-agent: feedmill\nDisallow:\nUser-agent: *\nDisallow: /", []string{"/", "/a"}, nil},
		{"token in any case, with version", "user-AGENT: FeedMill/2.1 (news)\nDISALLOW: /a", []string{"/"}, []string{"/a"}},
		{"a longer token is another's", "User-agent: feedmillbot\nDisallow: /", []string{"/"}, nil},
		{"a shorter token is another's", "User-agent: feed\nDisallow: /", []string{"/"}, nil},
		{"others' group", "User-agent: other\nDisallow: /", []string{"/"}, nil},
		{"several agents in a group", "User-agent: other\nUser-agent: feedmill\nUser-agent: more\nDisallow: /a", []string{"/"}, []string{"/a"}},
		{"groups of one agent are one", "User-agent: feedmill\nDisallow: /a\n\nUser-agent: x\nDisallow: /\n\nUser-agent: feedmill\nDisallow: /b", []string{"/c"}, []string{"/a", "/b"}},
		{"groups of * are one", "User-agent: *\nDisallow: /a\nUser-agent: x\nDisallow: /\nUser-agent: *\nDisallow: /b", []string{"/c"}, []string{"/a", "/b"}},
		{"blank lines end nothing", "User-agent: feedmill\n\n\nDisallow: /a\n\nDisallow: /b", []string{"/c"}, []string{"/a", "/b"}},
		{"other lines end nothing", "User-agent: feedmill\nSitemap: http://x/\nCrawl-delay: 3\nNonsense\nHost: x\nDisallow: /a", []string{"/b"}, []string{"/a"}},
		{"other lines do not part agents", "User-agent: feedmill\nCrawl-delay: 3\nUser-agent: x\nDisallow: /a", []string{"/b"}, []string{"/a"}},
		{"rules before any agent", "Disallow: /\nUser-agent: *\nDisallow: /a", []string{"/"}, []string{"/a"}},
		{"longest match", "User-agent: *\nDisallow: /a\nAllow: /a/b\nDisallow: /a/b/c", []string{"/a/b", "/a/b/d"}, []string{"/a", "/a/c", "/a/b/c"}},
		{"order does not matter", "User-agent: *\nAllow: /a/b\nDisallow: /a/b/c\nDisallow: /a", []string{"/a/b"}, []string{"/a/b/c", "/a/c"}},
		{"allow wins ties", "User-agent: *\nDisallow: /a\nAllow: /a\nDisallow: /a", []string{"/a"}, nil},
		{"tie by octets of different patterns", "User-agent: *\nDisallow: /*.x\nAllow: /a.x", []string{"/a.x"}, []string{"/b.x"}},
		{"wild card", "User-agent: *\nDisallow: /a*c/d", []string{"/a", "/ac", "/ab/d"}, []string{"/ac/d", "/abc/d", "/a/b/c/d/e"}},
		{"wild card at the start", "User-agent: *\nDisallow: *.php", []string{"/a", "/php"}, []string{"/a.php", "/b/c.php?d"}},
		{"wild card at the end", "User-agent: *\nDisallow: /a*", []string{"/b"}, []string{"/a", "/ab"}},
		{"several wild cards", "User-agent: *\nDisallow: /**a**b*", []string{"/b", "/ba"}, []string{"/ab", "/xaxbx"}},
		{"end", "User-agent: *\nDisallow: /a.php$", []string{"/a.php5", "/a.php?q", "/"}, []string{"/a.php"}},
		{"wild card and end", "User-agent: *\nDisallow: /*.gif$", []string{"/a.gif?", "/a.gif/", "/a.gi"}, []string{"/a.gif", "/b/a.gif", "/a.gif.gif"}},
		{"only the root", "User-agent: *\nAllow: /$\nDisallow: /", []string{"/"}, []string{"/a", "/?q"}},
		{"wild card then end", "User-agent: *\nDisallow: /a*$", []string{"/b"}, []string{"/a", "/abc"}},
		{"dollar inside", "User-agent: *\nDisallow: /a$b", []string{"/a"}, []string{"/a$b", "/a%24b"}},
		{"escaped specials are plain", "User-agent: *\nDisallow: /a%2A\nDisallow: /b%24", []string{"/axx", "/b"}, []string{"/a*", "/a%2a", "/b$", "/b%24x"}},
		{"escapes of unreserved characters", "User-agent: *\nDisallow: /%61%62\nDisallow: /c", []string{"/a"}, []string{"/ab", "/%61b", "/%63"}},
		{"escapes in both cases", "User-agent: *\nDisallow: /%ea%b0%80\nDisallow: /%EB%82%98", nil, []string{"/가", "/%EA%B0%80", "/나", "/%eb%82%98"}},
		{"characters outside ASCII", "User-agent: *\nDisallow: /뉴스", []string{"/"}, []string{"/뉴스", "/%EB%89%B4%EC%8A%A4/1"}},
		{"an escaped slash is none", "User-agent: *\nDisallow: /a/b", []string{"/a%2Fb"}, []string{"/a/b"}},
		{"url in a query", "User-agent: *\nDisallow: /a?u=http://x\nDisallow: /b?u=http%3A%2F%2Fx", []string{"/a?u=x"},
			[]string{"/a?u=http://x", "/a?u=http%3A%2F%2Fx", "/b?u=http://x", "/b?u=http%3a%2f%2fx"}},
		{"url in a query, wild card", "User-agent: *\nDisallow: /*u=http:", []string{"/a?u=x"}, []string{"/a?u=http://x", "/a?u=http%3A//x"}},
		{"broken escapes", "User-agent: *\nDisallow: /a%zz\nDisallow: /b%", []string{"/a", "/b"}, []string{"/a%zz", "/b%", "/b%4"}},
		{"query", "User-agent: *\nDisallow: /*?", []string{"/a"}, []string{"/a?", "/a?b", "/?"}},
		{"comments and white space", " User-agent :\t* # all\n\tDisallow : /a # not b\n#Disallow: /b\nDisallow: /c#/d", []string{"/b"}, []string{"/a", "/c"}},
		{"byte order mark", "\xef\xbb\xbfUser-agent: *\nDisallow: /a", []string{"/"}, []string{"/a"}},
		{"CR LF", "User-agent: *\r\nDisallow: /a\r\n\r\nDisallow: /b\r\n", []string{"/"}, []string{"/a", "/b"}},
		{"CR", "User-agent: *\rDisallow: /a\rDisallow: /b", []string{"/"}, []string{"/a", "/b"}},
		{"star with words behind", "User-agent: * all\nDisallow: /a", []string{"/"}, []string{"/a"}},
		{"pattern without a slash", "User-agent: *\nDisallow: a", []string{"/a"}, nil},
		{"a page instead", "<!DOCTYPE html>\n<html><body style=\"color: red\">\nDisallow: /\n</body>", []string{"/", "/a"}, nil},
		{"colon in a value", "User-agent: *\nDisallow: /a:b", []string{"/a"}, []string{"/a:b"}},
		{"zeros", "User-agent: *\nDisallow: /a\x00b\nDisallow: /c", []string{"/a"}, []string{"/c", "/a%00b"}},
	}
	for _, tt := range tests {
		r := ParseRobots([]byte(tt.file), "feedmill")
		for _, p := range tt.allowed {
			if !r.Allowed("http://example.org" + p) {
				t.Errorf("%s: %s is forbidden", tt.name, p)
			}
		}
		for _, p := range tt.forbidden {
			if r.Allowed("http://example.org" + p) {
				t.Errorf("%s: %s is allowed", tt.name, p)
			}
		}
	}
}

func TestCrawlDelay(t *testing.T) {
	t.Parallel()
	for file, want := range map[string]time.Duration{
		"":                              0,
		"User-agent: *\nCrawl-delay: 3": 3 * time.Second,
		"User-agent: *\nCrawl-Delay: 0.5 # s\nDisallow: /":                          500 * time.Millisecond,
		"User-agent: feedmill\nCrawl-delay: 7\n\nUser-agent: *\nCrawl-delay: 3":     7 * time.Second,
		"User-agent: feedmill\nDisallow:\n\nUser-agent: *\nCrawl-delay: 3":          0,
		"User-agent: x\nCrawl-delay: 9\nDisallow:\n\nUser-agent: *\nCrawl-delay: 3": 3 * time.Second,
		"User-agent: *\nCrawl-delay: 86400":                                         MaxDelay,
		"User-agent: *\nCrawl-delay: 1e400":                                         0,
		"User-agent: *\nCrawl-delay: inf":                                           MaxDelay,
		"User-agent: *\nCrawl-delay: NaN":                                           0,
		"User-agent: *\nCrawl-delay: -1":                                            0,
		"User-agent: *\nCrawl-delay: soon":                                          0,
		"Crawl-delay: 3":                                                            0,
	} {
		if got := ParseRobots([]byte(file), "feedmill").Delay(); got != want {
			t.Errorf("%q: %v, want %v", file, got, want)
		}
	}
}

// RFC 9309 §2.5: at least 500 KiB are read.
func TestRobotsSize(t *testing.T) {
	t.Parallel()
	filler := strings.Repeat("# "+strings.Repeat("x", 97)+"\n", 500<<10/100)
	long := []byte("User-agent: *\n" + filler + "Disallow: /late\n")
	if ParseRobots(long, "feedmill").Allowed("http://x/late") {
		t.Error("a rule behind 500 KiB is not read")
	}
	// A rule that the limit cuts in two is dropped: its first half would forbid more.
	start := []byte("User-agent: *\nDisallow: /a\n")
	cut := append(bytes.Clone(start), bytes.Repeat([]byte("#\n"), (maxRobotsBytes-len(start)-20)/2)...)
	cut = append(cut, "Disallow: /"+strings.Repeat("b", 100)...)
	r := ParseRobots(cut, "feedmill")
	if !r.Allowed("http://x/c") || !r.Allowed("http://x/bbbbbbbbb") || r.Allowed("http://x/a") {
		t.Error("a rule was cut in two")
	}
}

// No pattern takes more than one look at the path for each of its parts: else this test would not end.
func TestRobotsMatchIsNotExponential(t *testing.T) {
	t.Parallel()
	var b strings.Builder
	b.WriteString("User-agent: *\n")
	for i := range 200 {
		fmt.Fprintf(&b, "Disallow: /%sb%d$\n", strings.Repeat("*a", 100), i)
	}
	r := ParseRobots([]byte(b.String()), "feedmill")
	if !r.Allowed("http://x/" + strings.Repeat("a", 8000)) {
		t.Error("forbidden by a pattern that does not match")
	}
}

func TestRobotsProductToken(t *testing.T) {
	t.Parallel()
	r := ParseRobots([]byte("User-agent: My_News-Bot\nDisallow: /a"), "my_news-bot/3.0")
	if r.Allowed("http://x/a") {
		t.Error("the configured token is not found")
	}
}

func FuzzParseRobots(f *testing.F) {
	for _, s := range []string{
		"", "User-agent: *\nDisallow: /", "User-agent: feedmill\nAllow: /a*b$\nDisallow: /%61%", "\xef\xbb\xbf\r\r\n:#\x00",
		"user-agent:*\ndisallow:*\nallow:$", "User-agent: feedmill\nUser-agent: *\nCrawl-delay: 1e99\nDisallow: /?a=%3A%2f*$",
	} {
		f.Add([]byte(s), "/a/%62?c=http://d")
	}
	f.Fuzz(func(t *testing.T, file []byte, path string) {
		r := ParseRobots(file, "feedmill")
		if d := r.Delay(); d < 0 || d > MaxDelay {
			t.Errorf("delay %v", d)
		}
		if !r.allowed("/robots.txt") {
			t.Error("robots.txt forbids itself")
		}
		got := r.allowed(path)
		if again := ParseRobots(file, "FEEDMILL/1").allowed(path); again != got {
			t.Errorf("allowed %t, under another spelling of the token %t", got, again)
		}
		if len(file) < maxRobotsBytes/2 {
			crlf := bytes.ReplaceAll(file, []byte("\n"), []byte("\r\n"))
			if again := ParseRobots(crlf, "feedmill").allowed(path); again != got {
				t.Errorf("allowed %t, with CR LF %t", got, again)
			}
		}
	})
}
