package enricher

import (
	"slices"
	"strings"
	"testing"

	"github.com/feedmill/feedmill"
)

// names lists what was found as "type:name=mention+mention".
func names(r *feedmill.Record) []string {
	var out []string
	for _, e := range r.Entities {
		var m []string
		for _, x := range e.Mentions {
			m = append(m, x.Text)
		}
		out = append(out, e.Type+":"+e.Name+"="+strings.Join(m, "+"))
	}
	return out
}

func TestEntities(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name, title, text string
		want              []string
	}{
		{"capitals of the calendar and of sentence starts", "", "Officials met on Monday. March was cold. Exports fell in May. The Christmas season ended.", nil},
		{"headline in title case", "Defense Chiefs Discuss New Rules After Long Talks", "", nil},
		{"headline in capitals", "MINISTERS MEET IN TOKYO AFTER LONG TALKS", "", []string{"place:Tokyo=TOKYO"}},
		{"short name", "Obama returns", "President Barack Obama came back. Obama’s trip was short.", []string{"person:Barack Obama=Obama+Barack Obama+Obama"}},
		{"family name first", "", "Chinese leader Hu Jintao met Kim Jong-il. Hu smiled and Kim left.", []string{"group:Chinese=Chinese", "person:Hu Jintao=Hu Jintao+Hu", "person:Kim Jong-il=Kim Jong-il+Kim"}},
		{"two of one name", "", "Robert Miller met Anna Miller. Miller said she was glad.", []string{"person:Robert Miller=Robert Miller", "person:Anna Miller=Anna Miller+Miller"}},
		{"acronym after its expansion", "", "The Coastal Water Authority (CWA) met. The CWA said nothing.", []string{"organization:Coastal Water Authority=Coastal Water Authority+CWA+CWA"}},
		{"acronym in lower case words", "", "The gross domestic product (GDP) grew.", nil},
		{"company", "", "Shares of Tremont Steel Corp. fell. Tremont Steel said nothing.", []string{"organization:Tremont Steel Corp.=Tremont Steel Corp.+Tremont Steel"}},
		{"ministry with and", "", "The Ministry of Foreign Affairs and Trade in Seoul said so.", []string{"organization:Ministry of Foreign Affairs and Trade=Ministry of Foreign Affairs and Trade", "place:Seoul=Seoul"}},
		{"hyphens part names of countries", "", "The U.S.-led force and Seoul-based diplomats discussed Japan-China ties.", []string{"place:United States=U.S.", "place:Seoul=Seoul", "place:Japan=Japan", "place:China=China"}},
		{"ship, not town", "", "The frigate Cheonan sank near Busan.", []string{"product:Cheonan=Cheonan", "place:Busan=Busan"}},
		{"faith and people", "", "Muslims and Christians from Egypt joined Koreans.", []string{"group:Muslim=Muslims", "group:Christian=Christians", "place:Egypt=Egypt", "group:Korean=Koreans"}},
		{"land and water", "", "They sailed from Lake Victoria to the Gulf of Aden.", []string{"place:Lake Victoria=Lake Victoria", "place:Gulf of Aden=Gulf of Aden"}},
		{"the North", "", "North Korea fired. Officials said the North would stop. He drove to the north.", []string{"place:North Korea=North Korea+North"}},
		{"a country that is a bird", "", "They ate turkey in Turkey.", []string{"place:Turkey=Turkey"}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			r := &feedmill.Record{}
			r.Title, r.Text, r.Language.Tag = tt.title, tt.text, "en"
			enrich(t, r)
			if got := names(r); !slices.Equal(got, tt.want) {
				t.Errorf("got  %q\nwant %q", got, tt.want)
			}
		})
	}
}

