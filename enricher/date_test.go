package enricher

import (
	"strings"
	"testing"
	"time"

	"github.com/feedmill/feedmill"
)

// TestDates reads one expression in a sentence, published on a day: "text=value" for each date, "" for none.
func TestDates(t *testing.T) {
	t.Parallel()
	const monday = "2011-01-10" // a Monday
	for _, tt := range []struct{ published, sentence, want string }{
		// Weekdays
		{monday, "The ministers agreed to cooperate Monday.", "Monday=2011-01-10"},
		{monday, "He was arrested on Friday.", "Friday=2011-01-07"},
		{monday, "He was arrested on Tuesday.", "Tuesday=2011-01-04"},
		{monday, "The court will rule on Thursday.", "Thursday=2011-01-13"},
		{monday, "On Thursday, the court will rule.", "Thursday=2011-01-13"},
		{monday, "The court will rule soon, a judge said Friday.", "Friday=2011-01-07"},
		{monday, "The talks are to begin Wednesday.", "Wednesday=2011-01-12"},
		{monday, "The vote is scheduled for Monday.", "Monday=2011-01-10"},
		{monday, "She resigned last Friday.", "last Friday=2011-01-07"},
		{monday, "She resigned last Monday.", "last Monday=2011-01-03"},
		{monday, "They meet next Friday.", "next Friday=2011-01-21"},
		{"2011-01-16", "They meet next Monday.", "next Monday=2011-01-17"},
		{monday, "They meet this Saturday.", "this Saturday=2011-01-15"},
		{monday, "They met on Monday, Jan. 3, and left.", "Monday, Jan. 3=2011-01-03"},
		{monday, "They met on Thursday, 6 January 2011.", "Thursday, 6 January 2011=2011-01-06"},
		{"2020-03-01", "It opened on Saturday (Feb. 29) in Paris.", "Saturday (Feb. 29)=2020-02-29"},
		// Days of the calendar
		{monday, "The ship sank on March 26 last year.", "March 26 last year=2010-03-26"},
		{monday, "The island was shelled on Nov. 23 in 2010.", "Nov. 23 in 2010=2010-11-23"},
		{monday, "On Dec. 8, the admiral expressed hope.", "Dec. 8=2010-12-08"},
		{monday, "He was born on January 10.", "January 10=2011-01-10"},
		{monday, "The summit will open on Feb. 3.", "Feb. 3=2011-02-03"},
		{monday, "It closed on Feb. 3.", "Feb. 3=2010-02-03"},
		{"2011-03-05", "He left on Feb. 29.", "Feb. 29=2008-02-29"},
		{monday, "The war ended on May 8, 1945, in Europe.", "May 8, 1945=1945-05-08"},
		{monday, "The war ended on 8 May 1945.", "8 May 1945=1945-05-08"},
		{monday, "The treaty of the 26th of March 2010 holds.", "26th of March 2010=2010-03-26"},
		{monday, "The fair ran from June 30 to July 2, 2010.", "June 30 to July 2, 2010=2010-06-30/2010-07-02"},
		{monday, "The fair ran March 26-28, 2010.", "March 26-28, 2010=2010-03-26/2010-03-28"},
		{monday, "The fair ran 26-28 March 2010.", "26-28 March 2010=2010-03-26/2010-03-28"},
		{"", "The war ended on May 8, 1945.", "May 8, 1945=1945-05-08"},
		{"", "The war ended on May 8.", ""},
		{"", "He left on Monday, a week ago, last year.", ""},
		{monday, "It happened on Feb. 30, 2010.", ""},
		// Numbers
		{monday, "Updated 2010-03-26 by us.", "2010-03-26=2010-03-26"},
		{monday, "Updated 2010/3/26 by us.", "2010/3/26=2010-03-26"},
		{monday, "Updated 26.03.2010 by us.", "26.03.2010=2010-03-26"},
		{monday, "Updated 26/03/2010 by us.", "26/03/2010=2010-03-26"},
		{monday, "Updated 03/26/2010 by us.", "03/26/2010=2010-03-26"},
		{monday, "Updated 03/04/2010 by us.", ""},
		{monday, "Version 10.11.12 is out.", ""},
		// Months
		{monday, "Exports fell in March.", "March=2010-03"},
		{monday, "Exports fell in January.", "January=2011-01"},
		{monday, "The vote will take place in March.", "March=2011-03"},
		{monday, "Exports fell in March 2009.", "March 2009=2009-03"},
		{monday, "Exports fell in March last year.", "March last year=2010-03"},
		{monday, "Exports fell last March.", "last March=2010-03"},
		{monday, "They vote next January.", "next January=2012-01"},
		{monday, "Prices rose January-March 2010 again.", "January-March 2010=2010-01/2010-03"},
		{monday, "The soldiers march in line and may win.", ""},
		{monday, "Prime Minister Theresa May spoke.", ""},
		// Days, weeks, months, years from here
		{monday, "He spoke today.", "today=2011-01-10"},
		{monday, "He spoke yesterday.", "yesterday=2011-01-09"},
		{monday, "He will speak tomorrow.", "tomorrow=2011-01-11"},
		{monday, "He spoke the day before yesterday.", "the day before yesterday=2011-01-08"},
		{monday, "He left three days ago.", "three days ago=2011-01-07"},
		{monday, "He left 10 days ago.", "10 days ago=2010-12-31"},
		{monday, "He left a week ago.", "a week ago=2011-W01"},
		{monday, "He left two months ago.", "two months ago=2010-11"},
		{"2011-03-31", "He left a month ago.", "a month ago=2011-02"},
		{monday, "He left 20 years ago.", "20 years ago=1991"},
		{monday, "He left two decades ago.", "two decades ago=1991"},
		{monday, "They meet two weeks from now.", "two weeks from now=2011-W04"},
		{monday, "Exports fell last month.", "last month=2010-12"},
		{monday, "It rained last week.", "last week=2011-W01"},
		{monday, "It is due next year.", "next year=2012"},
		{monday, "Earlier this year he left.", "this year=2011"},
		{monday, "It rained last weekend.", "last weekend=2011-01-08/2011-01-09"},
		{monday, "Sales fell in the past three years.", "past three years=2008/2011"},
		// Years and more
		{monday, "Under the 1910-1945 colonial rule they suffered.", "1910-1945=1910/1945"},
		{monday, "Japan ruled from 1910 to 1945 there.", "1910 to 1945=1910/1945"},
		{monday, "Japan ruled between 1910 and 1945 there.", "1910 and 1945=1910/1945"},
		{monday, "In the 2009-10 season they won.", "2009-10=2009/2010"},
		{monday, "He has led the party since 2008.", "2008=2008"},
		{monday, "The 2010 World Cup was a success.", "2010=2010"},
		{monday, "Some 2010 people came and 1500 left.", ""},
		{monday, "In the 1980s he moved.", "1980s=1980/1989"},
		{monday, "In the mid-1990s he moved.", "1990s=1990/1999"},
		{monday, "In the ’90s he moved.", "’90s=1990/1999"},
		{monday, "In the 19th century it was a village.", "19th century=1801/1900"},
		{monday, "Profit rose in the first quarter of 2010.", "first quarter of 2010=2010-01/2010-03"},
		{monday, "Profit rose in Q3 2010.", "Q3 2010=2010-07/2010-09"},
		{monday, "Profit rose in the fourth quarter of last year.", "fourth quarter of last year=2010-10/2010-12"},
		{monday, "The meeting at 10:30 cost 2000 euros.", ""},
	} {
		r := &feedmill.Record{}
		r.Text, r.Language.Tag = tt.sentence, "en"
		r.Published.Value = tt.published
		enrich(t, r)
		var got []string
		for _, d := range r.Dates {
			got = append(got, d.Text+"="+d.Value)
		}
		if s := strings.Join(got, "; "); s != tt.want {
			t.Errorf("%s, %q: %q, want %q", tt.published, tt.sentence, s, tt.want)
		}
	}
}

