package sim

import (
	"fmt"
	"strings"
	"testing"
	"text/tabwriter"
)

// figures is a table of what a test measured. The tests of the closed loop are named TestClosedLoop..., so that
//
//	go test ./internal/sim -run ClosedLoop -v
//
// prints all of its figures in one place and in one form.
type figures struct {
	title string
	rows  [][]string
}

// newFigures begins a table with the words over its columns.
func newFigures(title string, columns ...string) *figures {
	return &figures{title: title, rows: [][]string{columns}}
}

// row adds a line: texts as they are, everything else as fmt prints it.
func (f *figures) row(cells ...any) {
	line := make([]string, len(cells))
	for i, c := range cells {
		line[i] = fmt.Sprint(c)
	}
	f.rows = append(f.rows, line)
}

// log prints the table.
func (f *figures) log(t *testing.T) {
	t.Helper()
	var text strings.Builder
	fmt.Fprintln(&text, f.title)
	w := tabwriter.NewWriter(&text, 0, 0, 2, ' ', 0)
	for _, cells := range f.rows {
		fmt.Fprintln(w, "  "+strings.Join(cells, "\t"))
	}
	_ = w.Flush() // a strings.Builder takes everything
	t.Log(text.String())
}
