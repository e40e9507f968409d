package enricher

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/feedmill/feedmill"
)

// enrichedQuotes returns the quotes of a text as "text|speaker|cue", the indirect ones with a leading ~.
func enrichedQuotes(t *testing.T, lang, text string) []string {
	t.Helper()
	r := &feedmill.Record{}
	r.Text, r.Language.Tag = text, lang
	enrich(t, r)
	names := map[string]string{}
	for _, e := range r.Entities {
		names[e.ID] = e.Name
	}
	var out []string
	for _, q := range r.Quotes {
		s := q.Text + "|"
		if !q.Direct {
			s = "~" + s
		}
		if q.Speaker != nil {
			s += names[*q.Speaker]
		} else if q.SpeakerText != "" {
			s += "(" + q.SpeakerText + ")"
		}
		out = append(out, s+"|"+q.Cue)
	}
	return out
}

func TestQuoteForms(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name, text string
		want       []string
	}{
		{"cue first", "Robert Miller warned: “The bridge is closed.”", []string{"The bridge is closed.|Robert Miller|warned"}},
		{"inverted", "“The bridge is closed,” said engineer Robert Miller.", []string{"The bridge is closed,|Robert Miller|said"}},
		{"inverted, with an apposition", "“The bridge is closed,” said Robert Miller, an engineer in Oslo.", []string{"The bridge is closed,|Robert Miller|said"}},
		{"apposition", "Robert Miller, the chief engineer of the harbour, said: “The bridge is closed.”", []string{"The bridge is closed.|Robert Miller|said"}},
		{
			"parted", "“The bridge,” Robert Miller said, “is closed for good.”",
			[]string{"The bridge,|Robert Miller|said", "is closed for good.|Robert Miller|said"},
		},
		{
			"going on", "“The bridge is closed,” Robert Miller said. “Nobody may cross it.”",
			[]string{"The bridge is closed,|Robert Miller|said", "Nobody may cross it.|Robert Miller|"},
		},
		{
			"pronoun", "Robert Miller inspected the bridge with Anna Schmidt. “It is closed,” he said.",
			[]string{"It is closed,|Robert Miller|said"},
		},
		{
			"the pronoun is of who spoke last", "Robert Miller met Anna Schmidt. Schmidt said the bridge was open again. “It is safe,” she added.",
			[]string{"~the bridge was open again|Anna Schmidt|said", "It is safe,|Anna Schmidt|added"},
		},
		{
			"paragraphs without a closing mark", "Robert Miller told reporters: “The bridge is closed.\n\n“Nobody may cross it.\n\n“We are sorry.”\n\nThe harbour is open.",
			[]string{"The bridge is closed.|Robert Miller|told", "Nobody may cross it.|Robert Miller|told", "We are sorry.|Robert Miller|told"},
		},
		{
			"paragraphs whose speaker comes last", "The harbour is open.\n\n“The bridge is closed.\n\n“Nobody may cross it,” said Robert Miller.",
			[]string{"The bridge is closed.|Robert Miller|said", "Nobody may cross it,|Robert Miller|said"},
		},
		{
			"a paragraph by itself after its speaker", "“The bridge is closed,” said Robert Miller.\n\n“Nobody may cross it before May.”\n\nThe harbour is open.",
			[]string{"The bridge is closed,|Robert Miller|said", "Nobody may cross it before May.|Robert Miller|"},
		},
		{"nested", "“The mayor told me ‘never again’ and left,” said Robert Miller.", []string{"The mayor told me ‘never again’ and left,|Robert Miller|said"}},
		{"single marks", "‘The bridge is closed,’ Robert Miller said. The players’ union was not there.", []string{"The bridge is closed,|Robert Miller|said"}},
		{"mixed marks", "“The bridge is closed,\" Robert Miller said.", []string{"The bridge is closed,|Robert Miller|said"}},
		{"partial", "Robert Miller called the bridge “a danger to everybody”.", []string{"a danger to everybody|Robert Miller|called"}},
		{"passive", "The bridge was described as “a danger to everybody” by Robert Miller.", []string{"a danger to everybody|Robert Miller|described"}},
		{"according to", "The bridge is “a danger to everybody”, according to Robert Miller.", []string{"a danger to everybody|Robert Miller|according"}},
		{"in the words", "In the words of Robert Miller, “the bridge is a danger to everybody”.", []string{"the bridge is a danger to everybody|Robert Miller|words"}},
		{"participle", "Robert Miller left early, saying “the bridge is a danger”.", []string{"the bridge is a danger|Robert Miller|saying"}},
		{"two verbs", "Robert Miller laughed and said: “The bridge is closed.”", []string{"The bridge is closed.|Robert Miller|said"}},
		{
			"organization by its kind", "The Ministry of Transport closed the bridge. “It is a danger,” the ministry said.",
			[]string{"It is a danger,|Ministry of Transport|said"},
		},
		{
			"spokesman", "“The bridge is closed,” a spokesman for the Ministry of Transport said.",
			[]string{"The bridge is closed,|Ministry of Transport|said"},
		},
		{
			"nobody with a name", "“The bridge is closed,” a source said.",
			[]string{"The bridge is closed,|(a source)|said"},
		},
		{
			"not who was told", "“The bridge is closed,” a source told Robert Miller.",
			[]string{"The bridge is closed,|(a source)|told"},
		},
		{"names, titles and irony", `They read "Crime and Punishment" and "Night Train", a so-called "novel", at the "Blue House" in Oslo.`, nil},
		{"inches", `The 5'10" man and the 6'2" woman left.`, nil},
		{"reported", "Robert Miller said that the bridge was closed for good.", []string{"~the bridge was closed for good|Robert Miller|said"}},
		{"reported without that", "Robert Miller said on Monday the bridge was closed for good.", []string{"~the bridge was closed for good|Robert Miller|said"}},
		{"reported, to somebody", "Robert Miller told Anna Schmidt that the bridge was closed.", []string{"~the bridge was closed|Robert Miller|told"}},
		{"reported, cue last", "The bridge will stay closed until May, Robert Miller said on Monday.", []string{"~The bridge will stay closed until May|Robert Miller|said"}},
		{"reported, cue last and inverted", "But the bridge will stay closed until May, said engineer Robert Miller.", []string{"~the bridge will stay closed until May|Robert Miller|said"}},
		{"reported, according to", "According to Robert Miller, the bridge will stay closed until May.", []string{"~the bridge will stay closed until May|Robert Miller|According"}},
		{"reported by somebody", "Officials say the bridge will stay closed until May.", []string{"~the bridge will stay closed until May|(Officials)|say"}},
		{"nothing said", "Robert Miller did not say that the bridge was closed. He declined to say whether it was.", nil},
		{"told by others", "Robert Miller was told that the bridge was closed for good.", nil},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			if diff := cmp.Diff(tt.want, enrichedQuotes(t, "en", tt.text)); diff != "" {
				t.Errorf("quotes (-want +got):\n%s", diff)
			}
		})
	}
}