func TestDatesOfOtherLanguages(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct{ lang, text, want string }{
		{"de", "Das Treffen am 10. Januar 2011 war kurz.", "2011-01-10"},
		{"fr", "La réunion du 1er mai 2010 a duré.", "2010-05-01"},
		{"es", "La reunión del 10 de enero de 2011 fue breve.", "2011-01-10"},
		{"ru", "Встреча 10 января 2011 года была короткой.", "2011-01-10"},
		{"ko", "회담은 2011년 1월 10일에 서울에서 열렸다.", "2011-01-10"},
		{"ja", "会談は2011年1月10日に行われた。", "2011-01-10"},
		{"zh", "会谈于2011年1月举行。", "2011-01"},
		{"de", "Am Montag kam er 5 Minuten zu spät.", ""},
	} {
		r := &feedmill.Record{}
		r.Text, r.Language.Tag, r.Published.Value = tt.text, tt.lang, "2011-01-12"
		enrich(t, r)
		got := ""
		for _, d := range r.Dates {
			got += d.Value
		}
		if got != tt.want {
			t.Errorf("%s: %q, want %q", tt.text, got, tt.want)
		}
	}
}

// TestAnchorDay holds from which day relative dates are counted: that of the place of the dateline, else of the source.
func TestAnchorDay(t *testing.T) {
	t.Parallel()
	at := func(value string) feedmill.Timestamp {
		ts := feedmill.Timestamp{Value: value}
		if x, err := time.Parse(time.RFC3339, value); err == nil {
			ts.UTC = x.UTC()
		}
		return ts
	}
	for _, tt := range []struct{ name, published, country, dateline, want string }{
		{"the source's own zone, not UTC", "2011-01-11T05:00:00+09:00", "", "", "2011-01-11"},
		{"UTC of a feed is no zone of a paper in Seoul", "2011-01-10T20:00:00Z", "KR", "", "2011-01-11"},
		{"nor of one in New York", "2011-01-11T02:00:00Z", "US", "", "2011-01-10"},
		{"a stated zone stands", "2011-01-11T02:00:00+01:00", "US", "", "2011-01-11"},
		{"the dateline's place", "2011-01-11T05:00:00+09:00", "KR", "WASHINGTON", "2011-01-10"},
		{"and its country", "2011-01-10T20:00:00Z", "US", "SEOUL, South Korea", "2011-01-11"},
		{"a place that is not known", "2011-01-11T05:00:00+09:00", "KR", "Xyzzy", "2011-01-11"},
		{"a day without a time", "2011-01-11", "US", "SEOUL", "2011-01-11"},
		{"nothing", "", "US", "", ""},
	} {
		r := &feedmill.Record{}
		r.Published, r.Source.Country, r.Dateline.Place = at(tt.published), tt.country, tt.dateline
		got := ""
		if d, ok := anchorDay(r); ok {
			got = day(d)
		}
		if got != tt.want {
			t.Errorf("%s: %q, want %q", tt.name, got, tt.want)
		}
	}
}

// TestAnchor holds that the day of publication is the source's, not that of UTC.
func TestAnchor(t *testing.T) {
	t.Parallel()
	r := &feedmill.Record{}
	r.Text = "He spoke on Tuesday."
	r.Published.Value = "2011-01-11T05:00:00+09:00" // still Monday in UTC
	enrich(t, r)
	if len(r.Dates) != 1 || r.Dates[0].Value != "2011-01-11" || r.Dates[0].Anchor != "2011-01-11" {
		t.Errorf("dates %+v, want Tuesday 2011-01-11", r.Dates)
	}
}