func TestEntitiesOfOtherLanguages(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		lang, text string
		want       []string
	}{
		{"de", "Bundeskanzlerin Angela Merkel reiste am Freitag nach Frankreich. Die Opposition war nicht zufrieden.", []string{"person:Angela Merkel", "place:Frankreich"}},
		{"fr", "Le ministre est arrivé à Berlin pour parler de la Corée du Nord avec les autres.", []string{"place:Berlin", "place:Corée du Nord"}},
		{"ko", "일본 방위상이 서울에서 회담했다.", []string{"place:일본"}},
		{"de", "Das Wetter bleibt in den nächsten Tagen kalt und nass. Die Mark fällt.", nil},
	} {
		r := &feedmill.Record{}
		r.Text, r.Language.Tag = tt.text, tt.lang
		enrich(t, r)
		var got []string
		for _, e := range r.Entities {
			got = append(got, e.Type+":"+e.Name)
		}
		if !slices.Equal(got, tt.want) {
			t.Errorf("%s: got %q, want %q", tt.text, got, tt.want)
		}
	}
}

func TestRoles(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct{ text, name, title, of string }{
		{"German Chancellor Angela Merkel spoke.", "Angela Merkel", "Chancellor", "Germany"},
		{"France's foreign minister, Bernard Kouchner, left.", "Bernard Kouchner", "foreign minister", "France"},
		{"Former U.S. President Bill Clinton spoke.", "Bill Clinton", "President", "United States"},
		{"Robert Miller, secretary general of the United Nations, left.", "Robert Miller", "secretary general of the United Nations", "United Nations"},
		{"Mr. Robert Miller left.", "Robert Miller", "", ""},
	} {
		r := &feedmill.Record{}
		r.Text, r.Language.Tag = tt.text, "en"
		enrich(t, r)
		title, of := "", ""
		if roles := entityNamed(t, r, tt.name).Roles; len(roles) > 0 {
			title, of = roles[0].Title, roles[0].Of
			for _, e := range r.Entities {
				if e.ID == of {
					of = e.Name
				}
			}
		}
		if title != tt.title || of != tt.of {
			t.Errorf("%s: %q of %q, want %q of %q", tt.text, title, of, tt.title, tt.of)
		}
	}
}

func TestLinks(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct{ text, name, key string }{
		{"The leaders met in Paris.", "Paris", "geonames:2988507"},
		{"The fair was held in Paris, Texas, last year.", "Paris", "geonames:4717560"},
		{"Washington has urged Tokyo to act.", "Washington, D.C.", "geonames:4140963"},
		{"Kenya and Uganda agreed.", "Kenya", "wikidata:Q114"},
		{"Voters in Atlanta and elsewhere in Georgia and Florida.", "Georgia", "wikidata:Q1428"},
		{"Tbilisi said Georgia and Russia agreed.", "Georgia", "wikidata:Q230"},
	} {
		r := &feedmill.Record{}
		r.Text, r.Language.Tag = tt.text, "en"
		enrich(t, r)
		if got := entityNamed(t, r, tt.name).Key; got != tt.key {
			t.Errorf("%s: key %s, want %s", tt.text, got, tt.key)
		}
	}
}

func TestQuotes(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct{ text, quote, speaker string }{
		{"“We will go,” said Robert Miller.", "We will go,", "Robert Miller"},
		{"“We will go,” the Ministry of Health said.", "We will go,", "Ministry of Health"},
		{"Robert Miller left. “We will go,” he said.", "We will go,", "Robert Miller"},
		{"Robert Miller said he was ill. “We will go,” he added.", "We will go,", "Robert Miller"},
		{`Robert Miller told reporters: "We will go."`, "We will go.", "Robert Miller"},
		{"“We will go,” nobody in the room heard.", "We will go,", ""},
		{"„Wir werden gehen“, heißt es.", "Wir werden gehen", ""},
		{"« Nous allons partir », a-t-il dit.", "Nous allons partir", ""},
		{"首相は「会談は成功した」と述べた。", "会談は成功した", ""},
	} {
		r := &feedmill.Record{}
		r.Text = tt.text
		enrich(t, r)
		if len(r.Quotes) != 1 || r.Quotes[0].Text != tt.quote {
			t.Errorf("%s: quotes %+v, want %q", tt.text, r.Quotes, tt.quote)
			continue
		}
		got := ""
		if s := r.Quotes[0].Speaker; s != nil {
			for _, e := range r.Entities {
				if e.ID == *s {
					got = e.Name
				}
			}
		}
		if got != tt.speaker {
			t.Errorf("%s: speaker %q, want %q", tt.text, got, tt.speaker)
		}
	}
}

