package parser

import (
	"bytes"
	"mime"
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/net/html/charset"
	"golang.org/x/text/encoding"
	"golang.org/x/text/encoding/charmap"
	"golang.org/x/text/encoding/japanese"
	"golang.org/x/text/encoding/korean"
	"golang.org/x/text/encoding/simplifiedchinese"
	"golang.org/x/text/encoding/traditionalchinese"
	textunicode "golang.org/x/text/encoding/unicode"
	"golang.org/x/text/encoding/unicode/utf32"
)

// decodeFeed turns the bytes of a feed into text. In order: byte-order mark, zero bytes that only UTF-16 and UTF-32
// leave, the charset of the Content-Type, the encoding of the XML declaration, and where these are absent, unknown or
// contradicted by the bytes, detection. It loses no document: bytes that fit nowhere become U+FFFD.
func decodeFeed(body []byte, contentType string) string {
	if enc, n := wideEncoding(body); enc != nil {
		return decodeAs(enc, body[n:])
	}
	if rest, ok := bytes.CutPrefix(body, []byte("\xEF\xBB\xBF")); ok {
		return decodeStray(rest)
	}
	if onlyASCII(body) {
		return decodeASCII(body, contentType)
	}
	valid := utf8.Valid(body)
	for _, label := range []string{contentTypeCharset(contentType), declaredEncoding(body)} {
		enc, name := charset.Lookup(label)
		switch {
		case enc == nil || strings.HasPrefix(name, "utf-16") || name == "replacement" || name == "x-user-defined":
			// Unknown, or impossible: UTF-16 was ruled out above.
		case name == "utf-8":
			if valid {
				return string(body)
			}
			if strayedUTF8(body) {
				return decodeStray(body)
			}
		case valid && singleByte(name):
			// Any bytes are possible in a single-byte charset, but hardly any text in one is UTF-8 by chance: the label is
			// a server's default.
		default:
			if s := decodeAs(enc, body); fewReplacements(s) {
				return s
			}
		}
	}
	if valid {
		return string(body)
	}
	if strayedUTF8(body) {
		return decodeStray(body)
	}
	return decodeAs(detectFeedEncoding(body), body)
}

// decodeASCII decodes what has no byte above 0x7F: ASCII itself, or an encoding that shifts with escape sequences,
// which only a label tells.
func decodeASCII(body []byte, contentType string) string {
	if bytes.IndexByte(body, 0x1B) >= 0 {
		for _, label := range []string{contentTypeCharset(contentType), declaredEncoding(body)} {
			if enc, name := charset.Lookup(label); name == "iso-2022-jp" {
				return decodeAs(enc, body)
			}
		}
	}
	return string(body)
}

// wideEncoding finds UTF-16 and UTF-32 by byte-order mark, or by where the zero bytes of an initial "<" or "{" stand,
// and returns the length of the mark.
func wideEncoding(b []byte) (encoding.Encoding, int) {
	le16 := textunicode.UTF16(textunicode.LittleEndian, textunicode.IgnoreBOM)
	be16 := textunicode.UTF16(textunicode.BigEndian, textunicode.IgnoreBOM)
	le32 := utf32.UTF32(utf32.LittleEndian, utf32.IgnoreBOM)
	be32 := utf32.UTF32(utf32.BigEndian, utf32.IgnoreBOM)
	has := func(mark string) bool { return bytes.HasPrefix(b, []byte(mark)) }
	switch {
	case has("\xFF\xFE\x00\x00"):
		return le32, 4
	case has("\x00\x00\xFE\xFF"):
		return be32, 4
	case has("\xFF\xFE"):
		return le16, 2
	case has("\xFE\xFF"):
		return be16, 2
	case has("<\x00\x00\x00"), has("{\x00\x00\x00"):
		return le32, 0
	case has("\x00\x00\x00<"), has("\x00\x00\x00{"):
		return be32, 0
	case has("<\x00"), has("{\x00"):
		return le16, 0
	case has("\x00<"), has("\x00{"):
		return be16, 0
	}
	return nil, 0
}

