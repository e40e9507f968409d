package parser

import (
	"testing"
	"time"
)

// feedDates are dates as they stand in feeds, and what they mean in RFC 3339; "" for those that mean nothing certain.
var feedDates = []struct{ raw, want string }{
	// RFC 822 §5 and RFC 2822 §3.3, with what publishers make of them
	{"Mon, 10 Jan 2011 19:41:00 +0900", "2011-01-10T19:41:00+09:00"},
	{"Sun, 10 Jan 2011 19:41:00 +0900", "2011-01-10T19:41:00+09:00"}, // wrong weekday
	{"10 Jan 2011 19:41:00 GMT", "2011-01-10T19:41:00Z"},
	{"Mon, 10 Jan 11 19:41 EST", "2011-01-10T19:41:00-05:00"},
	{"Mon, 10 Jan 99 19:41 PDT", "1999-01-10T19:41:00-07:00"},
	{"Mon, 10 January 2011 7:41 PM CET", "2011-01-10T19:41:00+01:00"},
	{"Mon, 10 Jan 2011 12:05 am UTC", "2011-01-10T00:05:00Z"},
	{"Mon,10 Jan 2011 19:41:00 GMT+0100", "2011-01-10T19:41:00+01:00"},
	{"Mon, 10 Jan 2011 19:41:00 +09:00", "2011-01-10T19:41:00+09:00"},
	{"Mon, 10 Jan 2011 19:41:00 -0330 (NST)", "2011-01-10T19:41:00-03:30"},
	{"Mon, 10 Jan 2011 19:41:00", "2011-01-10T19:41:00Z"},
	{"Mon, 10 Jan 2011", "2011-01-10T00:00:00Z"},
	{"10 Jan 2011 24:00:00 GMT", "2011-01-11T00:00:00Z"},
	{"31 Dec 2010 23:59:60 GMT", "2010-12-31T23:59:59Z"},
	{"Mon, 10-Jan-11 19:41:00 GMT", "2011-01-10T19:41:00Z"}, // RFC 850
	{"Mon Jan 10 19:41:00 2011", "2011-01-10T19:41:00Z"},    // asctime
	{"Mon Jan 10 19:41:00 KST 2011", "2011-01-10T19:41:00+09:00"},
	{"Jan 10, 2011 19:41 EDT", "2011-01-10T19:41:00-04:00"},
	{"January 10, 2011, 7:41 p.m. GMT", "2011-01-10T19:41:00Z"},
	{"Mon, 10 Jan 2011 19:41:00 XYZ", "2011-01-10T19:41:00Z"}, // a zone nobody knows: none
	// RFC 3339 and ISO 8601
	{"2011-01-10T19:41:00Z", "2011-01-10T19:41:00Z"},
	{"2011-01-10T19:41:00.123+09:00", "2011-01-10T19:41:00.123+09:00"},
	{"2011-01-10t19:41:00z", "2011-01-10T19:41:00Z"},
	{"2011-01-10T19:41+0900", "2011-01-10T19:41:00+09:00"},
	{"2011-01-10T19:41:00 +09:00", "2011-01-10T19:41:00+09:00"},
	{"2011-01-10 19:41:00", "2011-01-10T19:41:00Z"},
	{"2011-01-10 19:41:00 EST", "2011-01-10T19:41:00-05:00"},
	{"2011-01-10 07:41:00 PM", "2011-01-10T19:41:00Z"},
	{"20110110T194100Z", "2011-01-10T19:41:00Z"},
	{"2011-01-10", "2011-01-10T00:00:00Z"},
	{"2011-010", "2011-01-10T00:00:00Z"},
	{"2011-01", "2011-01-01T00:00:00Z"},
	{"2011/01/10 19:41", "2011-01-10T19:41:00Z"},
	{"2011.01.10 19:41", "2011-01-10T19:41:00Z"},
	// seconds and milliseconds since 1970
	{"1294656060", "2011-01-10T10:41:00Z"},
	{"1294656060000", "2011-01-10T10:41:00Z"},
	// other languages
	{"Mo, 10 Jän 2011 19:41:00 +0100", ""},
	{"Mo, 10 Januar 2011 19:41:00 +0100", "2011-01-10T19:41:00+01:00"},
	{"jeu., 10 févr. 2011 19:41:00 +0100", "2011-02-10T19:41:00+01:00"},
	{"mar, 11 ene 2011 19:41:00 +0100", "2011-01-11T19:41:00+01:00"},
	{"Пн, 10 янв 2011 19:41:00 +0300", "2011-01-10T19:41:00+03:00"},
	{"Δευ, 10 Ιαν 2011 19:41:00 EET", "2011-01-10T19:41:00+02:00"},
	{"2011년 1월 10일 19:41", "2011-01-10T19:41:00Z"},
	{"2011년 01월 10일 오후 7:41:05", "2011-01-10T19:41:05Z"},
	{"2011年1月10日 19時41分", "2011-01-10T19:41:00Z"},
	// nothing certain
	{"", ""},
	{"yesterday", ""},
	{"10", ""},
	{"2011", "2011-01-01T00:00:00Z"},
	{"01/10/2011 19:41", ""}, // January or October
	{"31 Feb 2011 10:00:00 GMT", ""},
	{"Mon, 10 Jan 2011 25:00:00 GMT", ""},
	{"2011-13-10T19:41:00Z", ""},
	{"0001-01-01T00:00:00Z", ""},
	{"-62135596800", ""},
	{"Mon, 10 Jan 3011 19:41:00 GMT", ""},
	{"2012-02-01T00:00:00Z", ""}, // more than a year ahead of the day of reading
	{"2011-12-31T00:00:00Z", "2011-12-31T00:00:00Z"},
}

func TestParseFeedDate(t *testing.T) {
	t.Parallel()
	now := time.Date(2011, 1, 11, 0, 0, 0, 0, time.UTC)
	for _, test := range feedDates {
		got := ""
		if d, ok := parseFeedDate(test.raw, now); ok {
			got = d.Format(time.RFC3339Nano)
		}
		if got != test.want {
			t.Errorf("%q: got %q, want %q", test.raw, got, test.want)
		}
	}
}

// FuzzParseFeedDate checks that whatever is read lies within the bounds, and means the same once it is written down.
func FuzzParseFeedDate(f *testing.F) {
	for _, test := range feedDates {
		f.Add(test.raw)
	}
	now := time.Date(2011, 1, 11, 0, 0, 0, 0, time.UTC)
	f.Fuzz(func(t *testing.T, raw string) {
		d, ok := parseFeedDate(raw, now)
		if !ok {
			return
		}
		if d.Year() < earliestYear || d.After(now.AddDate(maxFutureYears, 0, 0)) {
			t.Fatalf("%q: %v is out of bounds", raw, d)
		}
		again, ok := parseFeedDate(d.Format(time.RFC3339Nano), now)
		if !ok || !again.Equal(d) {
			t.Fatalf("%q: %v, read again %v, %v", raw, d, again, ok)
		}
	})
}