func TestAmounts(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		text string
		want feedmill.Amount
	}{
		{"It cost $1.5 billion to build.", feedmill.Amount{Text: "$1.5 billion", Kind: "money", Value: 1.5e9, Unit: "USD"}},
		{"It cost 200 million euros to build.", feedmill.Amount{Text: "200 million euros", Kind: "money", Value: 2e8, Unit: "EUR"}},
		{"Sales rose 5.2 percent there.", feedmill.Amount{Text: "5.2 percent", Kind: "percent", Value: 5.2, Unit: "%"}},
		{"It took the lives of 46 sailors there.", feedmill.Amount{Text: "46", Kind: "quantity", Value: 46, Unit: "sailors"}},
		{"It killed four people there.", feedmill.Amount{Text: "four", Kind: "quantity", Value: 4, Unit: "people"}},
		{"They drove 1,200 kilometers there.", feedmill.Amount{Text: "1,200 kilometers", Kind: "quantity", Value: 1200, Unit: "km"}},
	} {
		r := &feedmill.Record{}
		r.Text, r.Language.Tag = tt.text, "en"
		enrich(t, r)
		if len(r.Amounts) != 1 {
			t.Errorf("%s: %+v", tt.text, r.Amounts)
			continue
		}
		got := r.Amounts[0]
		got.Span = feedmill.Span{}
		if got != tt.want {
			t.Errorf("%s: %+v, want %+v", tt.text, got, tt.want)
		}
	}
}

func TestSentences(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		text string
		want []string
	}{
		{"Mr. Kim of Tremont Co. met Gen. Lee on Nov. 23. They left.", []string{"Mr. Kim of Tremont Co. met Gen. Lee on Nov. 23.", "They left."}},
		{"He lives in the U.S. The law is new.", []string{"He lives in the U.S.", "The law is new."}},
		{"He lives in the U.S. Virgin Islands.", []string{"He lives in the U.S. Virgin Islands."}},
		{"“Stop!” he said. “Why?” she asked.", []string{"“Stop!” he said.", "“Why?” she asked."}},
		{"One\n\nTwo", []string{"One", "Two"}},
		{"会談した。成功した。", []string{"会談した。", "成功した。"}},
		{"It rose 3.5 points.", []string{"It rose 3.5 points."}},
	} {
		r := &feedmill.Record{}
		r.Text = tt.text
		enrich(t, r)
		f := feedmill.NewText(tt.text)
		var got []string
		for _, s := range r.Sentences {
			got = append(got, f.Slice(s.Start, s.End))
		}
		if !slices.Equal(got, tt.want) {
			t.Errorf("got %q, want %q", got, tt.want)
		}
	}
}

func TestFingerprint(t *testing.T) {
	t.Parallel()
	const text = "The two ministers met in the capital on Monday and agreed on closer ties between their countries after long talks."
	of := func(s string) string {
		r := &feedmill.Record{}
		r.Text, r.Language.Tag = s, "en"
		return enrich(t, r).Fingerprint
	}
	if a, b := of(text), of(strings.ToUpper(text)+"\n"); a != b || len(a) != 16 {
		t.Errorf("fingerprints %s and %s of the same words", a, b)
	}
	if of(text) == of("Nothing of this has any likeness with that.") {
		t.Error("two texts have one fingerprint")
	}
	if got := of("Two words"); got != "" {
		t.Errorf("two words have the fingerprint %s", got)
	}
}
