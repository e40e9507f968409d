package enricher

import (
	"context"
	"strconv"
	"strings"

	"github.com/feedmill/feedmill"
)

// findAmounts finds money, percentages, measures and counted things.
func findAmounts(ctx context.Context, d *document) error {
	var out []feedmill.Amount
	for _, f := range d.fields {
		toks := f.tokens()
		for i := 0; i < len(toks); {
			if i%4096 == 0 && ctx.Err() != nil {
				return ctx.Err()
			}
			a, n := amountAt(d, toks, i)
			if a.Kind != "" {
				start, end := toks[a.Start].start, toks[a.End-1].end
				a.Span, a.Text = f.span(start, end), f.slice(start, end)
				out = append(out, a)
			}
			i += max(1, n)
		}
	}
	d.r.Amounts = out
	return nil
}

// amountAt reads the amount that starts at token i. Its span holds token indexes, its kind is empty if there
// is none; n is how many tokens to go on by.
func amountAt(d *document, toks []token, i int) (a feedmill.Amount, n int) {
	if cur, k := currencyBefore(toks, i); cur != "" {
		if v, m := number(toks, i+k); m > 0 {
			end := i + k + m
			return feedmill.Amount{Span: feedmill.Span{Start: i, End: end}, Kind: "money", Value: v, Unit: cur}, end - i
		}
		return a, 0
	}
	v, m := number(toks, i)
	if m == 0 {
		return a, 0
	}
	end := i + m
	if end >= len(toks) || toks[end].line {
		return a, 0
	}
	t := &toks[end]
	switch {
	case t.is("%") || t.is("％") || t.key == "percent" || t.key == "pct" || t.key == "prozent" || t.key == "procent":
		return feedmill.Amount{Span: feedmill.Span{Start: i, End: end + 1}, Kind: "percent", Value: v, Unit: "%"}, m + 1
	case (t.key == "per" || t.key == "por" || t.key == "pour") && end+1 < len(toks) && (toks[end+1].key == "cent" || toks[end+1].key == "ciento"):
		return feedmill.Amount{Span: feedmill.Span{Start: i, End: end + 2}, Kind: "percent", Value: v, Unit: "%"}, m + 2
	}
	if cur, k := currencyAfter(toks, end); cur != "" {
		return feedmill.Amount{Span: feedmill.Span{Start: i, End: end + k}, Kind: "money", Value: v, Unit: cur}, m + k
	}
	if u := measure(t.key); u != "" && !(u == "m" && !toks[end].gap && v > 1000) {
		return feedmill.Amount{Span: feedmill.Span{Start: i, End: end + 1}, Kind: "quantity", Value: v, Unit: u}, m + 1
	}
	if d.english() {
		if unit := counted(toks, end); unit != "" && !followsMonth(toks, i) {
			return feedmill.Amount{Span: feedmill.Span{Start: i, End: end}, Kind: "quantity", Value: v, Unit: unit}, m
		}
	}
	return a, m
}

func followsMonth(toks []token, i int) bool { return i > 0 && monthOf(toks[i-1].key) != 0 }

// counted returns the noun that a number counts: a plural within three words, with the plain words before it left out.
func counted(toks []token, i int) string {
	for k := i; k < len(toks) && k < i+3; k++ {
		t := &toks[k]
		if t.kind != kindWord || t.line || t.upper || functionWords()[t.key] || speechVerbs()[t.key] || !t.gap {
			return ""
		}
		if plural(t.key) {
			if timeUnit(t.key) != "" {
				return ""
			}
			return t.text
		}
	}
	return ""
}

func plural(k string) bool {
	switch k {
	case "people", "men", "women", "children", "police", "troops", "personnel", "staff", "fish", "sheep", "cattle", "aircraft", "servicemen", "policemen":
		return true
	}
	return len(k) > 3 && strings.HasSuffix(k, "s") && !strings.HasSuffix(k, "ss") && !strings.HasSuffix(k, "us") && !strings.HasSuffix(k, "is")
}

