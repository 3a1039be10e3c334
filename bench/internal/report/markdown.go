package report

import (
	"cmp"
	"fmt"
	"strings"
	"time"
)

// Markdown is the table with the description of the machine above it.
func (r *Results) Markdown() string {
	var b strings.Builder
	m := r.Machine
	if r.Quick {
		b.WriteString("**A smoke run (`-quick`): the numbers mean nothing.**\n\n")
	}
	fmt.Fprintf(&b, "Taken on %s with Coolant %s; peer: %s.\n\n", r.Taken.Format(time.DateOnly), r.Version, cmp.Or(r.Peer, "none"))
	fmt.Fprintf(&b, "Machine: %s, %d cores, %d MiB of memory, %s, %s. ", m.CPU, m.Cores, m.MemoryMiB, m.Kernel, m.Go)
	fmt.Fprintf(&b, "File system of the data: %s; 4 KiB written and synchronised in %s (median), %s (p99). ", m.Filesystem, short(m.Sync), short(m.SyncP99))
	fmt.Fprintf(&b, "Load average before the run: %.2f. Servers, load generator, subscriber and viewers share these cores.\n\n", m.Load)
	b.WriteString("| what | Coolant | peer | ratio | aim | prototypes and peers, measured earlier |\n| --- | ---: | ---: | ---: | --- | --- |\n")
	for _, row := range r.Rows {
		b.WriteString(row.markdown())
	}
	b.WriteString("\nEvery number is the median of its rounds; in parentheses the smallest and the greatest.\n")
	for _, row := range r.Rows {
		if row.Note != "" {
			fmt.Fprintf(&b, "\n- **%s**: %s", row.What, row.Note)
		}
	}
	b.WriteString("\n")
	for _, p := range append(m.Limitations, r.Problems...) {
		fmt.Fprintf(&b, "\n- Not as it should be: %s", p)
	}
	if len(m.Limitations)+len(r.Problems) > 0 {
		b.WriteString("\n")
	}
	return b.String()
}

func (row *Row) markdown() string {
	peer, ratio := "-", "-"
	if row.Peer != nil {
		peer = row.Peer.text(row.Unit)
		if row.Peer.Median > 0 {
			ratio = fmt.Sprintf("%.2f", row.Coolant.Median/row.Peer.Median)
		}
	}
	return fmt.Sprintf("| %s | %s | %s | %s | %s | %s |\n", row.What, row.Coolant.text(row.Unit), peer, ratio, row.Aim, row.Earlier)
}

func (m *Measure) text(u Unit) string {
	if len(m.Rounds) == 0 {
		return "-"
	}
	if len(m.Rounds) == 1 {
		return fmt.Sprintf("**%s %s**", number(m.Median), u)
	}
	low, high := m.Rounds[0], m.Rounds[0]
	for _, v := range m.Rounds {
		low, high = min(low, v), max(high, v)
	}
	return fmt.Sprintf("**%s %s** (%s to %s)", number(m.Median), u, number(low), number(high))
}

// number writes three significant digits, and whole numbers with groups of three.
func number(v float64) string {
	switch {
	case v >= 10000:
		n := int64(v + 0.5)
		return fmt.Sprintf("%d,%03d", n/1000, n%1000)
	case v >= 100:
		return fmt.Sprintf("%.0f", v)
	case v >= 10:
		return fmt.Sprintf("%.1f", v)
	}
	return fmt.Sprintf("%.2f", v)
}

func short(d time.Duration) string {
	return number(float64(d)/float64(time.Millisecond)) + " ms"
}
