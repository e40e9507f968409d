package enricher

import (
	"strings"
	"sync"
)

// foreignDay reads days with the year in languages that write day, month name, year: "10. Januar 2011",
// "10 de enero de 2011", "le 1er mai 2010".
func (p *dater) foreignDay(i int) (when, bool) {
	months := monthNames()[p.lang]
	if months == nil {
		return when{}, false
	}
	d := p.integer(i)
	if p.tok(i).key == "1er" || p.tok(i).text == "1º" {
		d = 1
	}
	if d < 1 || d > 31 {
		return when{}, false
	}
	j := i + 1
	if p.tok(j).is(".") && !p.tok(j).gap || p.tok(j).key == "de" {
		j++
	}
	m := months[strings.TrimSuffix(p.tok(j).key, ".")]
	if m == 0 || p.tok(j).line {
		return when{}, false
	}
	j++
	if p.tok(j).key == "de" || p.tok(j).key == "del" {
		j++
	}
	x, ok := makeDay(p.year(j), m, d)
	if !ok || p.year(j) == 0 {
		return when{}, false
	}
	return when{to: j + 1, value: day(x), precision: precisionDay}, true
}

// monthNames are the folded names of months by language.
var monthNames = sync.OnceValue(func() map[string]map[string]int {
	out := map[string]map[string]int{}
	for lang, names := range map[string]string{
		"de": "januar februar marz april mai juni juli august september oktober november dezember",
		"fr": "janvier fevrier mars avril mai juin juillet aout septembre octobre novembre decembre",
		"es": "enero febrero marzo abril mayo junio julio agosto septiembre octubre noviembre diciembre",
		"pt": "janeiro fevereiro marco abril maio junho julho agosto setembro outubro novembro dezembro",
		"it": "gennaio febbraio marzo aprile maggio giugno luglio agosto settembre ottobre novembre dicembre",
		"nl": "januari februari maart april mei juni juli augustus september oktober november december",
		"sv": "januari februari mars april maj juni juli augusti september oktober november december",
		"da": "januar februar marts april maj juni juli august september oktober november december",
		"no": "januar februar mars april mai juni juli august september oktober november desember",
		"pl": "stycznia lutego marca kwietnia maja czerwca lipca sierpnia wrzesnia pazdziernika listopada grudnia",
		"cs": "ledna unora brezna dubna kvetna cervna cervence srpna zari rijna listopadu prosince",
		"ro": "ianuarie februarie martie aprilie mai iunie iulie august septembrie octombrie noiembrie decembrie",
		"tr": "ocak subat mart nisan mayis haziran temmuz agustos eylul ekim kasim aralik",
		"id": "januari februari maret april mei juni juli agustus september oktober november desember",
		"ru": "января февраля марта апреля мая июня июля августа сентября октября ноября декабря",
		"uk": "січня лютого березня квітня травня червня липня серпня вересня жовтня листопада грудня",
	} {
		m := map[string]int{}
		for i, n := range strings.Fields(names) {
			m[n] = i + 1
		}
		out[lang] = m
	}
	return out
})
