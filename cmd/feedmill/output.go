package main

import (
	"bufio"
	"encoding/json"
	"fmt"
	"io"
	"iter"
	"slices"
	"strings"

	"github.com/spf13/cobra"
)

// The forms of output.
const (
	formTable    = "table"
	formJSON     = "json"
	formJSONL    = "jsonl"
	formMarkdown = "markdown"
)

// form is the value of a flag -o.
type form struct {
	value   string
	allowed []string
}

func (f *form) String() string { return f.value }
func (f *form) Type() string   { return strings.Join(f.allowed, "|") }

// Set takes one of the allowed forms.
func (f *form) Set(s string) error {
	if !slices.Contains(f.allowed, s) {
		return fmt.Errorf("want one of %s", strings.Join(f.allowed, ", "))
	}
	f.value = s
	return nil
}

// outputFlag gives a command the flag -o; the first form is the default.
func outputFlag(c *cobra.Command, allowed ...string) *form {
	f := &form{value: allowed[0], allowed: allowed}
	c.Flags().VarP(f, "output", "o", "form of the output")
	cobra.CheckErr(c.RegisterFlagCompletionFunc("output", cobra.FixedCompletions(allowed, cobra.ShellCompDirectiveNoFileComp)))
	return f
}

// encoder writes JSON as records have it: without escapes that only HTML needs.
func encoder(w io.Writer, indent bool) *json.Encoder {
	e := json.NewEncoder(w)
	e.SetEscapeHTML(false)
	if indent {
		e.SetIndent("", "  ")
	}
	return e
}

// writeAll writes values as they come: one a line, or one array.
func writeAll[T any](w io.Writer, f *form, values iter.Seq2[T, error]) (n int, err error) {
	out := bufio.NewWriterSize(w, 64<<10)
	enc := encoder(out, false)
	if f.value == formJSON {
		out.WriteString("[")
	}
	for v, err := range values {
		if err == nil && f.value == formJSON {
			separator := ",\n"
			if n == 0 {
				separator = "\n"
			}
			_, err = out.WriteString(separator)
		}
		if err == nil {
			err = enc.Encode(v)
		}
		if err != nil {
			out.Flush() // what came before is good
			return n, err
		}
		n++
	}
	if f.value == formJSON {
		out.WriteString("]\n")
	}
	return n, out.Flush() // reports the errors of the writes above
}

// each makes a sequence of a slice.
func each[T any](all []T) iter.Seq2[T, error] {
	return func(yield func(T, error) bool) {
		for _, v := range all {
			if !yield(v, nil) {
				return
			}
		}
	}
}