func contentTypeCharset(contentType string) string {
	_, params, err := mime.ParseMediaType(contentType)
	if err != nil {
		// A broken header still says what it says: text/xml; charset=utf-8; charset="…
		_, label, _ := strings.Cut(strings.ToLower(contentType), "charset=")
		if end := strings.IndexAny(label, "; ,"); end >= 0 {
			label = label[:end]
		}
		return strings.Trim(label, `"'`)
	}
	return strings.Trim(params["charset"], `"' `)
}

// declaredEncoding is the encoding of the XML declaration.
func declaredEncoding(b []byte) string {
	head := b[:min(len(b), 1024)]
	i := bytes.Index(head, []byte("<?xml"))
	if i < 0 {
		return ""
	}
	head = head[i:]
	if end := bytes.Index(head, []byte("?>")); end >= 0 {
		head = head[:end]
	}
	_, after, ok := bytes.Cut(head, []byte("encoding"))
	if !ok {
		return ""
	}
	after = bytes.TrimLeft(after, " \t\r\n=")
	if len(after) == 0 || after[0] != '"' && after[0] != '\'' {
		return ""
	}
	label, _, ok := bytes.Cut(after[1:], after[:1])
	if !ok {
		return ""
	}
	return strings.TrimSpace(string(label))
}

func singleByte(name string) bool {
	return strings.HasPrefix(name, "windows-") || strings.HasPrefix(name, "iso-8859") || strings.HasPrefix(name, "koi8") ||
		strings.HasPrefix(name, "x-mac") || name == "macintosh" || name == "ibm866"
}

func onlyASCII(b []byte) bool {
	for _, c := range b {
		if c >= utf8.RuneSelf {
			return false
		}
	}
	return true
}

// decodeAs decodes as far as the encoding goes; no decoder of x/text fails on bad bytes.
func decodeAs(enc encoding.Encoding, b []byte) string {
	out, err := enc.NewDecoder().Bytes(b)
	if err != nil {
		return strings.ToValidUTF8(string(b), "\uFFFD")
	}
	return string(out)
}

// fewReplacements tells whether a decoding fits: at most one character in fifty above ASCII could not be decoded.
func fewReplacements(s string) bool {
	bad, wide := 0, 0
	for _, r := range s {
		if r == utf8.RuneError {
			bad++
		} else if r >= utf8.RuneSelf {
			wide++
		}
	}
	return bad*50 <= wide
}

// strayedUTF8 tells UTF-8 with stray bytes in it from other encodings.
func strayedUTF8(b []byte) bool {
	good, bad := 0, 0
	for len(b) > 0 {
		if b[0] < utf8.RuneSelf {
			b = b[1:]
			continue
		}
		r, n := utf8.DecodeRune(b)
		if r == utf8.RuneError && n == 1 {
			bad++
		} else {
			good++
		}
		b = b[n:]
	}
	return good > 0 && bad*2 <= good
}

// decodeStray decodes UTF-8 and takes the bytes that are not for windows-1252, where they come from as a rule: pasted
// quotation marks and dashes.
func decodeStray(b []byte) string {
	if utf8.Valid(b) {
		return string(b)
	}
	var out strings.Builder
	out.Grow(len(b))
	for len(b) > 0 {
		r, n := utf8.DecodeRune(b)
		if r == utf8.RuneError && n == 1 {
			r = charmap.Windows1252.DecodeByte(b[0])
		}
		out.WriteRune(r)
		b = b[n:]
	}
	return out.String()
}

// detectFeedEncoding guesses the encoding of bytes that are not UTF-8 and have no label that fits: by the language that
// the feed states, then by which encoding gives the text of some language.
func detectFeedEncoding(b []byte) encoding.Encoding {
	sample := b[:min(len(b), 256<<10)]
	if enc := encodingOfLanguage(sample); enc != nil {
		return enc
	}
	best, bestScore := encoding.Encoding(charmap.Windows1252), 0.0
	for _, c := range []struct {
		enc   encoding.Encoding
		score func(string) float64
	}{
		{korean.EUCKR, scoreKorean},
		{japanese.EUCJP, scoreJapanese},
		{japanese.ShiftJIS, scoreJapanese},
		{simplifiedchinese.GB18030, scoreHan(simplifiedchinese.GBK)},
		{traditionalchinese.Big5, scoreHan(traditionalchinese.Big5)},
		{charmap.Windows1251, scoreCyrillic},
		{charmap.KOI8R, scoreCyrillic},
		{charmap.Windows1253, scoreGreek},
		{charmap.Windows1255, scoreHebrew},
		{charmap.Windows874, scoreThai},
	} {
		s := decodeAs(c.enc, sample)
		if !fewReplacements(s) {
			continue
		}
		if score := c.score(s); score > bestScore {
			best, bestScore = c.enc, score
		}
	}
	return best
}

