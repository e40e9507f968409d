package main

import (
	"encoding/json"
	"errors"
	"io/fs"
	"net/http/httptest"
	"os"
	"os/exec"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/feedmill/feedmill"
	"github.com/feedmill/feedmill/internal/buildtest"
	"github.com/feedmill/feedmill/internal/newsroom"
	"github.com/google/go-cmp/cmp"
	"github.com/rogpeppe/go-internal/testscript"
)

// TestScripts runs testdata/script with the program as users have it. $SITE is a newsroom of the script's own, $TAKEN its
// address, and what scripts can do beside the usual:
//
//	exits CODE command...       run a command and want its exit code
//	until REGEXP command...     run a command again and again until its standard output matches
//	stopwatch [LIMIT]           start the watch, or want that it was started less than LIMIT ago
//	korea-times FILE            want the record of the Korea Times piece among the JSON lines of FILE, where the seed is there
func TestScripts(t *testing.T) {
	t.Parallel()
	programs := t.TempDir()
	if err := buildtest.Programs(t.Context(), programs, "github.com/feedmill/feedmill/cmd/feedmill"); err != nil {
		t.Fatal(err)
	}
	testscript.Run(t, testscript.Params{
		Dir: "testdata/script",
		Setup: func(env *testscript.Env) error {
			site := httptest.NewServer(newsroom.New(nil).Handler())
			env.Defer(site.Close)
			env.Setenv("PATH", programs+string(os.PathListSeparator)+env.Getenv("PATH"))
			env.Setenv("SITE", site.URL)
			env.Setenv("TAKEN", strings.TrimPrefix(site.URL, "http://"))
			env.Setenv("FEEDMILL_HTTP_LISTEN", "") // scripts run side by side
			env.Setenv("SEED", seedDir(t))
			env.Values["watch"] = new(time.Time)
			return nil
		},
		Condition: func(cond string) (bool, error) {
			if cond != "seed" {
				return false, errors.New("unknown condition")
			}
			_, err := os.Stat(seedDir(t) + "/korea-times.html")
			return err == nil, nil
		},
		Cmds: map[string]func(*testscript.TestScript, bool, []string){
			"exits": exits, "until": until, "stopwatch": stopwatch, "korea-times": koreaTimes,
		},
	})
}

// seedDir is where the Korea Times piece lies beside the repository, if it does.
func seedDir(t *testing.T) string {
	t.Helper()
	wd, err := os.Getwd()
	if err != nil {
		t.Fatal(err)
	}
	return wd + "/../../../shared/seed"
}

func exits(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) < 2 {
		ts.Fatalf("usage: exits CODE command...")
	}
	want, err := strconv.Atoi(args[0])
	ts.Check(err)
	got := 0
	if err := ts.Exec(args[1], args[2:]...); err != nil {
		failed, ok := errors.AsType[*exec.ExitError](err)
		if !ok {
			ts.Fatalf("run %v: %v", args[1:], err)
		}
		got = failed.ExitCode()
	}
	if got != want {
		ts.Fatalf("%v: exit code %d, want %d", args[1:], got, want)
	}
}

func until(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) < 2 {
		ts.Fatalf("usage: until REGEXP command...")
	}
	want, err := regexp.Compile(args[0])
	ts.Check(err)
	tick := time.NewTicker(50 * time.Millisecond)
	defer tick.Stop()
	for deadline := time.Now().Add(30 * time.Second); ; <-tick.C {
		if err := ts.Exec(args[1], args[2:]...); err == nil && want.MatchString(ts.ReadFile("stdout")) {
			return
		}
		if time.Now().After(deadline) {
			ts.Fatalf("%v never said %q", args[1:], want)
		}
	}
}

func stopwatch(ts *testscript.TestScript, _ bool, args []string) {
	watch := ts.Value("watch").(*time.Time)
	if len(args) == 0 {
		*watch = time.Now()
		return
	}
	limit, err := time.ParseDuration(args[0])
	ts.Check(err)
	if took := time.Since(*watch); took > limit {
		ts.Fatalf("took %v, want at most %v", took, limit)
	}
}

// expected is what parsing and enrichment must give for the Korea Times piece.
type expected struct {
	Headline     string   `json:"headline"`
	Authors      []string `json:"authors"`
	Section      string   `json:"section"`
	Language     string   `json:"language"`
	PublishedUTC string   `json:"published_utc"`
	LeadImage    struct {
		URL     string `json:"url"`
		Width   int    `json:"width"`
		Height  int    `json:"height"`
		Caption string `json:"caption"`
		Credit  string `json:"credit"`
	} `json:"lead_image"`
	Paragraphs []string `json:"paragraphs"`
	Never      []string `json:"text_must_not_contain"`
	Dates      []struct {
		Text string `json:"text"`
		Date string `json:"date"`
	} `json:"resolved_dates"`
}

func koreaTimes(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 1 {
		ts.Fatalf("usage: korea-times FILE")
	}
	raw, err := os.ReadFile(ts.Getenv("SEED") + "/korea-times.expected.json")
	if errors.Is(err, fs.ErrNotExist) {
		ts.Logf("the record is not compared: ../shared/seed is absent")
		return
	}
	ts.Check(err)
	var want expected
	ts.Check(json.Unmarshal(raw, &want))
	var r *feedmill.Record
	for line := range strings.Lines(ts.ReadFile(args[0])) {
		var got feedmill.Record
		ts.Check(json.Unmarshal([]byte(line), &got))
		if got.Title == want.Headline {
			r = &got
		}
	}
	if r == nil {
		ts.Fatalf("no record has the title %q", want.Headline)
	}

	// The picture has the newsroom's host, and ids vary: so the record is brought into the form of the expectation.
	got := expected{
		Headline: r.Title, Section: r.Section, Language: r.Language.Tag, PublishedUTC: r.Published.UTC.UTC().Format(time.RFC3339),
		Paragraphs: strings.Split(r.Text, "\n\n"), Never: want.Never,
	}
	for _, a := range r.Byline.Authors {
		got.Authors = append(got.Authors, a.Name)
	}
	if p := lead(r); p != nil {
		got.LeadImage.URL, got.LeadImage.Width, got.LeadImage.Height = p.URL, p.Width, p.Height
		got.LeadImage.Caption, got.LeadImage.Credit = p.Caption, p.Credit
		if _, path, ok := strings.Cut(strings.TrimPrefix(p.URL, "http://"), "/"); ok {
			got.LeadImage.URL = "http://www.koreatimes.co.kr/" + path
		}
	}
	for _, d := range want.Dates {
		for _, found := range r.Dates {
			if found.Text == d.Text && found.Value == d.Date && found.In == "" {
				got.Dates = append(got.Dates, d)
				break
			}
		}
	}
	if diff := cmp.Diff(want, got); diff != "" {
		ts.Fatalf("the record (-want +got):\n%s", diff)
	}
	for _, never := range want.Never {
		if strings.Contains(r.Text, never) {
			ts.Fatalf("the text contains %q", never)
		}
	}
	people := map[string]bool{}
	for _, e := range r.Entities {
		people[e.Name] = people[e.Name] || e.Type == feedmill.TypePerson
	}
	for _, name := range []string{"Kim Kwan-jin", "Toshimi Kitazawa", "Robert Gates", "Liang Guanglie", "Mike Mullen"} {
		if !people[name] {
			ts.Fatalf("%s is not among the people", name)
		}
	}
}
