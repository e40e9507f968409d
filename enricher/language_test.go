package enricher

import (
	"slices"
	"strings"
	"testing"

	"github.com/feedmill/feedmill"
)

// Headlines and first sentences in the manner of news, written for this test.
func TestIdentify(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct{ want, text string }{
		{"en", "Parliament votes on the new budget after a week of talks"},
		{"de", "Der Bundestag stimmt nach langer Debatte für das neue Gesetz"},
		{"fr", "Le gouvernement annonce une réforme des retraites pour les fonctionnaires"},
		{"es", "El presidente anuncia nuevas medidas contra la crisis en el sur del país"},
		{"pt", "O governo anuncia que não vai aumentar os impostos para as empresas"},
		{"it", "Il governo ha approvato la legge di bilancio dopo una lunga notte"},
		{"nl", "Het kabinet wil dat de huren volgend jaar niet verder worden verhoogd"},
		{"sv", "Regeringen vill att fler ska kunna arbeta längre och betala mindre skatt"},
		{"da", "Regeringen vil ikke hæve skatten, siger ministeren efter mødet med de blå partier"},
		{"no", "Regjeringen vil ikke heve skatten, sier statsråden etter møtet med de blå partiene"},
		{"fi", "Hallitus päätti, että veroja ei nosteta ensi vuonna, mutta tuki on pienempi"},
		{"pl", "Rząd zapowiada, że nie będzie podwyżek podatków w przyszłym roku"},
		{"cs", "Vláda schválila rozpočet, který podle ministra pomůže i malým obcím"},
		{"hu", "A kormány szerint nem lesz adóemelés, és ez már biztos"},
		{"ro", "Guvernul a anunțat că nu va crește taxele pentru companii în acest an"},
		{"tr", "Hükümet yeni yıl için vergi artışı olmayacağını söyledi ve bir paket açıkladı"},
		{"id", "Pemerintah tidak akan menaikkan pajak pada tahun ini, kata menteri keuangan"},
		{"vi", "Chính phủ cho biết sẽ không tăng thuế trong năm nay đối với các doanh nghiệp"},
		{"hr", "Vlada je najavila da neće biti povećanja poreza, što su sindikati pozdravili"},
		{"ru", "Правительство заявило, что не будет повышать налоги в этом году"},
		{"uk", "Уряд заявив, що не підвищуватиме податки цього року, але це ще не все"},
		{"bg", "Правителството обяви, че няма да повишава данъците през тази година"},
		{"ar", "أعلنت الحكومة أنها لن ترفع الضرائب هذا العام في البلاد"},
		{"fa", "دولت اعلام کرد که مالیات را در این سال افزایش نمی دهد"},
		{"he", "הממשלה הודיעה כי לא תעלה את המיסים השנה"},
		{"el", "Η κυβέρνηση ανακοίνωσε ότι δεν θα αυξήσει τους φόρους"},
		{"hi", "सरकार ने कहा है कि इस साल कर नहीं बढ़ाए जाएंगे"},
		{"th", "รัฐบาลประกาศว่าจะไม่ขึ้นภาษีในปีนี้"},
		{"ko", "한일 국방장관, 군사협력 강화 합의"},
		{"ja", "日韓の防衛相がソウルで会談した"},
		{"zh", "韩国与日本国防部长在首尔举行会谈"},
	} {
		if got, conf := identify(tt.text, ""); got != tt.want {
			t.Errorf("%q: %s (%.2f), want %s", tt.text, got, conf, tt.want)
		}
	}
}

func TestDetectLanguage(t *testing.T) {
	t.Parallel()
	const german = "Der Bundestag stimmt nach langer Debatte für das neue Gesetz. Die Opposition ist nicht zufrieden und will klagen."
	for _, tt := range []struct {
		name, text     string
		declared       feedmill.Language
		source         string
		wantTag, wantF string
	}{
		{"text alone", german, feedmill.Language{}, "", "de", "text"},
		{"region of the page is kept", german, feedmill.Language{Tag: "de-AT", From: "html"}, "", "de-AT", "html"},
		{"the text corrects the page", german, feedmill.Language{Tag: "en", From: "html"}, "", "de", "text"},
		{"too little text", "BMW AG", feedmill.Language{Tag: "de", From: "html"}, "", "de", "html"},
		{"nothing but numbers", "3-1 4:2", feedmill.Language{}, "fr", "fr", "source"},
		{"initials correct nothing", "U.S. President. The U.S. Treasury.", feedmill.Language{Tag: "en", From: "feed"}, "", "en", "feed"},
		{"unknown stays unknown", "1234", feedmill.Language{}, "", "", ""},
	} {
		r := &feedmill.Record{}
		r.Text, r.Language, r.Source.Language = tt.text, tt.declared, tt.source
		enrich(t, r)
		if r.Language.Tag != tt.wantTag || r.Language.From != tt.wantF {
			t.Errorf("%s: %+v, want %s from %s", tt.name, r.Language, tt.wantTag, tt.wantF)
		}
	}
}

// TestLanguageMismatch holds when a text in another language than its page states is warned of.
func TestLanguageMismatch(t *testing.T) {
	t.Parallel()
	german := strings.Repeat("Der Bundestag stimmt nach langer Debatte für das neue Gesetz. Die Opposition ist nicht zufrieden und will klagen. ", 3)
	for _, tt := range []struct {
		name     string
		text     string
		declared feedmill.Language
		warned   bool
	}{
		{"as stated", german, feedmill.Language{Tag: "de-AT", From: "html lang"}, false},
		{"another", german, feedmill.Language{Tag: "en", From: "html lang"}, true},
		{"another script", strings.Repeat("Правительство заявило, что не будет повышать налоги в этом году. ", 5), feedmill.Language{Tag: "en", From: "json-ld"}, true},
		{"nothing stated", german, feedmill.Language{}, false},
		{"the feed states it", german, feedmill.Language{Tag: "en", From: "feed"}, false},
		{"a few words", "Der Bundestag stimmt nach langer Debatte für das neue Gesetz.", feedmill.Language{Tag: "en", From: "html lang"}, false},
		{"told by an earlier run", german, feedmill.Language{Tag: "en", From: "text"}, false},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			r := &feedmill.Record{Article: feedmill.Article{Text: tt.text, Language: tt.declared, Quality: feedmill.Quality{Words: len(strings.Fields(tt.text))}}}
			for range 2 { // once more changes nothing
				if err := detectLanguage(t.Context(), newDocument(r)); err != nil {
					t.Fatal(err)
				}
				if got := slices.Contains(r.Quality.Warnings, feedmill.WarnLanguageMismatch); got != tt.warned || len(r.Quality.Warnings) > 1 {
					t.Errorf("warnings %v", r.Quality.Warnings)
				}
			}
		})
	}
}
