package daemon

import (
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"sync"
	"time"

	"github.com/feedmill/feedmill"
	"github.com/feedmill/feedmill/fetcher"
	"github.com/feedmill/feedmill/parser"
)

// glance is the extractor that tells which pages are nothing without scripts, made when it is first needed.
type glance struct {
	once      sync.Once
	extractor *parser.Extractor
}

// renderRequest is what a renderer is asked.
type renderRequest struct {
	URL       string `json:"url"`
	UserAgent string `json:"user_agent,omitempty"`
	TimeoutMS int64  `json:"timeout_ms"`
}

// render has a page that is nothing without scripts rendered by whoever answers fetch.renderer, where that is wanted, and
// notes the site rule by which it is read. A page that cannot be rendered stays as it is; of one that was, the validators
// that it was fetched with are returned.
func (p *pipeline) render(ctx context.Context, page *feedmill.Page) (fetched feedmill.Validators, err error) {
	holds, err := p.forPage(ctx, page.Feed, page.BaseURL())
	if err != nil {
		return fetched, err
	}
	if page.Rule = holds.Rules; !holds.Renderer || !p.scriptOnly(page) {
		return fetched, nil
	}
	timeout := time.Duration(p.cfg.Fetch.Timeout)
	within, cancel := context.WithTimeout(ctx, timeout)
	defer cancel()
	question, err := json.Marshal(renderRequest{page.BaseURL(), cmp.Or(holds.UserAgent, p.cfg.Fetch.UserAgent), timeout.Milliseconds()})
	if err != nil {
		return fetched, err
	}
	body, err := p.Bus.Ask(within, p.cfg.Fetch.Renderer, question)
	if ctx.Err() != nil {
		return fetched, ctx.Err()
	}
	if err == nil && len(bytes.TrimSpace(body)) == 0 {
		err = fmt.Errorf("ask %s: the answer is empty", p.cfg.Fetch.Renderer)
	}
	if err != nil {
		p.log.Warn("a page that needs scripts was not rendered; it is taken as it is", "url", page.URL, "error", err)
		return fetched, nil
	}
	rendered := *page
	rendered.Body, rendered.Rendered, rendered.Header = body, true, maps.Clone(page.Header)
	rendered.Coded, rendered.Coding = nil, "" // they are of the page as it came
	maps.DeleteFunc(rendered.Header, func(name string, _ []string) bool { return name == "Content-Type" })
	if rendered.Header == nil {
		rendered.Header = map[string][]string{}
	}
	rendered.Header["Content-Type"] = []string{"text/html; charset=utf-8"}
	if !p.scriptOnly(&rendered) { // else it is no better than what there is
		fetched = fetcher.ValidatorsOf(page)
		*page = rendered
	}
	return fetched, nil
}

// scriptOnly tells whether a page gives no text without scripts.
func (p *pipeline) scriptOnly(page *feedmill.Page) bool {
	p.glance.once.Do(func() { p.glance.extractor = Extractor(p.cfg, p.log) })
	alone := *page
	alone.Item = nil // whose words would be taken in the place of the page's
	a, err := p.glance.extractor.Extract(&alone)
	return err == nil && a.HasWarning(feedmill.WarnScriptOnly)
}
