package ner

// Type is what a name names.
type Type uint8

// The types that the recogniser tells apart. Misc is what CoNLL calls MISC without nationalities and faiths: events,
// works, products, laws and the rest.
const (
	Person Type = iota + 1
	Organization
	Place
	Group
	Misc
	types = iota
)

var typeNames = [...]string{"", "person", "organization", "place", "group", "misc"}

func (t Type) String() string { return typeNames[t] }

// A label is what the chain gives to a token: O, or a type with the token's position in the name.
const (
	outside = 0
	Labels  = 1 + 4*types // number of labels
)

// Position of a token in a name: begin, inside, end, single.
const (
	begin = iota
	inside
	end
	single
)

// Label returns the label of a token at position from (0) to length-1 of a name of type t.
func Label(t Type, at, length int) int {
	p := inside
	switch {
	case length == 1:
		p = single
	case at == 0:
		p = begin
	case at == length-1:
		p = end
	}
	return 1 + 4*(int(t)-1) + p
}

func typeOf(label int) Type {
	if label == outside {
		return 0
	}
	return Type((label-1)/4 + 1)
}

func position(label int) int { return (label - 1) % 4 }

// opens and closes tell whether a name may start at, or have ended with, a token of this label.
func opens(label int) bool {
	return label == outside || position(label) == begin || position(label) == single
}

func closes(label int) bool {
	return label == outside || position(label) == end || position(label) == single
}

// Follows tells whether label b may stand behind label a.
func Follows(a, b int) bool {
	if closes(a) {
		return opens(b)
	}
	return !opens(b) && typeOf(a) == typeOf(b)
}

// MayStart and MayEnd tell whether a sentence may start and end with a label.
func MayStart(label int) bool { return opens(label) }
func MayEnd(label int) bool   { return closes(label) }
