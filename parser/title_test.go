package parser

import "testing"

func TestTitle(t *testing.T) {
	t.Parallel()
	tests := []struct{ name, head, body, want string }{
		{"the shown headline before the one for search", "<title>Bridge: what it costs | Example</title>", "<h1>Bridge to be rebuilt</h1>", "Bridge to be rebuilt"},
		{"the only h1 before a section's heading", "<title>What the bridge costs: plan, time and money</title>", "<h1>All about the new bridge and what it is for</h1><h2>What the new bridge costs</h2>", "All about the new bridge and what it is for"},
		{"one word alone is none", "<title>Bridge to be rebuilt</title>", "<h1>Menu</h1>", "Bridge to be rebuilt"},
		{"of several h1 the one that is stated in full", `<title>News</title><meta property="og:title" content="Bridge to be rebuilt">`, "<h1>News</h1><h1>Bridge to be rebuilt</h1>", "Bridge to be rebuilt"},
		{"a subtitle in the same h1", "<title>Bridge to be rebuilt</title>", "<h1>Bridge to be rebuilt<br>And who pays for all of it</h1>", "Bridge to be rebuilt"},
		{"a name that is not known behind it", `<title>Bridge to be rebuilt</title>`, "<h1>Bridge to be rebuilt | TORBY.NET</h1>", "Bridge to be rebuilt"},
		{"an anchor's mark", "", "<h1>Bridge to be rebuilt<a href='#b'>¶</a></h1>", "Bridge to be rebuilt"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			a := extract(t, "<html><head>"+tt.head+"</head><body>"+tt.body+paragraphs(4)+"</body></html>")
			if a.Title != tt.want {
				t.Errorf("title %q, want %q", a.Title, tt.want)
			}
		})
	}
}
