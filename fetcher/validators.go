package fetcher

import (
	"crypto/sha256"
	"encoding/hex"
	"net/http"

	"github.com/feedmill/feedmill"
)

// maxValidatorBytes bounds a validator that is kept: no server needs more to know its own answers.
const maxValidatorBytes = 4 << 10

// ValidatorsOf returns the validators of a successful answer: ETag and Last-Modified as they came (a byte beyond ASCII as
// the character of that number, so that JSON keeps it; it goes back as it came), the URL that answered (the last one of a redirect), and the hash of the body. An answer without ETag gives none: the former one is
// not to be kept. For anything but a whole body of a success it is the zero value. Store it only once the body was read as what it
// should be.
func ValidatorsOf(page *feedmill.Page) feedmill.Validators {
	if !isSuccess(page.Status) || len(page.Body) == 0 || page.Truncated {
		return feedmill.Validators{}
	}
	sum := sha256.Sum256(page.Body)
	v := feedmill.Validators{URL: page.BaseURL(), BodyHash: hex.EncodeToString(sum[:])}
	takeValidators(&v, page)
	return v
}

// RefreshValidators returns old with what a 304 brings anew (RFC 9111 §4.3.4).
func RefreshValidators(old feedmill.Validators, page *feedmill.Page) feedmill.Validators {
	if page.Status == http.StatusNotModified && page.BaseURL() == old.URL {
		takeValidators(&old, page)
	}
	return old
}

func takeValidators(v *feedmill.Validators, page *feedmill.Page) {
	if s := page.HeaderValue("ETag"); s != "" && len(s) <= maxValidatorBytes {
		v.ETag = s
	}
	if s := page.HeaderValue("Last-Modified"); s != "" && len(s) <= maxValidatorBytes {
		v.LastModified = s
	}
}

// PermanentTarget returns the URL that a page has permanently moved to: the final one, if there was a redirect and every
// hop said 301 or 308 (RFC 9110 §15.4). Otherwise it is "".
func PermanentTarget(page *feedmill.Page) string {
	for _, hop := range page.Redirects {
		if hop.Status != http.StatusMovedPermanently && hop.Status != http.StatusPermanentRedirect {
			return ""
		}
	}
	if len(page.Redirects) == 0 {
		return ""
	}
	return page.FinalURL
}
