package parser

import (
	"fmt"
	"strings"
	"testing"

	"golang.org/x/text/encoding"
	"golang.org/x/text/encoding/charmap"
	"golang.org/x/text/encoding/japanese"
	"golang.org/x/text/encoding/korean"
	"golang.org/x/text/encoding/simplifiedchinese"
	"golang.org/x/text/encoding/traditionalchinese"
	textunicode "golang.org/x/text/encoding/unicode"
	"golang.org/x/text/encoding/unicode/utf32"

	"github.com/feedmill/feedmill"
)

const (
	koreanText   = "한일 국방장관이 서울에서 만나 정보 교환을 논의했다"
	japaneseText = "日本の防衛大臣はソウルで会談し、情報の交換について話し合いました"
	chineseText  = "两国国防部长在首都会谈，讨论交换情报的问题，并表示将继续合作"
	taiwanText   = "兩國國防部長在首都會談，討論交換情報的問題，並表示將繼續合作"
	russianText  = "Министры обороны двух стран встретились в Сеуле и обсудили обмен информацией"
	greekText    = "Οι υπουργοί άμυνας των δύο χωρών συναντήθηκαν στη Σεούλ και συζήτησαν"
	hebrewText   = "שרי הביטחון של שתי המדינות נפגשו בסיאול ודנו בחילופי מידע ובשיתוף פעולה"
	thaiText     = "รัฐมนตรีกลาโหมของทั้งสองประเทศพบกันที่กรุงโซลและหารือเรื่องการแลกเปลี่ยนข้อมูล"
	frenchText   = "Les ministres de la Défense se sont rencontrés à Séoul, où ils ont parlé d’échanges"
	polishText   = "Ministrowie obrony spotkali się w Seulu i rozmawiali o wymianie informacji, żeby współpracować"
)

