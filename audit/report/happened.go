package report

import (
	"slices"
	"strconv"
	"strings"

	"tabletop/audit"
	"tabletop/workbook"
)

// happened tells the run in one paragraph, sentence by sentence.
func (r *reporter) happened() [][]phrase {
	run := r.Run
	sentences := [][]phrase{r.opening()}
	if run.Status == audit.RunningOrDied {
		sentences = append(sentences, []phrase{word("The run has no end: it is still going on, or its program died, and this is what it had recorded.")})
	}
	if len(run.Blocks) > 0 {
		sentences = append(sentences, r.read(), r.did())
	}
	sentences = append(sentences, r.approved()...)
	sentences = append(sentences, r.dnif(), r.verdicts(), r.settled())
	sentences = append(sentences, r.ending())
	return slices.DeleteFunc(sentences, func(s []phrase) bool { return len(s) == 0 })
}

// opening says who did what.
func (r *reporter) opening() []phrase {
	run := r.Run
	begin := []phrase{word("Run %d, %s: ", run.Number, at(run.Started)), r.value(run.User), word(" on "), r.value(run.Host)}
	name := r.value(run.Workbook.Name)
	did := []phrase{word(" carried out "), name}
	switch run.Mode {
	case workbook.ModeRehearse, workbook.ModeStream:
		did = []phrase{word(" rehearsed "), name}
	case workbook.ModePlan:
		did = []phrase{word(" rehearsed "), name, word(" and wrote down in a plan what would be sent")}
	case workbook.ModeApply, workbook.ModeSimulate:
		did = []phrase{word(" took up the plan of "), name}
		if r.Maker != nil {
			did = []phrase{word(" took up the plan that run %d had made: ", r.Maker.Number), name}
		}
		if run.Mode == workbook.ModeSimulate {
			did = append(did, word(", with a simulator on this machine in the vendor's place"))
		}
	case workbook.ModeUndo:
		did = []phrase{word(" wrote down in a plan how to "), name}
	case workbook.ModeRefuse:
		did = []phrase{word(" was to send the plan of "), name, word(", which was refused")}
	}
	return slices.Concat(begin, did, []phrase{word(".")})
}

// read says what the run read.
func (r *reporter) read() []phrase {
	files, count := r.events()
	return []phrase{
		word("It read %s in %s; its clock stood at %s (", plural(count, "event", "events"), plural(files, "file", "files"), at(r.Run.Now)),
		r.value(r.Run.NowSource), word(")."),
	}
}

// events counts the files of events of the run whose blocks are shown.
func (r *reporter) events() (files int, count int64) {
	for _, f := range r.from.Files {
		if f.Kind == "" {
			files, count = files+1, count+f.Events
		}
	}
	return files, count
}

// did says how far the blocks came.
func (r *reporter) did() []phrase {
	run := r.Run
	said := []phrase{word("%s ran, %s raised, and %s came of it.", plural(len(run.Blocks), "block", "blocks"),
		was(len(run.Signals), "signal"), plural(len(run.Actions), "action", "actions"))}
	for _, b := range run.Blocks {
		if b.Failed != "" {
			said = append(said, word(" Block %d failed, and the run ended there: ", b.Index), r.value(b.Failed), word("."))
		}
	}
	return said
}

func was(n int, one string) string {
	if n == 1 {
		return "1 " + one + " was"
	}
	return grouped(int64(n)) + " " + one + "s were"
}

// approved says on whose word a plan was sent, and who took a plan up.
func (r *reporter) approved() [][]phrase {
	var all [][]phrase
	if list := r.Run.Approvals; len(list) > 0 {
		said := []phrase{word("It was approved by ")}
		for i, a := range list[:min(len(list), mostTargets)] {
			if i > 0 {
				said = append(said, word(", "))
			}
			said = append(said, r.value(a.Name))
		}
		if more := len(list) - mostTargets; more > 0 {
			said = append(said, word(" and %d more", more))
		}
		all = append(all, append(said, word(".")))
	}
	if len(r.Applied) > 0 {
		said := []phrase{word("Its plan was taken up by ")}
		for i, a := range r.Applied[:min(len(r.Applied), mostTargets)] {
			if i > 0 {
				said = append(said, word(", "))
			}
			said = append(said, word("run %d (", a.Run), r.value(a.Mode), word(")"))
		}
		if more := len(r.Applied) - mostTargets; more > 0 {
			said = append(said, word(" and %d more", more))
		}
		all = append(all, append(said, word(".")))
	}
	return all
}