func TestQuotesElsewhere(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		lang, text string
		want       []string
	}{
		{"de", "„Die Brücke bleibt gesperrt“, sagte Ingenieurin Petra Zumthor am Montag.", []string{"Die Brücke bleibt gesperrt|(Ingenieurin Petra Zumthor)|sagte"}},
		{"de", "»Die Brücke bleibt gesperrt«, so Zumthor.", []string{"Die Brücke bleibt gesperrt|(Zumthor)|so"}},
		{"de", "Petra Zumthor sagte am Montag: „Die Brücke bleibt gesperrt.“", []string{"Die Brücke bleibt gesperrt.|(Petra Zumthor)|sagte"}},
		{"fr", "« Le pont reste fermé », explique Mme Zumthor.", []string{"Le pont reste fermé|(Mme Zumthor)|explique"}},
		{"es", "“El puente sigue cerrado”, explicó Silvina del Campo, directora del puerto.\n\n“No hay otro remedio”, añadió.", []string{
			"El puente sigue cerrado|(Silvina del Campo)|explicó", "No hay otro remedio|(Silvina del Campo)|añadió",
		}},
		{"de", "Der Roman „Die Brücke von Oslo“ liegt vor.", nil},
		{"ja", "首相は「会談は成功した」と述べた。", []string{"会談は成功した||"}},
	} {
		if diff := cmp.Diff(tt.want, enrichedQuotes(t, tt.lang, tt.text)); diff != "" {
			t.Errorf("%s (-want +got):\n%s", tt.text, diff)
		}
	}
}
