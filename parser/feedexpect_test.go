package parser

import (
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
	"unicode"
)

// The corpus states what a feed holds in expressions of Python over another parser's result, for example
//
//	not bozo and entries[0]['title'] == 'caf\xe9'
//
// An expectation is such an expression, parsed. It is evaluated over a function that gives the value of a path such as
// "entries[0].title"; errUnmapped is the answer for a path that has no counterpart with us.
type expectation struct {
	eval func(env *expectEnv) (any, error)
	// bozo is what the expression asks of the flag that tells ill-formed documents. We have no such flag: it is taken to be
	// as asked, and an expression of nothing else says nothing.
	bozo bool
}

// expectEnv is what an expectation is evaluated over.
type expectEnv struct {
	bozo   bool
	lookup func(path string) (any, error)
	asked  int // paths that were looked up
}

var errUnmapped = errors.New("no counterpart")

// holds tells whether the document is as expected. The error is errUnmapped where the expression cannot be judged.
func (x *expectation) holds(lookup func(path string) (any, error)) (bool, error) {
	env := &expectEnv{bozo: x.bozo, lookup: lookup}
	v, err := x.eval(env)
	if err != nil {
		return false, err
	}
	if env.asked == 0 {
		return false, errUnmapped
	}
	return truth(v), nil
}

// comparable values know what they are equal to.
type comparer interface{ equals(want any) bool }

func truth(v any) bool {
	switch v := v.(type) {
	case nil:
		return false
	case bool:
		return v
	case string:
		return v != ""
	case int:
		return v != 0
	case float64:
		return v != 0
	case []any:
		return len(v) > 0
	case interface{ empty() bool }:
		return !v.empty()
	}
	return true
}

func equalValues(a, b any) bool {
	if c, ok := a.(comparer); ok {
		return c.equals(b)
	}
	if c, ok := b.(comparer); ok {
		return c.equals(a)
	}
	if x, ok := a.([]any); ok {
		y, ok := b.([]any)
		return ok && slices.EqualFunc(x, y, equalValues)
	}
	if _, ok := b.([]any); ok {
		return false
	}
	return a == b
}

// expectForm finds the expectation in the comment that a file of the corpus begins with.
var expectForm = regexp.MustCompile(`(?m)^\s*Expect:\s*(.+?)\s*$`)

// parseExpectation parses an expression.
func parseExpectation(s string) (*expectation, error) {
	p := &expectParser{tokens: pythonToken.FindAllString(s, -1)}
	x := &expectation{bozo: !strings.HasPrefix(s, "not bozo")}
	eval, err := p.or()
	if err == nil && p.pos < len(p.tokens) {
		err = fmt.Errorf("%q is left over", p.tokens[p.pos:])
	}
	x.eval = eval
	return x, err
}

var pythonToken = regexp.MustCompile(`"""(?:[^"\\]|\\.|"[^"])*"""|[urbURB]{0,2}'(?:[^'\\]|\\.)*'|[urbURB]{0,2}"(?:[^"\\]|\\.)*"|\d+\.\d+|-?\d+|\w+|==|!=|<=|>=|[^\s\w]`)

type expectParser struct {
	tokens []string
	pos    int
}

type pyExpr = func(env *expectEnv) (any, error)

func (p *expectParser) peek() string {
	if p.pos < len(p.tokens) {
		return p.tokens[p.pos]
	}
	return ""
}

func (p *expectParser) accept(token string) bool {
	if p.peek() == token {
		p.pos++
		return true
	}
	return false
}

func (p *expectParser) or() (pyExpr, error) {
	left, err := p.and()
	for err == nil && p.accept("or") {
		var right pyExpr
		a := left
		right, err = p.and()
		left = func(env *expectEnv) (any, error) {
			if v, err := a(env); err != nil || truth(v) {
				return v, err
			}
			return right(env)
		}
	}
	return left, err
}

func (p *expectParser) and() (pyExpr, error) {
	left, err := p.not()
	for err == nil && p.accept("and") {
		var right pyExpr
		a := left
		right, err = p.not()
		left = func(env *expectEnv) (any, error) {
			// Both sides are asked: what has no counterpart leaves the whole unjudged.
			v, err := a(env)
			if err != nil {
				return nil, err
			}
			w, err := right(env)
			return truth(v) && truth(w), err
		}
	}
	return left, err
}