// dnif says what DNIF itself would do, which has no guard.
func (r *reporter) dnif() []phrase {
	t := r.Run.Totals
	if len(r.Run.Blocks) == 0 {
		return nil
	}
	return []phrase{word("DNIF itself would send %s, %d to protected targets.", plural(t.DNIFWouldSend, "request", "requests"), t.Protected)}
}

// verdicts says what became of the actions.
func (r *reporter) verdicts() []phrase {
	counts := r.Run.Totals.ByVerdict
	list := given(counts)
	if len(list) == 0 {
		return nil
	}
	all := 0
	for _, n := range counts {
		all += n
	}
	said := []phrase{word("Of %s, ", plural(all, "action", "actions"))}
	for i, v := range list {
		switch {
		case i == 0:
		case i == len(list)-1:
			said = append(said, word(" and "))
		default:
			said = append(said, word(", "))
		}
		said = append(said, word("%s ", grouped(int64(counts[v]))))
		if text := became(v, counts[v], r.Run.Mode); text != "" {
			said = append(said, word("%s", text))
		} else {
			said = append(said, r.value(string(v)))
		}
	}
	return append(said, word("."))
}

// became words a verdict behind a number; nothing for one that is not known.
func became(v workbook.Verdict, n int, mode string) string {
	be, were, s := "are", "were", ""
	if n == 1 {
		be, were, s = "is", "was", "s"
	}
	switch v {
	case workbook.WouldSend:
		return "would be sent"
	case workbook.Sent:
		if mode == workbook.ModeSimulate {
			return were + " sent to the simulator"
		}
		return were + " sent"
	case workbook.Deduplicated:
		return "repeat" + s + " an earlier request"
	case workbook.NeedsApproval:
		return "need" + s + " an approval"
	case workbook.RefusedProtected:
		return be + " refused for a protected target"
	case workbook.RefusedCap:
		return be + " refused by the cap"
	case workbook.RefusedDisabled:
		return be + " refused for a configuration that is not enabled"
	case workbook.Invalid:
		return "make" + s + " no valid request"
	case workbook.Unknown:
		return be + " of unknown outcome"
	case workbook.Undone:
		return were + " sent and taken back since"
	case workbook.Failed:
		return "failed"
	}
	return ""
}

// settled says what the run found out of others.
func (r *reporter) settled() []phrase {
	if len(r.Settled) == 0 {
		if r.Run.Mode == workbook.ModeResume {
			return []phrase{word("It found out nothing new.")}
		}
		return nil
	}
	of := map[int64]int{}
	var order []int64
	for _, s := range r.Settled {
		if of[s.Run]++; of[s.Run] == 1 {
			order = append(order, s.Run)
		}
	}
	var parts []string
	for _, run := range order[:min(len(order), mostTargets)] {
		parts = append(parts, plural(of[run], "action", "actions")+" of run "+strconv.FormatInt(run, 10))
	}
	return []phrase{word("It settled %s.", strings.Join(parts, ", "))}
}

// ending says whether anything left this machine.
func (r *reporter) ending() []phrase {
	switch r.Run.Mode {
	case workbook.ModeRehearse, workbook.ModeStream, workbook.ModePlan, workbook.ModeUndo, workbook.ModeRefuse:
		return []phrase{word("Nothing was sent.")}
	case workbook.ModeSimulate:
		return []phrase{word("Nothing left this machine.")}
	case workbook.ModeApply:
		if r.Run.Totals.ByVerdict[workbook.Sent] > 0 {
			return []phrase{word("Sent means that the vendor accepted the command, not that its products enforce it.")}
		}
	}
	return nil
}