// currencyBefore reads "$", "US$", "€", "EUR", "Rs." before a number.
func currencyBefore(toks []token, i int) (unit string, n int) {
	t := toks[i].text
	next := ""
	if i+1 < len(toks) && !toks[i+1].gap {
		next = toks[i+1].text
	}
	switch t {
	case "$":
		return "USD", 1
	case "€":
		return "EUR", 1
	case "£":
		return "GBP", 1
	case "¥", "￥":
		return "JPY", 1
	case "₩", "￦":
		return "KRW", 1
	case "₹":
		return "INR", 1
	case "₽":
		return "RUB", 1
	case "₺":
		return "TRY", 1
	case "₴":
		return "UAH", 1
	case "₪":
		return "ILS", 1
	case "₫":
		return "VND", 1
	case "฿":
		return "THB", 1
	case "₱":
		return "PHP", 1
	case "₦":
		return "NGN", 1
	}
	if next == "$" {
		switch t {
		case "US", "U.S.":
			return "USD", 2
		case "C", "CA":
			return "CAD", 2
		case "A", "AU":
			return "AUD", 2
		case "NZ":
			return "NZD", 2
		case "HK":
			return "HKD", 2
		case "S", "SG":
			return "SGD", 2
		case "NT":
			return "TWD", 2
		case "R":
			return "BRL", 2
		}
	}
	switch t {
	case "USD", "EUR", "GBP", "JPY", "KRW", "CNY", "CHF", "INR", "RUB", "CAD", "AUD", "NZD", "HKD", "SGD", "SEK", "NOK", "DKK", "PLN", "CZK", "HUF", "TRY", "BRL", "MXN", "ZAR":
		return t, 1
	case "Rs", "Rs.":
		return "INR", 1
	case "RMB":
		return "CNY", 1
	}
	return "", 0
}

// currencyAfter reads "euros", "U.S. dollars", "billion won" behind a number.
func currencyAfter(toks []token, i int) (unit string, n int) {
	k := toks[i].key
	if i+1 < len(toks) {
		adj, noun := strings.TrimSuffix(strings.ReplaceAll(k, ".", ""), "."), toks[i+1].key
		if strings.HasPrefix(noun, "dollar") {
			switch adj {
			case "us", "american":
				return "USD", 2
			case "canadian":
				return "CAD", 2
			case "australian":
				return "AUD", 2
			case "singapore":
				return "SGD", 2
			case "taiwan":
				return "TWD", 2
			}
		}
		if strings.HasPrefix(noun, "franc") && adj == "swiss" {
			return "CHF", 2
		}
		if strings.HasPrefix(noun, "pound") && adj == "british" {
			return "GBP", 2
		}
	}
	switch k {
	case "dollar", "dollars":
		return "USD", 1
	case "€", "euro", "euros":
		return "EUR", 1
	case "£", "pence", "sterling":
		return "GBP", 1
	case "yen", "円":
		return "JPY", 1
	case "won", "원":
		if k == "won" && (toks[i].upper || i+1 < len(toks) && (toks[i+1].key == "the" || toks[i+1].key == "a")) {
			return "", 0
		}
		return "KRW", 1
	case "yuan", "renminbi", "元":
		return "CNY", 1
	case "rupee", "rupees":
		return "INR", 1
	case "rouble", "roubles", "ruble", "rubles":
		return "RUB", 1
	case "usd", "eur", "gbp", "jpy", "krw", "cny", "chf", "inr", "rub", "sek", "nok", "dkk", "pln":
		return strings.ToUpper(k), 1
	case "ringgit":
		return "MYR", 1
	case "baht":
		return "THB", 1
	case "rupiah":
		return "IDR", 1
	case "zloty", "zlotys":
		return "PLN", 1
	case "rand":
		return "ZAR", 1
	}
	return "", 0
}

// measure returns the symbol of a unit of measurement.
func measure(k string) string {
	switch k {
	case "km", "kilometer", "kilometers", "kilometre", "kilometres":
		return "km"
	case "m", "meter", "meters", "metre", "metres":
		return "m"
	case "cm", "centimeter", "centimeters", "centimetre", "centimetres":
		return "cm"
	case "mm", "millimeter", "millimeters", "millimetre", "millimetres":
		return "mm"
	case "mile", "miles":
		return "mi"
	case "foot", "feet", "ft":
		return "ft"
	case "inch", "inches":
		return "in"
	case "kg", "kilogram", "kilograms", "kilo", "kilos":
		return "kg"
	case "gram", "grams":
		return "g"
	case "ton", "tons", "tonne", "tonnes":
		return "t"
	case "barrel", "barrels":
		return "bbl"
	case "hectare", "hectares":
		return "ha"
	case "acre", "acres":
		return "ac"
	case "liter", "liters", "litre", "litres":
		return "l"
	case "mph":
		return "mph"
	case "kph", "km/h":
		return "km/h"
	case "mw", "megawatt", "megawatts":
		return "MW"
	case "gw", "gigawatt", "gigawatts":
		return "GW"
	case "ounce", "ounces":
		return "oz"
	}
	return ""
}