func (p *expectParser) not() (pyExpr, error) {
	if !p.accept("not") {
		return p.comparison()
	}
	inner, err := p.not()
	return func(env *expectEnv) (any, error) {
		v, err := inner(env)
		return !truth(v), err
	}, err
}

func (p *expectParser) comparison() (pyExpr, error) {
	first, err := p.sum()
	if err != nil {
		return nil, err
	}
	// a == b == c holds where every pair of neighbours is equal.
	operands := []pyExpr{first}
	var negated []bool
	for {
		switch {
		case p.accept("=="):
			negated = append(negated, false)
		case p.accept("!="):
			negated = append(negated, true)
		case p.accept("is"):
			negated = append(negated, p.accept("not"))
		case p.peek() == "in" || p.peek() == "<" || p.peek() == ">":
			p.pos = len(p.tokens)
			return unmapped, nil
		default:
			if len(operands) == 1 {
				return first, nil
			}
			return func(env *expectEnv) (any, error) {
				var values []any
				for _, o := range operands {
					v, err := o(env)
					if err != nil {
						return nil, err
					}
					values = append(values, v)
				}
				last := values[len(values)-1]
				for i, not := range negated {
					// Our values are compared with the constant at the end.
					if equalValues(values[i], last) == not {
						return false, nil
					}
				}
				return true, nil
			}, nil
		}
		next, err := p.sum()
		if err != nil {
			return nil, err
		}
		operands = append(operands, next)
	}
}

// sum joins strings that are added.
func (p *expectParser) sum() (pyExpr, error) {
	left, err := p.primary()
	for err == nil && p.accept("+") {
		var right pyExpr
		a := left
		right, err = p.primary()
		left = func(env *expectEnv) (any, error) {
			v, err := a(env)
			if err != nil {
				return nil, err
			}
			w, err := right(env)
			s, ok1 := v.(string)
			t, ok2 := w.(string)
			if !ok1 || !ok2 {
				return nil, errors.Join(err, errUnmapped)
			}
			return s + t, err
		}
	}
	return left, err
}

func unmapped(*expectEnv) (any, error) { return nil, errUnmapped }

func (p *expectParser) primary() (pyExpr, error) {
	token := p.peek()
	p.pos++
	constant := func(v any) (pyExpr, error) { return func(*expectEnv) (any, error) { return v, nil }, nil }
	switch {
	case token == "":
		return nil, errors.New("the expression ends too early")
	case token == "(", token == "[":
		return p.list(map[string]string{"(": ")", "[": "]"}[token])
	case token == "{":
		for !p.accept("}") && p.pos < len(p.tokens) {
			p.pos++
		}
		return unmapped, nil // whole links and persons
	case token == "None":
		return constant(nil)
	case token == "True", token == "False":
		return constant(token == "True")
	case strings.ContainsAny(token[len(token)-1:], `'"`):
		s, err := pythonString(token)
		return func(*expectEnv) (any, error) { return s, nil }, err
	case token[0] == '-' || unicode.IsDigit(rune(token[0])):
		if n, err := strconv.Atoi(token); err == nil {
			return constant(n)
		}
		f, err := strconv.ParseFloat(token, 64)
		return func(*expectEnv) (any, error) { return f, nil }, err
	case token == "len":
		inner, err := p.primary()
		return func(env *expectEnv) (any, error) {
			v, err := inner(env)
			if l, ok := v.([]any); ok {
				return len(l), err
			}
			return nil, errors.Join(err, errUnmapped)
		}, err
	case token == "bozo":
		return func(env *expectEnv) (any, error) { return env.bozo, nil }, nil
	}
	return p.path(token)
}

// list reads a tuple or list up to its closing bracket; brackets around one expression are nothing but that.
func (p *expectParser) list(closing string) (pyExpr, error) {
	var members []pyExpr
	tuple := closing == "]"
	for !p.accept(closing) {
		m, err := p.or()
		if err != nil {
			return nil, err
		}
		members = append(members, m)
		if p.accept(",") {
			tuple = true
		} else if p.peek() != closing {
			return nil, fmt.Errorf("%q where %q was expected", p.peek(), closing)
		}
	}
	if !tuple && len(members) == 1 {
		return members[0], nil
	}
	return func(env *expectEnv) (any, error) {
		var out []any
		for _, m := range members {
			v, err := m(env)
			if err != nil {
				return nil, err
			}
			out = append(out, v)
		}
		return out, nil
	}, nil
}

