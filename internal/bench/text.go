package bench

import (
	"fmt"
	"io"
	"strings"
	"text/tabwriter"
)

// WriteText writes the report as tables.
func (r *Report) WriteText(w io.Writer) error {
	var b strings.Builder
	fmt.Fprintf(&b, "%s, %d cores, %s, %s, %s\n", r.Machine.CPU, r.Machine.Cores, r.Machine.OS, r.Machine.Go, r.Date.Format("2006-01-02 15:04 MST"))
	fmt.Fprintf(&b, "%d feeds of %d articles on %d hosts, pages of %.0f kB on average; medians of %d rounds in turn\n\n", r.Feeds, r.Items, r.Hosts, r.PageKB, r.Rounds)
	t := tabwriter.NewWriter(&b, 0, 0, 2, ' ', tabwriter.AlignRight)
	fmt.Fprintln(t, "\tms CPU\tto goquery\tper second\tpeak MB\t rounds\t")
	floor := 0.0
	for _, f := range r.Floors {
		if f.Name == floorGoquery {
			floor = f.CPU
		}
	}
	for _, f := range r.Floors {
		fmt.Fprintf(t, "floor: %s\t%.2f\t%.2f\t%.0f\t%.0f\t %s\t\n", f.Name, f.CPU, f.CPU/floor, f.PerSecond, f.PeakMB, list(f.Runs))
	}
	for _, p := range r.pipelines() {
		if p.Articles == 0 {
			continue
		}
		fmt.Fprintf(t, "%s\t%.2f\t%.2f\t%.0f\t%.0f\t %s\t\n", p.name, p.CPU, p.Ratio, p.PerSecond, p.PeakMB, list(p.Runs))
	}
	if r.Bus.Items > 0 {
		fmt.Fprintf(t, "floor: %s\t%.2f\t\t%.0f\t%.0f\t %s\t\n", r.Bus.Floor.Name, r.Bus.Floor.CPU, r.Bus.Floor.PerSecond, r.Bus.Floor.PeakMB, list(r.Bus.Floor.Runs))
		fmt.Fprintf(t, "five bus hops, %.1f kB\t%.2f\t\t%.0f\t%.0f\t %s\t\n", r.Bus.MessageKB, r.Bus.CPU, r.Bus.PerSecond, r.Bus.PeakMB, list(r.Bus.Runs))
	}
	if r.Idle.Feeds > 0 {
		fmt.Fprintf(t, "idle poll (304), %d feeds\t%.2f\t\t%.0f\t%.0f\t \t\n", r.Idle.Feeds, r.Idle.CPU, r.Idle.PerSecond, r.Idle.PeakMB)
		fmt.Fprintf(t, "floor: %s\t%.2f\t\t\t\t \t\n", floor304, r.Idle.Floor)
		fmt.Fprintf(t, "import of a feed\t%.3f\t\t%.0f\t\t \t\n", r.Idle.ImportCPU, r.Idle.Import)
	}
	t.Flush()
	if r.Enriched != nil {
		fmt.Fprintf(&b, "\nenrichment: %.0f %% of the CPU of an article\n", 100*r.EnrichShare)
	}
	if r.Plain.Articles > 0 {
		fmt.Fprintf(&b, "start: %.0f ms CPU once, not counted above\n", r.Plain.Start)
		r.writeStages(&b)
		r.writeScores(&b)
	}
	b.WriteString("\nbars\n")
	for _, bar := range r.Bars {
		word := "kept"
		if !bar.Met {
			word = "MISSED"
		}
		fmt.Fprintf(&b, "  %-6s  %s: %.2f, at most %.2f\n", word, bar.Name, bar.Got, bar.Want)
	}
	_, err := io.WriteString(w, b.String())
	return err
}

type namedPipeline struct {
	name string
	*Pipeline
}

func (r *Report) pipelines() []namedPipeline {
	all := []namedPipeline{{"pipeline into SQLite", &r.Plain}}
	if r.Enriched != nil {
		all = append(all, namedPipeline{"the same with enrichment", r.Enriched})
	}
	if r.Large != nil {
		all = append(all, namedPipeline{fmt.Sprintf("pipeline, %d articles", r.Large.Articles), r.Large})
	}
	return all
}

func list(runs []float64) string {
	var parts []string
	for _, v := range runs {
		parts = append(parts, fmt.Sprintf("%.2f", v))
	}
	return strings.Join(parts, " ")
}

func (r *Report) writeStages(b *strings.Builder) {
	b.WriteString("\nms CPU of an article by stage: the shares of a CPU profile of one more run, by the innermost function of each\nstack that belongs to a stage\n")
	for _, p := range r.pipelines() {
		if len(p.Stages) == 0 {
			continue
		}
		t := tabwriter.NewWriter(b, 0, 0, 2, ' ', tabwriter.AlignRight)
		fmt.Fprintf(t, "%s\tms\t\t\n", p.name)
		for _, s := range p.Stages {
			fmt.Fprintf(t, "%s\t%.2f\t%.0f %%\t\n", s.Name, s.CPU, 100*s.Share)
		}
		t.Flush()
	}
}

func (r *Report) writeScores(b *strings.Builder) {
	b.WriteString("\nrecords against the truth, the worst round\n")
	t := tabwriter.NewWriter(b, 0, 0, 2, ' ', tabwriter.AlignRight)
	fmt.Fprintln(t, "\tarticles\tmissing\ttwice\tforeign\ttitle\tauthor\tdate\tbody\tF1\t worst template\t")
	for _, p := range r.pipelines() {
		s := p.Score
		fmt.Fprintf(t, "%s\t%d\t%d\t%d\t%d\t%d\t%d\t%d\t%d\t%.4f\t %s %.4f\t\n", p.name, s.Articles, s.Missing, s.Twice, s.Foreign, s.Title, s.Author, s.Date, s.Body,
			s.F1, s.WorstTemplate, s.Templates[s.WorstTemplate])
	}
	t.Flush()
	for _, p := range r.pipelines() {
		if p.Partial != "" {
			fmt.Fprintf(b, "%s: %s\n", p.name, p.Partial)
		}
		for _, e := range p.Score.Examples {
			fmt.Fprintf(b, "  %s\n", e)
		}
	}
}
