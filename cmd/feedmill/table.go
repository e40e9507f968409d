package main

import (
	"bufio"
	"io"
	"strings"
)

// table is text in columns under a head. The last column is cut to the terminal's width.
type table struct {
	rows [][]string
}

func newTable(head ...string) *table { return &table{rows: [][]string{head}} }

// add adds a row; an empty cell is shown as "-".
func (t *table) add(cells ...string) {
	for i := range cells {
		if cells[i] = oneLine(cells[i]); cells[i] == "" {
			cells[i] = "-"
		}
	}
	t.rows = append(t.rows, cells)
}

func (t *table) write(w io.Writer, term terminal) error {
	widths := make([]int, len(t.rows[0]))
	for _, row := range t.rows {
		for i, cell := range row {
			widths[i] = max(widths[i], columnsOf(cell))
		}
	}
	out := bufio.NewWriter(w)
	for n, row := range t.rows {
		var line strings.Builder
		used := 0
		for i, cell := range row {
			if i == len(row)-1 {
				if rest := term.columns - used; term.columns > 0 {
					cell = cut(cell, max(rest, 12))
				}
				line.WriteString(cell)
				break
			}
			line.WriteString(cell)
			line.WriteString(strings.Repeat(" ", widths[i]-columnsOf(cell)+2))
			used += widths[i] + 2
		}
		text := line.String()
		if n == 0 {
			text = term.faint(text)
		}
		out.WriteString(text + "\n")
	}
	return out.Flush()
}

// details writes lines of "name  value", leaving out what is empty.
type details struct {
	names, values []string
}

func (d *details) add(name, value string) {
	if value != "" {
		d.names, d.values = append(d.names, name), append(d.values, value)
	}
}

func (d *details) write(w io.Writer, term terminal) error {
	longest := 0
	for _, n := range d.names {
		longest = max(longest, columnsOf(n))
	}
	out := bufio.NewWriter(w)
	for i, n := range d.names {
		out.WriteString(term.faint(n+strings.Repeat(" ", longest-columnsOf(n))) + "  " + oneLine(d.values[i]) + "\n")
	}
	return out.Flush()
}
