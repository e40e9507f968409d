// Package fetcher asks for feeds, article pages and robots.txt as a well-behaved client does, and says in one word how
// it went.
//
// [Fetcher.Fetch] makes one request, follows its redirects, and gives back whatever answer was read as a
// [feedmill.Page]. It promises that
//
//   - no connection is made to an address that is not public or expressly allowed, whatever name or redirect led there;
//   - every answer ends within [Options]: so many bytes of header, of body, of decoded body, so many redirects, so much
//     time, and not slower than so many bytes a second;
//   - a URL is asked exactly as it was given, with no cookie, no Referer, no proxy that was not asked for, and an honest
//     User-Agent;
//   - a validator goes back to the URL that gave it, unchanged, and to no other;
//   - where the request says so, no page is asked for that robots.txt (RFC 9309) forbids.
//
// What an answer means is told by pure functions: [Judge] (fetched, unchanged, gone, later, never), [ValidatorsOf] and
// [RefreshValidators], [FreshUntil], [PermanentTarget]. Who may ask a host, and when, is kept by [Hosts].
//
// It leaves to the caller when to ask (the schedule, the back-off, a slot of [Hosts]), whether to ask again (nothing is
// retried here), the charset of a body, and storing validators only together with a body that was read as a feed.
//
// The files:
//
//	fetcher.go     Fetcher, Options, Request, Fetch: one request and its redirects
//	target.go      a URL as it is asked: exactly as given, and what a Location points at
//	transport.go   the connection: time-outs, pool, HTTP/2
//	proxy.go       the way by a proxy, where one is asked for, and what is judged there
//	guard.go       which addresses and ports may be connected to
//	header.go      header fields as text, and back to their bytes
//	secret.go      what proves who asks, and to whom it goes
//	body.go        reading a body within its limits
//	decode.go      content codings: gzip, deflate, br, zstd
//	media.go       Accept, and the media types that are not read
//	errors.go      the classes of errors
//	outcome.go     Judge: status and error to outcome; Retry-After
//	validators.go  ETag and Last-Modified, the permanent target of a redirect
//	fresh.go       how long an answer stays good (RFC 9111)
//	polite.go      Hosts: spacing, concurrency and blocks per host
//	robots.go      the robots.txt parser and matcher
//	robotscache.go robots.txt of each origin, fetched once and kept
//	optout.go      what a site says of machine learning and of text and data mining
package fetcher
