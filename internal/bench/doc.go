// Package bench measures what an article costs: the daemon over a web of generated news sites, checked against what
// their pages are known to say, beside the floors below which no client of this kind can get.
//
// Each measured thing runs in a process of its own, started from this program again ([Child]), and so does the server of
// the sites: CPU time and memory are those of the thing alone. What is compared is run in turn, several rounds of it, and
// the medians are reported; absolute times are this machine's on this day, the ratios of one run can be compared.
//
// Its files: bench.go (what is run, in which order), process.go (the processes), web.go (the server), floor.go (the
// floors), pipeline.go (the daemon), hops.go (the bus alone), score.go (records against the truth), stages.go and
// profile.go (CPU by stage, from a profile), report.go and text.go (the figures and their tables).
package bench
