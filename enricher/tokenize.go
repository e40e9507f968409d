package enricher

// Token is a word, number or mark of a text, by its bytes: text[Start:End].
type Token struct{ Start, End int }

// Tokenize cuts a text into the tokens and sentences that every step works on. The sentences are the index behind each
// one's last token. The entity model is trained on these tokens.
func Tokenize(text string) (tokens []Token, sentences []int) {
	toks := tokenize(text)
	tokens = make([]Token, len(toks))
	for i := range toks {
		tokens[i] = Token{toks[i].start, toks[i].end}
	}
	for _, s := range splitSentences(toks) {
		sentences = append(sentences, s.to)
	}
	return tokens, sentences
}
