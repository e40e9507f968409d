package enricher

import (
	"context"
	"math"
	"slices"
	"strings"
	"sync"
	"unicode"

	"github.com/feedmill/feedmill"
	"github.com/feedmill/feedmill/enricher/langmodel"
)

const (
	// The text from which the language is told, in bytes: more of it says nothing new.
	languageSample = 20_000
	// How many letters of it are read.
	languageLetters = 800
	// A declared language stands unless this many words are known, and another language explains the letters by this many
	// nats better, and by a share of the letters. The known words have to be one of enoughShare words at least: a table of
	// names is in no language.
	enoughWords   = 3
	enoughShare   = 12
	overrule      = 8
	overruleShare = 0.05
	// What a frequent word of a language, or a letter that few others have, counts for, in nats.
	wordWeight = 4
	// By how much a language that is not modelled is less likely before it is read.
	unmodelled = 6
	// By how much Malay is less likely than Indonesian, from which most sentences do not tell it: about as there is less
	// written in it.
	malayPrior = 4
	// From how many words on, and how sure, a text in another language than its page states is warned of.
	mismatchWords = 30
	mismatchSure  = 0.9
	// Without a frequent word only what is at least this sure is told.
	doubtful = 0.6
)

// detectLanguage tells the language of title and text together: by script where the script decides, else by how likely
// the letters are in each language and by its frequent words. What page, feed or source declare counts as prior knowledge.
func detectLanguage(ctx context.Context, d *document) error {
	declared, from := d.r.Language.Tag, d.r.Language.From
	if from == "text" {
		declared, from = "", "" // what an earlier run told is no declaration
	}
	if declared == "" && d.r.Source.Language != "" {
		declared, from = d.r.Source.Language, "source"
	}
	lang, conf := identify(sample(d.r), baseLanguage(declared))
	if err := ctx.Err(); err != nil {
		return err
	}
	switch {
	case lang == "":
		d.r.Language = feedmill.Language{Tag: declared, From: from}
	case lang == baseLanguage(declared):
		d.r.Language = feedmill.Language{Tag: declared, From: from, Confidence: round3(conf)}
	default:
		if declared != "" && from != "source" && from != "feed" && conf >= mismatchSure && d.r.Quality.Words >= mismatchWords && !slices.Contains(d.r.Quality.Warnings, feedmill.WarnLanguageMismatch) {
			// The slice may be another record's too.
			d.r.Quality.Warnings = append(slices.Clip(d.r.Quality.Warnings), feedmill.WarnLanguageMismatch)
		}
		d.r.Language = feedmill.Language{Tag: lang, From: "text", Confidence: round3(conf)}
	}
	d.setLanguage()
	return nil
}

func sample(r *feedmill.Record) string {
	s := r.Title + "\n" + r.Text
	if len(s) <= languageSample {
		return s
	}
	return strings.ToValidUTF8(s[:languageSample], "")
}

// identify returns the language of s and how sure that is, "" where s does not say.
func identify(s, declared string) (lang string, conf float64) {
	var count [numScripts]int
	total := 0
	for _, r := range s {
		if !unicode.IsLetter(r) {
			continue
		}
		total++
		count[scriptOf(r)]++
	}
	if total == 0 {
		return "", 0
	}
	share := func(sc script) float64 { return float64(count[sc]) / float64(total) }
	switch {
	case share(hangul) > 0.3:
		return "ko", 0.5 + share(hangul)/2
	case count[kana]*10 >= count[han]+count[kana] && share(kana)+share(han) > 0.3 && count[kana] > 0:
		return "ja", 0.5 + (share(kana)+share(han))/2
	case share(han) > 0.3:
		// A headline in Japanese may be all ideographs; only then does the page know better.
		if declared == "ja" && count[han] < 40 {
			return "ja", 0.6
		}
		return "zh", 0.5 + share(han)/2
	}
	for sc, tag := range singleScripts() {
		if share(sc) > 0.5 {
			return tag, 0.5 + share(sc)/2
		}
	}
	var family []string
	switch {
	case share(cyrillic) > 0.5:
		family = []string{"ru", "uk", "bg", "sr", "mk", "be", "kk", "mn"}
	case share(arabic) > 0.5:
		family = []string{"ar", "fa", "ur", "ps"}
	case share(devanagari) > 0.5:
		family = []string{"hi", "mr", "ne"}
	case share(latinScript) > 0.5:
		family = latinLanguages()
	default:
		return "", 0
	}
	return byLetters(s, family, declared)
}