// path reads a name with its subscripts and attributes: entries[0]['title_detail'].value.
func (p *expectParser) path(name string) (pyExpr, error) {
	for {
		switch {
		case p.accept("["):
			token := p.peek()
			p.pos++
			if n, err := strconv.Atoi(token); err == nil {
				name += "[" + strconv.Itoa(n) + "]"
			} else if key, err := pythonString(token); err == nil {
				name += "." + key
			} else {
				return nil, err
			}
			if !p.accept("]") {
				return nil, fmt.Errorf("%q where ] was expected", p.peek())
			}
		case p.accept("."):
			name += "." + p.peek()
			p.pos++
		case p.peek() == "(":
			p.pos = len(p.tokens) // a call
			return unmapped, nil
		default:
			return func(env *expectEnv) (any, error) {
				env.asked++
				return env.lookup(name)
			}, nil
		}
	}
}

// pythonString is the value of a string literal.
func pythonString(token string) (string, error) {
	quoted := strings.TrimLeft(token, "urbURB")
	if len(quoted) < 2 || quoted[0] != '\'' && quoted[0] != '"' {
		return "", fmt.Errorf("%q is not a string", token)
	}
	quotes := 1
	if strings.HasPrefix(quoted, `"""`) {
		quotes = 3
	}
	s := quoted[quotes : len(quoted)-quotes]
	var b strings.Builder
	for s != "" {
		if s[0] == '\\' && len(s) > 1 {
			digits := map[byte]int{'x': 2, 'u': 4, 'U': 8}[s[1]]
			if digits > 0 && len(s) >= 2+digits {
				n, err := strconv.ParseUint(s[2:2+digits], 16, 32)
				if err != nil {
					return "", err
				}
				b.WriteRune(rune(n))
				s = s[2+digits:]
				continue
			}
			switch s[1] {
			case 'n':
				b.WriteByte('\n')
			case 't':
				b.WriteByte('\t')
			case 'r':
				b.WriteByte('\r')
			case '\n':
			case '\\', '\'', '"':
				b.WriteByte(s[1])
			default:
				b.WriteString(s[:2])
			}
			s = s[2:]
			continue
		}
		b.WriteByte(s[0])
		s = s[1:]
	}
	return b.String(), nil
}

func TestExpectation(t *testing.T) {
	t.Parallel()
	values := map[string]any{
		"entries[0].title": "caf\u00e9", "feed.ttl": "60", "entries[0].tags": []any{1, 2}, "entries[1].updated_parsed": []any{2004, 1, 2},
		"feed.nothing": nil,
	}
	lookup := func(path string) (any, error) {
		if v, ok := values[path]; ok {
			return v, nil
		}
		return nil, errUnmapped
	}
	for _, test := range []struct {
		expression string
		want       bool
		err        error
	}{
		{`not bozo and entries[0]['title'] == 'caf\xe9'`, true, nil},
		{`not bozo and entries[0].title == u"caf\u00e9"`, true, nil},
		{`bozo and entries[0]['title'] == 'cafe'`, false, nil},
		{`entries[0]['title'] == 'cafe' or feed['ttl'] == '60'`, true, nil},
		{`(feed['ttl'] != '60')`, false, nil},
		{`len(entries[0]['tags']) == 2`, true, nil},
		{`feed['ttl'] == '6' + '0' and entries[0]['title'] == entries[0]['title'] == """caf\xe9"""`, true, nil},
		{`feed['ttl'] == {'a': 'b'} and feed['ttl'] == '60'`, false, errUnmapped},
		{`not bozo and not 'etag' in locals()`, false, errUnmapped},
		{`entries[1]['updated_parsed'] == (2004, 1, 2)`, true, nil},
		{`entries[1]['updated_parsed'] == (2004, 1, 3)`, false, nil},
		{`feed['nothing'] is None and not feed['nothing']`, true, nil},
		{`bozo`, false, errUnmapped},
		{`not bozo and feed['ttl'] == '60' and feed['other'] == 1`, false, errUnmapped},
		{`isinstance(bozo_exception, feedparser.X)`, false, errUnmapped},
	} {
		x, err := parseExpectation(test.expression)
		if err != nil {
			t.Errorf("%s: %v", test.expression, err)
			continue
		}
		got, err := x.holds(lookup)
		if got != test.want || !errors.Is(err, test.err) {
			t.Errorf("%s: %v, %v, want %v, %v", test.expression, got, err, test.want, test.err)
		}
	}
}
