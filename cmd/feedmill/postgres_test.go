package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"net/http/httptest"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/feedmill/feedmill"
	"github.com/feedmill/feedmill/internal/newsroom"
	"github.com/feedmill/feedmill/sink/postgres/pgtest"
)

// TestCommandsAskPostgres stores a site into Postgres, into a second SQLite file and into files, and asks for it with
// every command that reads records. None of them tells the password.
func TestCommandsAskPostgres(t *testing.T) {
	t.Parallel()
	dsn := strings.Replace(pgtest.New(t), "feedmill@", "feedmill:s3cret@", 1) // nobody asks for it
	site := newsroom.New(&newsroom.Options{Seed: 1})
	if _, err := site.Generate(&newsroom.GenerateOptions{Feeds: 1, Items: 5}); err != nil {
		t.Fatal(err)
	}
	server := httptest.NewServer(site.Handler())
	defer server.Close()
	dir := t.TempDir()
	config := filepath.Join(dir, "feedmill.yaml")
	text := fmt.Sprintf(`data: %[1]s/data
http: {listen: ""}
fetch: {allow_cidrs: [127.0.0.0/8], allow_ports: [0], host_delay: 0}
sinks:
  - {name: lake, type: file, format: jsonl, dir: %[1]s/lake}
  - {name: warehouse, type: postgres, dsn: %[2]q}
  - {name: local, type: sqlite, path: %[1]s/local.db}
`, dir, dsn)
	if err := os.WriteFile(config, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	// run runs a command and wants its exit code and, somewhere in what it says, a pattern.
	run := func(code int, pattern string, args ...string) string {
		t.Helper()
		var out, errs bytes.Buffer
		got := newApp(strings.NewReader(""), &out, &errs, nil).execute(t.Context(), append(args, "--config", config))
		all := out.String() + errs.String()
		if got != code || !regexp.MustCompile(pattern).MatchString(all) {
			t.Errorf("feedmill %s: exit code %d, want %d and %q in:\n%s", strings.Join(args, " "), got, code, pattern, all)
		}
		if strings.Contains(all, "s3cret") {
			t.Errorf("feedmill %s tells the password:\n%s", strings.Join(args, " "), all)
		}
		return out.String()
	}

	run(1, "no records yet: nothing was ever stored in PostgreSQL database .*; start the daemon with feedmill run", "records", "list")
	run(4, "no records yet", "records", "show", "abc")
	run(0, `warehouse +postgres +- +- +0 B +for ever +0 +PostgreSQL database`, "status")
	feed := site.Feeds(server.URL)[len(site.Feeds(server.URL))-1]
	run(0, "", "feeds", "add", feed)
	run(0, "5 records stored", "run", "--once")

	run(0, `(?s)ID +PUBLISHED.*\n.*127\.0\.0\.1`, "records", "list")
	lines := strings.Split(strings.TrimSpace(run(0, "", "records", "export")), "\n")
	if len(lines) != 5 {
		t.Fatalf("%d records exported, want 5", len(lines))
	}
	var rec feedmill.Record
	if err := json.Unmarshal([]byte(lines[0]), &rec); err != nil {
		t.Fatal(err)
	}
	if sqlite := strings.Split(strings.TrimSpace(run(0, "", "records", "export", "--sink", "local")), "\n"); len(sqlite) != 5 {
		t.Errorf("%d records exported from SQLite, want 5", len(sqlite))
	}
	run(0, regexp.QuoteMeta(rec.Title), "records", "show", rec.ID)
	run(0, regexp.QuoteMeta(rec.ID), "records", "search", `"`+rec.Title+`"`)
	run(0, `(?s)stored +revision 1, seen `, "explain", rec.URL)
	run(0, `(?s)messages +5.*unchanged +5`, "replay", "start", "--stage", "parser", "--dry-run")
	run(0, `(?s)lake +file.*warehouse +postgres +5 +5 .* for ever +0 +PostgreSQL database test.*local +sqlite +5 +5 `, "status")

	// A server that is away is told as such; what is not in it is still told.
	away := config + ".away.yaml"
	text = strings.Replace(text, dsn, "postgres://feedmill:s3cret@127.0.0.1:1/away", 1)
	if err := os.WriteFile(away, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	there := config
	config = away
	run(0, `(?s)warehouse +postgres +- .*local +sqlite +5 .*warning: sink warehouse does not answer: .*the server cannot be reached: check that it runs`, "status")
	run(0, `(?s)page fetched: 200.*stored +not known: .*the server cannot be reached`, "explain", rec.URL)
	run(1, "the server cannot be reached: check that it runs, and host, port and sslmode of the DSN", "records", "list")
	run(0, regexp.QuoteMeta(rec.ID), "records", "list", "--sink", "local")
	config = there

	run(1, "sink lake is of type file, and only sqlite and postgres answer", "records", "list", "--sink", "lake")
	run(2, `--sink: no such sink: "wharehouse"; the configuration has lake, warehouse, local`, "records", "list", "--sink", "wharehouse")

	// What is deleted leaves Postgres when the daemon runs.
	run(0, "deleted +"+rec.ID, "records", "delete", rec.ID)
	run(0, "", "run", "--once")
	run(0, `withdrawn`, "records", "show", rec.ID)
	if left := strings.Count(run(0, "", "records", "export"), "\n"); left != 4 {
		t.Errorf("%d records after one was deleted, want 4", left)
	}
}
