//go:build browser

package parser

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"
)

// harness is a page around fragments that notes which of them run something: the vectors' x(), which some elements have as
// a property of their own, is made alert() with the number of the vector before. What waits for a
// reader is done for him: every element is pointed at, clicked and focused; script links are looked for, not followed. Each
// fragment is then read once more from what the browser makes of it, and once more from that, as mutation XSS wants it.
const harness = `<!doctype html><meta charset="utf-8"><body>
<script>
var ran = {}, now = "page";
function x(n) { ran[typeof n == "number" ? n : now] = 1; }
window.alert = x;
addEventListener("click", function (e) { e.preventDefault(); }, true);
addEventListener("submit", function (e) { e.preventDefault(); }, true);
function poke(box) {
	now = box.dataset.n;
	box.querySelectorAll("*").forEach(function (e) {
		["mouseover", "pointerover", "click", "focus", "auxclick", "dragstart", "toggle"].forEach(function (name) {
			e.dispatchEvent(new Event(name, {bubbles: true, cancelable: true}));
		});
		["href", "src", "action", "formaction", "cite", "data"].forEach(function (name) {
			if (/^\s*(javascript|vbscript|data):/i.test(String(e[name] || ""))) x();
		});
	});
}
</script>
%s
<script>
addEventListener("load", function () {
	document.querySelectorAll("div[data-n]").forEach(function (box) {
		poke(box);
		for (var i = 0; i < 2; i++) {
			var again = document.createElement("div");
			again.dataset.n = box.dataset.n;
			document.body.appendChild(again);
			now = box.dataset.n;
			again.innerHTML = box.innerHTML;
			poke(again);
			box = again;
		}
	});
	setTimeout(function () { document.documentElement.setAttribute("data-ran", Object.keys(ran).join(" ")); document.body.innerHTML = ""; }, 1500);
});
</script>`

var ranAttribute = regexp.MustCompile(`data-ran="([^"]*)"`)

// runInBrowser returns the numbers of the fragments that ran something, "page" where it is not known which.
func runInBrowser(t *testing.T, browser string, fragments []string) []string {
	t.Helper()
	var b strings.Builder
	for i, f := range fragments {
		fmt.Fprintf(&b, "<script>now = %q</script><div data-n=%q>%s</div>\n", strconv.Itoa(i), strconv.Itoa(i), f)
	}
	name := filepath.Join(t.TempDir(), "page.html")
	if err := os.WriteFile(name, fmt.Appendf(nil, harness, b.String()), 0o600); err != nil {
		t.Fatal(err)
	}
	cmd := exec.CommandContext(t.Context(), browser, "--headless", "--no-sandbox", "--disable-dev-shm-usage", "--disable-gpu", "--disable-extensions", "--no-first-run",
		"--user-data-dir="+t.TempDir(), "--host-resolver-rules=MAP * ~NOTFOUND", "--virtual-time-budget=20000", "--dump-dom", "file://"+name)
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("%s: %v", browser, err)
	}
	m := ranAttribute.FindSubmatch(out)
	if m == nil {
		t.Fatalf("%s did not come to the end of the page", browser)
	}
	return strings.Fields(string(m[1]))
}

// TestXSSInBrowser puts what is left of every vector before a real browser. That vectors as they are do run there is
// tried first.
func TestXSSInBrowser(t *testing.T) {
	t.Parallel()
	browser := ""
	for _, name := range []string{"chromium", "chromium-browser", "google-chrome", "chrome"} {
		if path, err := exec.LookPath(name); err == nil {
			browser = path
			break
		}
	}
	if browser == "" {
		t.Skip("no Chromium is installed: chromium, chromium-browser, google-chrome")
	}
	control := []string{"<img src=x onerror=alert(0)>", `<a href="javascript:alert(1)">a</a>`, "<p onmouseover=alert(2)>a</p>", "<svg onload=alert(3)></svg>", "<p>nothing</p>"}
	if got := strings.Join(runInBrowser(t, browser, control), " "); got != "0 1 2 3" {
		t.Fatalf("of the vectors as they are, %q ran, want 0 1 2 3", got)
	}
	var fragments, names []string
	for i, v := range readVectors(t) { // one fragment of all ways for each vector
		fragment := ""
		for _, clean := range cleaned(t, strings.ReplaceAll(v.markup, "x()", fmt.Sprintf("alert(%d)", i))) {
			fragment += "<section>" + clean + "</section>"
		}
		fragments = append(fragments, fragment)
		names = append(names, v.source+": "+v.markup)
	}
	for _, n := range runInBrowser(t, browser, fragments) {
		if i, err := strconv.Atoi(n); err == nil {
			t.Errorf("%s ran: it became %q", names[i], fragments[i])
		} else {
			t.Errorf("something ran: %s", n)
		}
	}
	t.Logf("%d fragments in %s", len(fragments), browser)
}