// encodingOfLanguage is the usual encoding of the language that a feed states, where the bytes fit it.
func encodingOfLanguage(b []byte) encoding.Encoding {
	var candidates []encoding.Encoding
	switch lang := statedLanguage(b); lang {
	case "ko":
		candidates = []encoding.Encoding{korean.EUCKR}
	case "ja":
		candidates = []encoding.Encoding{japanese.ShiftJIS, japanese.EUCJP}
	case "zh-tw", "zh-hk", "zh-mo", "zh-hant":
		candidates = []encoding.Encoding{traditionalchinese.Big5}
	case "zh", "zh-cn", "zh-sg", "zh-hans":
		candidates = []encoding.Encoding{simplifiedchinese.GB18030, traditionalchinese.Big5}
	default:
		lang, _, _ = strings.Cut(lang, "-")
		switch lang {
		case "he", "iw", "yi":
			return charmap.Windows1255
		case "el":
			return charmap.Windows1253
		case "ar", "fa", "ur":
			return charmap.Windows1256
		case "tr", "az":
			return charmap.Windows1254
		case "th":
			return charmap.Windows874
		case "pl", "cs", "sk", "hu", "ro", "hr", "sl", "sq":
			return charmap.Windows1250
		case "et", "lv", "lt":
			return charmap.Windows1257
		case "vi":
			return charmap.Windows1258
		case "en", "de", "fr", "es", "it", "pt", "nl", "sv", "da", "nb", "no", "fi", "is", "ca":
			return charmap.Windows1252
		case "ru", "uk", "bg", "be", "mk", "sr":
			if scoreCyrillic(decodeAs(charmap.KOI8R, b)) > scoreCyrillic(decodeAs(charmap.Windows1251, b)) {
				return charmap.KOI8R
			}
			return charmap.Windows1251
		}
		return nil
	}
	var best encoding.Encoding
	fewest := -1
	for _, enc := range candidates {
		s := decodeAs(enc, b)
		if bad := strings.Count(s, "\uFFFD"); fewReplacements(s) && (fewest < 0 || bad < fewest) {
			best, fewest = enc, bad
		}
	}
	return best
}

// statedLanguage is the language that the head of a feed states, in lower case.
func statedLanguage(b []byte) string {
	head := strings.ToLower(string(b[:min(len(b), 8<<10)]))
	for _, mark := range []string{"language>", `xml:lang="`, "xml:lang='"} {
		if _, after, ok := strings.Cut(head, mark); ok {
			end := strings.IndexAny(after, `<"'`)
			if end > 0 && end < 12 {
				return strings.TrimSpace(strings.ReplaceAll(after[:end], "_", "-"))
			}
		}
	}
	return ""
}

// share is the part of a text's characters above ASCII for which is holds.
func share(s string, is func(rune) bool) float64 {
	wide, hits := 0, 0
	for _, r := range s {
		if r < utf8.RuneSelf {
			continue
		}
		wide++
		if is(r) {
			hits++
		}
	}
	if wide == 0 {
		return 0
	}
	return float64(hits) / float64(wide)
}

// scoreKorean: nearly all of a Korean text's characters above ASCII are Hangul, which other bytes read as EUC-KR are not.
func scoreKorean(s string) float64 {
	if hangul := share(s, func(r rune) bool { return r >= 0xAC00 && r <= 0xD7A3 }); hangul > 0.8 {
		return 1 + hangul
	}
	return 0
}

