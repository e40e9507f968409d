package fetcher

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"
)

// Post sends a form, as to a WebSub hub, and returns the status and the beginning of the answer. It goes by the rules of
// Fetch as to addresses, times and what is told of us; a redirect is followed only where it asks for the same form again
// (307, 308) at the same host, and no less safely: what is in the form, such as a secret, is meant for that host alone.
func (f *Fetcher) Post(ctx context.Context, rawURL string, form url.Values) (status int, answer []byte, err error) {
	fail := func(err error) (int, []byte, error) {
		return 0, nil, fmt.Errorf("post %s: %w", redacted(rawURL), err)
	}
	t, err := parseTarget(rawURL)
	if err != nil {
		return fail(err)
	}
	within, cancel := context.WithTimeoutCause(ctx, f.opts.Timeout, &Error{ClassTimeout, fmt.Errorf("no whole answer within %s", f.opts.Timeout)})
	defer cancel()
	text := form.Encode()
	for hops := 0; ; hops++ {
		req := (&http.Request{Method: http.MethodPost, URL: t.url, Host: t.url.Host, Header: http.Header{}}).WithContext(within)
		req.Header.Set("User-Agent", f.opts.UserAgent)
		req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		req.Body, req.ContentLength = io.NopCloser(strings.NewReader(text)), int64(len(text))
		resp, err := f.opts.Transport.RoundTrip(req)
		if err != nil {
			return fail(f.why(ctx, within, err))
		}
		answer, err = io.ReadAll(io.LimitReader(resp.Body, maxErrorBody))
		resp.Body.Close()
		if err != nil {
			return fail(f.why(ctx, within, err))
		}
		again := resp.StatusCode == http.StatusTemporaryRedirect || resp.StatusCode == http.StatusPermanentRedirect
		if !again || resp.Header.Get("Location") == "" {
			return resp.StatusCode, answer, nil
		}
		if hops >= f.opts.MaxRedirects {
			return fail(&Error{ClassRedirect, fmt.Errorf("more than %d redirects", f.opts.MaxRedirects)})
		}
		to, err := t.redirect(resp.Header.Get("Location"))
		if err != nil {
			return fail(err)
		}
		if !strings.EqualFold(to.url.Host, t.url.Host) || to.url.Scheme != t.url.Scheme && to.url.Scheme != "https" {
			return fail(refused(fmt.Errorf("redirect to %s://%s, away from the host that the form is for", to.url.Scheme, to.url.Host)))
		}
		t = to
	}
}