// byLetters tells the languages of a script apart by how likely the letters of the words are in each (package langmodel),
// and by their frequent words.
func byLetters(s string, family []string, declared string) (string, float64) {
	costs, letters := languageModel().Score(s, family, languageLetters)
	hits, n := 0, 0
	scores := map[string]float64{}
	owners := profileWords()
	for w := range strings.FieldsFuncSeq(strings.ToLower(s), func(r rune) bool { return !unicode.IsLetter(r) && !unicode.Is(unicode.M, r) && r != '\'' && r != '’' }) {
		if len(w) < 2 {
			continue // the letters of "U.S." are words somewhere
		}
		n++
		if langs := owners[strings.ReplaceAll(w, "’", "'")]; len(langs) > 0 {
			hits++
			for _, l := range langs {
				// A word that many languages share says little.
				scores[l] += wordWeight / math.Sqrt(float64(len(langs)))
			}
		}
	}
	least := math.Inf(1)
	for _, c := range costs {
		if c >= 0 {
			least = math.Min(least, c)
		}
	}
	best, second := "", math.Inf(-1)
	for i, l := range family {
		if costs[i] >= 0 {
			scores[l] -= costs[i]
		} else {
			// Not modelled: as likely as the likeliest, but for what only this language has.
			scores[l] += wordWeight*letterScore(s, l, n) - least - unmodelled
		}
		if l == "ms" {
			scores[l] -= malayPrior
		}
		switch sc := scores[l]; {
		case best == "" || sc > scores[best]:
			if best != "" {
				second = scores[best]
			}
			best = l
		case sc > second && costs[i] >= 0:
			second = sc
		}
	}
	if declared != "" && best != declared {
		known := slices.Contains(family, declared)
		// Not enough to say that the page is wrong about itself; nor can it be said of a language that is not known here.
		if hits < enoughWords || hits*enoughShare < n || known && scores[best]-scores[declared] < overrule+overruleShare*float64(letters) ||
			!known && !knownLanguage(declared) {
			if !known {
				return declared, 0.5
			}
			best, second = declared, scores[best]
		}
	}
	// The letters of a text are not independent of each other: what they say together is less than the sum.
	conf := 1 / (1 + math.Exp(-(scores[best]-second)/(1+float64(letters)/40)))
	if declared == "" && hits == 0 && conf < doubtful {
		return "", 0
	}
	return best, math.Min(conf, 0.999)
}

// languageModel is read once.
var languageModel = sync.OnceValue(func() *langmodel.Model {
	b, err := dataFiles.ReadFile("data/language.model.gz")
	if err != nil {
		panic(err) // it is compiled in
	}
	m, err := langmodel.Read(b)
	if err != nil {
		panic(err)
	}
	return m
})

// knownLanguage tells whether the language could have been found, in whatever script.
func knownLanguage(tag string) bool {
	switch tag {
	case "ko", "ja", "zh":
		return true
	}
	for _, t := range singleScripts() {
		if t == tag {
			return true
		}
	}
	return slices.Contains(langmodel.Tags(), tag) || slices.ContainsFunc(languageProfiles(), func(p languageProfile) bool { return p.tag == tag })
}

// letterScore is the typical letters of a language in s, a hit at most one for each word.
func letterScore(s, lang string, words int) float64 {
	letters := typicalLetters()[lang]
	if letters == "" {
		return 0
	}
	n := 0
	for _, r := range s {
		if r > 0x7f && strings.ContainsRune(letters, r) {
			n++
		}
	}
	return math.Min(float64(n), float64(words))
}

type script uint8

const (
	otherScript script = iota
	latinScript
	cyrillic
	greek
	arabic
	hebrew
	devanagari
	han
	kana
	hangul
	thai
	armenian
	georgian
	bengali
	tamil
	telugu
	gujarati
	gurmukhi
	kannada
	malayalam
	sinhala
	khmer
	lao
	burmese
	ethiopic
	tibetan
	numScripts
)

// scriptTables is in the order in which a news corpus is likely to need it.
var scriptTables = sync.OnceValue(func() []*unicode.RangeTable {
	t := make([]*unicode.RangeTable, numScripts)
	t[latinScript], t[cyrillic], t[greek], t[arabic], t[hebrew] = unicode.Latin, unicode.Cyrillic, unicode.Greek, unicode.Arabic, unicode.Hebrew
	t[devanagari], t[han], t[hangul], t[thai] = unicode.Devanagari, unicode.Han, unicode.Hangul, unicode.Thai
	t[armenian], t[georgian], t[bengali], t[tamil] = unicode.Armenian, unicode.Georgian, unicode.Bengali, unicode.Tamil
	t[telugu], t[gujarati], t[gurmukhi], t[kannada] = unicode.Telugu, unicode.Gujarati, unicode.Gurmukhi, unicode.Kannada
	t[malayalam], t[sinhala], t[khmer], t[lao] = unicode.Malayalam, unicode.Sinhala, unicode.Khmer, unicode.Lao
	t[burmese], t[ethiopic], t[tibetan] = unicode.Myanmar, unicode.Ethiopic, unicode.Tibetan
	return t
})

func scriptOf(r rune) script {
	if r < 0x80 {
		return latinScript
	}
	if unicode.Is(unicode.Hiragana, r) || unicode.Is(unicode.Katakana, r) {
		return kana
	}
	for sc, t := range scriptTables() {
		if t != nil && unicode.Is(t, r) {
			return script(sc)
		}
	}
	return otherScript
}

func singleScripts() map[script]string {
	return map[script]string{
		greek: "el", hebrew: "he", thai: "th", armenian: "hy", georgian: "ka", bengali: "bn", tamil: "ta", telugu: "te",
		gujarati: "gu", gurmukhi: "pa", kannada: "kn", malayalam: "ml", sinhala: "si", khmer: "km", lao: "lo", burmese: "my",
		ethiopic: "am", tibetan: "bo",
	}
}