// number reads digits or number words from token i on, with "million" and the like.
func number(toks []token, i int) (v float64, n int) {
	if i >= len(toks) {
		return 0, 0
	}
	t := &toks[i]
	switch {
	case t.kind == kindNumber:
		x, ok := digits(t.text)
		if !ok {
			return 0, 0
		}
		v, n = x, 1
	case t.kind == kindWord && smallNumber(t.key) > 0:
		v, n = smallNumber(t.key), 1
		for i+n < len(toks) && toks[i+n].kind == kindWord && !toks[i+n].line {
			k := toks[i+n].key
			if k == "hundred" {
				v *= 100
			} else if s := smallNumber(k); s > 0 && s < 10 && v >= 20 && int(v)%10 == 0 {
				v += s
			} else {
				break
			}
			n++
		}
	case t.kind == kindWord:
		// "5bn", "3m" are one token
		for _, suffix := range []string{"bn", "trn", "tn", "mn", "m", "k"} {
			if head, ok := strings.CutSuffix(t.key, suffix); ok {
				if x, ok := digits(head); ok {
					return x * scale(suffix), 1
				}
			}
		}
		return 0, 0
	default:
		return 0, 0
	}
	if i+n < len(toks) && !toks[i+n].line {
		if s := scale(toks[i+n].key); s > 0 && (toks[i+n].key != "m" && toks[i+n].key != "k" || !toks[i+n].gap) {
			v *= s
			n++
		}
	}
	return v, n
}

// digits reads "1,234.5"; a comma parts thousands, or else a decimal fraction as on the Continent.
func digits(s string) (float64, bool) {
	if s == "" || s[0] < '0' || s[0] > '9' {
		return 0, false
	}
	if i := strings.IndexByte(s, ','); i >= 0 {
		if strings.Count(s, ",") == 1 && len(s)-i-1 != 3 && !strings.Contains(s, ".") {
			s = strings.Replace(s, ",", ".", 1)
		} else {
			s = strings.ReplaceAll(s, ",", "")
		}
	}
	v, err := strconv.ParseFloat(s, 64)
	return v, err == nil && v < 1e18
}

func scale(k string) float64 {
	switch k {
	case "thousand", "k", "천", "千":
		return 1e3
	case "만", "万", "萬":
		return 1e4
	case "million", "millions", "m", "mn", "millionen":
		return 1e6
	case "억", "億", "亿":
		return 1e8
	case "billion", "billions", "bn", "milliarden":
		return 1e9
	case "trillion", "trillions", "tn", "trn", "조", "兆":
		return 1e12
	}
	return 0
}

func smallNumber(k string) float64 {
	switch k {
	case "one":
		return 1
	case "two":
		return 2
	case "three":
		return 3
	case "four":
		return 4
	case "five":
		return 5
	case "six":
		return 6
	case "seven":
		return 7
	case "eight":
		return 8
	case "nine":
		return 9
	case "ten":
		return 10
	case "eleven":
		return 11
	case "twelve":
		return 12
	case "thirteen":
		return 13
	case "fourteen":
		return 14
	case "fifteen":
		return 15
	case "sixteen":
		return 16
	case "seventeen":
		return 17
	case "eighteen":
		return 18
	case "nineteen":
		return 19
	case "twenty":
		return 20
	case "thirty":
		return 30
	case "forty":
		return 40
	case "fifty":
		return 50
	case "sixty":
		return 60
	case "seventy":
		return 70
	case "eighty":
		return 80
	case "ninety":
		return 90
	}
	return 0
}

// timeUnit returns the singular of a unit of the calendar, "" for other words.
func timeUnit(k string) string {
	switch strings.TrimSuffix(k, "s") {
	case "day", "week", "month", "year", "decade", "quarter", "century", "hour", "minute":
		return strings.TrimSuffix(k, "s")
	}
	switch k {
	case "centuries":
		return "century"
	}
	return ""
}
