package parser

import "strings"

// repairMarkup mends in a fragment of HTML what would make its reader pass over text: comments that do not end, the marks
// of CDATA sections that were put around it twice, and "<!" that begins nothing. The fragment comes back as it is where
// there is none of these.
func repairMarkup(s string) string {
	i := strings.Index(s, "<!")
	if i < 0 {
		return s
	}
	var b strings.Builder
	sections := 0
	for i >= 0 {
		writeWithoutSectionEnds(&b, s[:i], &sections)
		s = s[i:]
		switch {
		case strings.HasPrefix(s, "<!--"):
			end := strings.Index(s, "-->")
			if end >= 0 {
				end += len("-->")
			} else if end = strings.IndexByte(s, '>') + 1; end == 0 {
				end = len(s)
			}
			s = s[end:] // comments are not kept in any case
		case strings.HasPrefix(s, "<![CDATA["):
			s = s[len("<![CDATA["):]
			sections++
		case len(s) > 2 && (s[2] == '[' || isNameStart(s[2])): // a conditional comment of old browsers, a document type
			b.WriteString("<!")
			s = s[2:]
		default:
			b.WriteString("&lt;!")
			s = s[2:]
		}
		i = strings.Index(s, "<!")
	}
	writeWithoutSectionEnds(&b, s, &sections)
	return b.String()
}

// writeWithoutSectionEnds writes s without the ends of so many CDATA sections.
func writeWithoutSectionEnds(b *strings.Builder, s string, sections *int) {
	for *sections > 0 {
		before, after, ok := strings.Cut(s, "]]>")
		if !ok {
			break
		}
		b.WriteString(before)
		s = after
		*sections--
	}
	b.WriteString(s)
}