// scoreJapanese: between a third and all of a Japanese text is kana, hiragana above all.
func scoreJapanese(s string) float64 {
	hiragana := share(s, func(r rune) bool { return r >= 0x3041 && r <= 0x3096 })
	halfwidth := share(s, func(r rune) bool { return r >= 0xFF61 && r <= 0xFF9F })
	if hiragana < 0.15 || halfwidth > 0.2 {
		return 0
	}
	return 1.5 + hiragana
}

// scoreHan: the characters of the first level of GB 2312 and Big5 are the frequent ones; text in the other encoding reads
// as rare characters.
func scoreHan(enc encoding.Encoding) func(string) float64 {
	lo, hi := byte(0xB0), byte(0xD7)
	if enc == traditionalchinese.Big5 {
		lo, hi = 0xA4, 0xC6
	}
	return func(s string) float64 {
		han, frequent := 0, 0
		e := enc.NewEncoder()
		for _, r := range s {
			if r < 0x3400 || r > 0x9FFF {
				continue
			}
			if han++; han > 2000 {
				break
			}
			if b, err := e.Bytes([]byte(string(r))); err == nil && len(b) == 2 && b[0] >= lo && b[0] <= hi && b[1] >= 0x40 {
				if enc == traditionalchinese.Big5 || b[1] >= 0xA1 {
					frequent++
				}
			}
		}
		if han < 2 {
			return 0
		}
		return 0.5 + float64(frequent)/float64(han)*share(s, func(r rune) bool { return r >= 0x3000 && r <= 0x9FFF || r >= 0xFF00 })
	}
}

// scoreCyrillic: read in the wrong charset, the cases of Cyrillic letters change places.
func scoreCyrillic(s string) float64 {
	return scoreCased(s, func(r rune) bool { return r >= 0x400 && r <= 0x45F })
}

func scoreGreek(s string) float64 {
	return scoreCased(s, func(r rune) bool { return r >= 0x386 && r <= 0x3CE })
}

// scoreCased: a script with cases is written in small letters, with capitals at the beginning of words.
func scoreCased(s string, inScript func(rune) bool) float64 {
	letters, small, misplaced := 0, 0, 0
	wide := 0
	before := ' '
	for _, r := range s {
		if r >= utf8.RuneSelf {
			wide++
		}
		if inScript(r) {
			letters++
			if unicode.IsLower(r) {
				small++
			} else if unicode.IsLower(before) {
				misplaced++
			}
		}
		before = r
	}
	if letters*4 < wide*3 || small*10 < letters*6 || misplaced*50 > letters || !longWords(s) {
		return 0
	}
	return 0.4 + float64(small)/float64(wide)
}

// scoreHebrew: a Hebrew text has no other letters above ASCII, and as Cyrillic it would lack the last five.
func scoreHebrew(s string) float64 {
	if share(s, func(r rune) bool { return r >= 0x5D0 && r <= 0x5EA }) < 0.98 || !longWords(s) {
		return 0
	}
	return 1.6
}

// scoreThai: a fifth of Thai are marks above and below the letters, and none stands without a consonant before it.
func scoreThai(s string) float64 {
	isMark := func(r rune) bool { return r == 0xE31 || r >= 0xE34 && r <= 0xE3A || r >= 0xE47 && r <= 0xE4E }
	wide, thai, marks, loose := 0, 0, 0, 0
	before := ' '
	for _, r := range s {
		if r >= utf8.RuneSelf {
			wide++
		}
		if r >= 0xE01 && r <= 0xE5B {
			thai++
		}
		if isMark(r) {
			marks++
			if !isMark(before) && (before < 0xE01 || before > 0xE2E) {
				loose++
			}
		}
		before = r
	}
	if thai*20 < wide*19 || marks*12 < wide || loose*30 > marks {
		return 0
	}
	return 1 + float64(thai)/float64(wide)
}

// longWords tells whether letters above ASCII stand together in words, not singly among ASCII letters as in the
// languages of Western Europe.
func longWords(s string) bool {
	alone, together := 0, 0
	run := 0
	for _, r := range s {
		if r >= utf8.RuneSelf {
			run++
			continue
		}
		if run >= 3 {
			together += run
		} else {
			alone += run
		}
		run = 0
	}
	return together > alone
}
