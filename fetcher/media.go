package fetcher

import (
	"fmt"
	"net/http"
	"strings"

	"github.com/feedmill/feedmill"
)

// accept is the Accept header of a kind of request. The wild card at the end is for servers that know only text/html.
func accept(k Kind) string {
	if k == KindArticle {
		return "text/html, application/xhtml+xml, */*;q=0.1"
	}
	return "application/atom+xml, application/rss+xml, application/feed+json, application/rdf+xml;q=0.9, " +
		"application/xml;q=0.9, text/xml;q=0.9, application/json;q=0.8, */*;q=0.1"
}

// checkType refuses media that cannot be what was asked for, before the body is read. Feeds are served under all kinds
// of wrong types, so that only pictures, sound and films are ruled out.
func checkType(k Kind, contentType string) error {
	media, _, _ := strings.Cut(contentType, ";")
	media = strings.ToLower(strings.TrimSpace(media))
	top, _, _ := strings.Cut(media, "/")
	ok := true
	switch {
	case k == KindFeed:
		ok = top != "image" && top != "audio" && top != "video" && top != "font"
	case unknownType(media) || top == "text":
	default:
		ok = media == "application/xhtml+xml" || media == "application/xml"
	}
	if !ok {
		return wrongType(k, media)
	}
	return nil
}

// sniffType looks into the body of an article page whose type is not stated.
func sniffType(p *feedmill.Page) error {
	media, _, _ := strings.Cut(p.HeaderValue("Content-Type"), ";")
	if len(p.Body) == 0 || !unknownType(strings.ToLower(strings.TrimSpace(media))) {
		return nil
	}
	if found := http.DetectContentType(p.Body); !strings.HasPrefix(found, "text/") {
		return wrongType(KindArticle, found)
	}
	return nil
}

func unknownType(media string) bool {
	return media == "" || media == "application/octet-stream" || !strings.Contains(media, "/")
}

func wrongType(k Kind, media string) error {
	err := &Error{ClassType, fmt.Errorf("%s is not a type of %s", media, k)}
	if k == KindArticle {
		return feedmill.Permanent(ClassType, err)
	}
	return err
}