// TestFeedEncodings reads one text in many encodings, labelled and not. A feed never loses its text.
func TestFeedEncodings(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		name        string
		enc         encoding.Encoding
		text        string
		declaration string // of the XML declaration; none if ""
		contentType string
		language    string
	}{
		{"utf-8", encoding.Nop, koreanText, "", "", ""},
		{"utf-8 with mark and wrong declaration", textunicode.UTF8BOM, koreanText, "iso-8859-1", "", ""},
		{"utf-8 called latin", encoding.Nop, koreanText, "iso-8859-1", "text/xml; charset=iso-8859-1", ""},
		{"utf-8 called koi8", encoding.Nop, russianText, "", "text/xml; charset=koi8-r", ""},
		{"utf-8 of unknown label", encoding.Nop, koreanText, "x-nonsense", "text/xml; charset=x-nonsense", ""},
		{"utf-16le with mark", textunicode.UTF16(textunicode.LittleEndian, textunicode.UseBOM), koreanText, "utf-16", "", ""},
		{"utf-16be with mark, wrong header", textunicode.UTF16(textunicode.BigEndian, textunicode.UseBOM), koreanText, "utf-16", "text/xml; charset=utf-8", ""},
		{"utf-16le bare", textunicode.UTF16(textunicode.LittleEndian, textunicode.IgnoreBOM), koreanText, "", "", ""},
		{"utf-16be bare", textunicode.UTF16(textunicode.BigEndian, textunicode.IgnoreBOM), koreanText, "utf-16", "", ""},
		{"utf-32le with mark", utf32.UTF32(utf32.LittleEndian, utf32.UseBOM), koreanText, "", "", ""},
		{"utf-32be bare", utf32.UTF32(utf32.BigEndian, utf32.IgnoreBOM), koreanText, "utf-32", "", ""},
		{"utf-16 declared, utf-8 in truth", encoding.Nop, koreanText, "utf-16", "", ""},
		{"euc-kr declared", korean.EUCKR, koreanText, "euc-kr", "", ""},
		{"euc-kr in header", korean.EUCKR, koreanText, "", "application/rss+xml; charset=EUC-KR", ""},
		{"euc-kr header over declaration", korean.EUCKR, koreanText, "koi8-r", "application/xml;charset=\"euc-kr\"", ""},
		{"euc-kr broken header", korean.EUCKR, koreanText, "", "text/xml;; charset=euc-kr; charset", ""},
		{"euc-kr called utf-8", korean.EUCKR, koreanText, "utf-8", "text/xml; charset=utf-8", ""},
		{"euc-kr unlabelled", korean.EUCKR, koreanText, "", "", ""},
		{"euc-kr unlabelled, stated language", korean.EUCKR, koreanText, "", "", "ko-KR"},
		{"shift_jis declared", japanese.ShiftJIS, japaneseText, "Shift_JIS", "", ""},
		{"shift_jis unlabelled", japanese.ShiftJIS, japaneseText, "", "", ""},
		{"shift_jis unlabelled, stated language", japanese.ShiftJIS, japaneseText, "", "", "ja"},
		{"euc-jp unlabelled", japanese.EUCJP, japaneseText, "", "", ""},
		{"euc-jp unlabelled, stated language", japanese.EUCJP, japaneseText, "", "", "ja"},
		{"iso-2022-jp declared", japanese.ISO2022JP, japaneseText, "iso-2022-jp", "", ""},
		{"gb18030 declared", simplifiedchinese.GB18030, chineseText, "gb18030", "", ""},
		{"gb2312 unlabelled", simplifiedchinese.GBK, chineseText, "", "", ""},
		{"gb2312 called utf-8", simplifiedchinese.GBK, chineseText, "utf-8", "", "zh-cn"},
		{"big5 declared", traditionalchinese.Big5, taiwanText, "big5", "", ""},
		{"big5 unlabelled", traditionalchinese.Big5, taiwanText, "", "", ""},
		{"big5 unlabelled, stated language", traditionalchinese.Big5, taiwanText, "", "", "zh-TW"},
		{"koi8-r declared", charmap.KOI8R, russianText, "koi8-r", "", ""},
		{"koi8-r unlabelled", charmap.KOI8R, russianText, "", "", ""},
		{"koi8-r unlabelled, stated language", charmap.KOI8R, russianText, "", "", "ru"},
		{"windows-1251 unlabelled", charmap.Windows1251, russianText, "", "", ""},
		{"windows-1251 called utf-8", charmap.Windows1251, russianText, "utf-8", "text/xml; charset=utf-8", "ru"},
		{"windows-1253 unlabelled", charmap.Windows1253, greekText, "", "", ""},
		{"windows-1255 unlabelled", charmap.Windows1255, hebrewText, "", "", ""},
		{"tis-620 unlabelled", charmap.Windows874, thaiText, "", "", ""},
		{"windows-1252 unlabelled", charmap.Windows1252, frenchText, "", "", ""},
		{"windows-1252 called iso-8859-1", charmap.Windows1252, frenchText, "iso-8859-1", "", ""},
		{"windows-1252 called ascii", charmap.Windows1252, frenchText, "", "text/xml; charset=us-ascii", ""},
		{"windows-1250 unlabelled, stated language", charmap.Windows1250, polishText, "", "", "pl"},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			declaration := ""
			if test.declaration != "" {
				declaration = fmt.Sprintf("<?xml version=\"1.0\" encoding=\"%s\"?>\n", test.declaration)
			}
			language := ""
			if test.language != "" {
				language = "<language>" + test.language + "</language>"
			}
			doc := declaration + `<rss version="2.0"><channel><title>x</title>` + language +
				"<item><title>" + test.text + "</title></item></channel></rss>"
			body, err := test.enc.NewEncoder().Bytes([]byte(doc))
			if err != nil {
				t.Fatal(err)
			}
			p := &feedmill.Page{URL: "https://www.example/feed", Body: body}
			if test.contentType != "" {
				p.Header = map[string][]string{"content-type": {test.contentType}}
			}
			if !IsFeed(p) {
				t.Error("IsFeed is false")
			}
			_, items, err := ParseFeed(p)
			if err != nil {
				t.Fatal(err)
			}
			if len(items) != 1 || items[0].Title != test.text {
				t.Errorf("got %+v, want one item with title %q", items, test.text)
			}
		})
	}
}

// TestStrayBytes keeps a feed in UTF-8 in which single bytes come from elsewhere.
func TestStrayBytes(t *testing.T) {
	t.Parallel()
	body := `<?xml version="1.0" encoding="utf-8"?><rss><channel><item><title>` + koreanText +
		" \x93quoted\x94 \xff</title></item></channel></rss>"
	_, items, err := ParseFeed(&feedmill.Page{URL: "https://www.example/feed", Body: []byte(body)})
	if err != nil {
		t.Fatal(err)
	}
	if want := koreanText + " “quoted” ÿ"; len(items) != 1 || items[0].Title != want {
		t.Errorf("got %+v, want title %q", items, want)
	}
}

// TestFeedControlCharacters drops what XML forbids, raw or as a reference.
func TestFeedControlCharacters(t *testing.T) {
	t.Parallel()
	body := "\x00\x0b<rss><channel><item>\x01<title>a\x08b\x1fc&#1;d\x00e\uFFFEf</title>\r\n<description>" +
		strings.Repeat("line\r", 2) + "end</description></item></channel></rss>"
	_, items, err := ParseFeed(&feedmill.Page{URL: "https://www.example/feed", Body: []byte(body)})
	if err != nil {
		t.Fatal(err)
	}
	if len(items) != 1 || items[0].Title != "abcdef" || items[0].Summary != "line\nline\nend" {
		t.Errorf("got %+v", items)
	}
}
