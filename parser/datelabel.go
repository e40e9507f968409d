package parser

import (
	"strings"
	"unicode"

	"golang.org/x/net/html"
)

// dateLabel is what the words before a date say of it.
type dateLabel int8

const (
	labelNone dateLabel = iota
	labelPublished
	labelUpdated
)

// publishWords and updateWords announce the day of publication and that of a change, in lower case.
var (
	publishWords = [...]string{
		"publish", "publi", "posted on", "posted:", "posted", "first aired", "erschienen", "veröffentlicht", "gepostet", "eingestellt", "pubblicat", "gepubliceerd", "geplaatst", "opublikowan", "publikován", "publikovan", "zveřejněn", "közzét", "megjelent", "julkaistu", "yayınlan", "yayımlan",
		"опубликован", "опубліковано", "публикация", "objavljeno", "objavlj", "δημοσιεύ", "diterbitkan", "dipublikasikan", "đăng ngày", "公開", "掲載", "配信", "発表", "发布", "發布", "發佈", "发表", "등록", "입력", "게시", "발행", "نشر", "פורסם",
	}
	updateWords = [...]string{
		"updated", "last update", "modified", "last edited", "last reviewed", "reviewed on", "medically reviewed", "fact checked", "revised", "aktualisiert", "aktualisierung", "stand:", "letzte änderung", "zuletzt", "geändert", "überarbeitet", "mis à jour", "mise à jour", "modifié", "actualizado", "actualizada", "actualización", "aggiornat", "ultima modifica", "atualizad", "bijgewerkt", "laatste wijziging", "laatst gewijzigd",
		"oppdatert", "sist endret", "uppdaterad", "senast ändrad", "opdateret", "sidst ændret", "päivitetty", "muokattu", "aktualizováno", "aktualizace", "aktualizované", "aktualizacja", "zaktualizowan", "frissítve", "módosítva", "actualizat", "güncelle", "ažurirano", "обновлен", "обновлён", "оновлено", "ενημέρωση", "ενημερώθηκε", "diperbarui", "cập nhật", "更新", "수정", "تحديث", "עודכן",
	}
)

// mentionsUpdate tells a line of which the first date is that of a change.
func mentionsUpdate(s string) bool {
	l := strings.ToLower(cutRunes(s, 100))
	i := updateWord(l)
	// "Published … updated …": the first date is the publication's.
	return i >= 0 && i < 24 && !strings.Contains(l[:i], "publi") && !strings.Contains(l[:i], "post") && !strings.ContainsAny(l[:i], "0123456789")
}

// updateWord is where a line, in lower case, speaks of a change; -1 where it does not.
func updateWord(s string) int { return firstIndex(s, updateWords[:]) }

// firstIndex is where the first of some words stands, -1 where none does.
func firstIndex(s string, words []string) int {
	first := -1
	for _, w := range words {
		if i := strings.Index(s, w); i >= 0 && (first < 0 || i < first) {
			first = i
		}
	}
	return first
}

// labelIn is what the words before the first figure of a line say of the date that follows: the last of them counts.
func labelIn(s string) dateLabel {
	l := strings.ToLower(firstRunes(s, 200))
	if i := strings.IndexFunc(l, unicode.IsDigit); i >= 0 {
		l = l[:i]
	}
	last, label := -1, labelNone
	for _, w := range publishWords {
		if i := strings.LastIndex(l, w); i > last {
			last, label = i, labelPublished
		}
	}
	for _, w := range updateWords {
		if i := strings.LastIndex(l, w); i >= 0 && i+len(w) > last {
			last, label = i, labelUpdated
		}
	}
	return label
}

// labelOfBlock is what is said of the date in a block: by the block itself, or by a line of words alone right before it.
func (l *layout) labelOfBlock(i int) dateLabel {
	if label := labelIn(l.blocks[i].text); label != labelNone || i == 0 {
		return label
	}
	if b := &l.blocks[i-1]; b.size <= 30 && strings.IndexFunc(b.text, unicode.IsDigit) < 0 {
		return labelIn(b.text)
	}
	return labelNone
}

// labelOfNode is what is said of the date in an element: by its own text, or by the text right before it.
func labelOfNode(n *html.Node) dateLabel {
	if text, whole := nodeTextWithin(n, 120); whole {
		if label := labelIn(text); label != labelNone {
			return label
		}
	}
	for up := 0; up < 3 && n != nil; up++ {
		for s := n.PrevSibling; s != nil; s = s.PrevSibling {
			text, whole := nodeTextWithin(s, 60)
			if !whole {
				return labelNone
			}
			if text = strings.TrimSpace(text); text == "" {
				continue
			}
			if strings.IndexFunc(text, unicode.IsDigit) >= 0 {
				return labelNone
			}
			return labelIn(text)
		}
		n = n.Parent
	}
	return labelNone
}
