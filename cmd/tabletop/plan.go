package main

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"time"

	"github.com/spf13/cobra"

	"tabletop/audit"
	"tabletop/blocks/trigger"
	"tabletop/blocks/trigger/plan"
	"tabletop/workbook"
)

// A planning is the command plan with its flags.
type planning struct {
	rehearsal
	to        string
	approvers string
	key       string
}

func planCommand(c *console) *cobra.Command {
	p := &planning{}
	p.rehearsal.planning, p.input.planning = true, true
	cmd := &cobra.Command{
		Use:   "plan PATH --to FILE",
		Short: "Rehearse a workbook and write down what would be sent",
		Long: `plan rehearses a workbook as run does, and writes every request that would be
sent to a file: the request, its row and events, its effect, its inverse, and
the hashes of all that it came from. Nothing is sent.

Review the file, have it approved (tabletop approve), and send exactly that with
tabletop apply. A plan holds for 24 hours, and only for the audit that recorded
it; apply refuses it once the workbook, the integrations, the guard or the
events have changed.`,
		Example: `  tabletop plan examples/suspicious-remote-desktop --to plan.json
  tabletop plan workbook.yaml --to plan.json --reason 'RDP from outside' \
      --ticket SOC-17`,
		Args: exactly(1, "one workbook: a file, or a folder that holds workbook.yaml"),
		RunE: func(cmd *cobra.Command, args []string) error { return p.run(cmd.Context(), c, args[0]) },
	}
	f := cmd.Flags()
	f.StringVar(&p.to, "to", "", "the file to write the plan to; one that is there is left alone")
	p.workbookFlags(f)
	f.StringVar(&p.approvers, "approvers", "", "who may approve (default approvers.yaml beside the workbook, or in the folder above)")
	f.StringVar(&p.key, "key", "", "your own public SSH key, as in ~/.ssh/id_ed25519.pub: it can't approve this plan")
	p.eventFlags(f, standardWindow)
	p.recordingFlags(f, "the plan is made", "text or json")
	return cmd
}

func (p *planning) run(ctx context.Context, c *console, path string) error {
	if err := toNew(p.to, "plan.json"); err != nil {
		return err
	}
	return p.rehearse(ctx, c, path, func(b *bench, log *audit.Log, info workbook.Info, result workbook.Result) error {
		made, err := p.build(b, info, result)
		if err != nil {
			return err
		}
		written, err := p.write(ctx, log, made)
		if err != nil {
			return err
		}
		c.planned(made, written, p.output == "json")
		return nil
	})
}

// toNew checks that --to names a file that is not there yet.
func toNew(file, example string) error {
	if file == "" {
		return nothingRan(errors.New("name the file to write: add --to " + example))
	}
	if _, err := os.Lstat(file); !errors.Is(err, fs.ErrNotExist) {
		return nothingRan(fmt.Errorf("%s is there already: name another file, or remove it", file))
	}
	return nil
}

// A writtenPlan is where a plan lies and how it is recorded.
type writtenPlan struct {
	File   string        `json:"file"`
	SHA256 string        `json:"sha256"`
	Head   workbook.Head `json:"audit"`
}

// write records the plan and then writes its file: a file that the audit does
// not know could never be applied.
func (p *planning) write(ctx context.Context, log *audit.Log, made *plan.Plan) (writtenPlan, error) {
	return keepPlan(ctx, log, made, p.to)
}

// keepPlan records a plan and writes its file.
func keepPlan(ctx context.Context, log *audit.Log, made *plan.Plan, file string) (writtenPlan, error) {
	text, err := plan.Write(made)
	if err != nil {
		return writtenPlan{}, err
	}
	w := writtenPlan{File: file, SHA256: plan.SHA256(text)}
	note := audit.PlanNote{File: filepath.ToSlash(file), Expires: made.Expires}
	for _, a := range made.Actions {
		switch a.Verdict {
		case workbook.WouldSend:
			note.Actions++
		case workbook.NeedsApproval:
			note.NeedApproval++
		}
	}
	if w.Head, err = log.KeepPlan(context.WithoutCancel(ctx), made.Run, w.SHA256, text, note); err != nil {
		return w, err
	}
	return w, writeNew(file, text, 0o600)
}

// writeNew writes a file that must not be there.
func writeNew(file string, text []byte, mode fs.FileMode) error {
	f, err := os.OpenFile(file, os.O_WRONLY|os.O_CREATE|os.O_EXCL, mode)
	if errors.Is(err, fs.ErrExist) {
		return nothingRan(fmt.Errorf("%s is there already and is not overwritten", file))
	}
	if err != nil {
		return nothingRan(err)
	}
	_, err = f.Write(text)
	if err = errors.Join(err, f.Sync(), f.Close()); err != nil {
		return errors.Join(err, os.Remove(file))
	}
	return nil
}

// build makes the plan of a rehearsal.
func (p *planning) build(b *bench, info workbook.Info, result workbook.Result) (*plan.Plan, error) {
	folder, err := os.Getwd()
	if err != nil {
		return nil, err
	}
	made := &plan.Plan{
		Form: plan.Form, Name: info.Workbook.Name, Run: result.Run, Created: time.Now().UTC().Truncate(time.Second), Reason: info.Reason, Ticket: info.Ticket,
		Planner: plan.Planner{User: info.User, Host: info.Host}, Folder: folder,
		Workbook:     planFile(&workbook.Document{Path: info.Workbook.Path, Text: info.Workbook.Text}),
		Called:       calledFiles(info.Called),
		Integrations: planFile(info.Integrations), Guard: planFile(info.Guard), Events: lying(b, info.Files),
		Clock: info.Now.UTC(), ClockFrom: info.NowSource, Parameters: info.Parameters,
	}
	made.Expires = made.Created.Add(plan.Lifetime)
	if p.key != "" {
		if made.Planner.Key, err = fingerprintOf(p.key); err != nil {
			return made, nothingRan(err)
		}
	}
	approvers, err := beside(p.approvers, b.file, "approvers.yaml")
	if err != nil {
		return made, err
	}
	if approvers != "" {
		if made.Approvers, err = approversFile(approvers); err != nil {
			return made, err
		}
	}
	evidence := evidenceOf(result)
	for run, of := range calledRuns(result) {
		for at, e := range evidenceOf(of.Result) {
			at.run = run
			evidence[at] = e
		}
	}
	for _, a := range result.Actions {
		a.Response = nil // a simulated answer is not what a vendor will say
		made.Actions = append(made.Actions, plan.Of(a, evidence[rowAt{a.Run, a.Block, a.Row}]))
	}
	made.Caps = capsOf(b.options.Trigger.Integrations, made.Actions)
	return made, nil
}

// planFile names a document by its hash; nil for none.
func planFile(d *workbook.Document) *plan.File {
	if d == nil || d.Path == "" {
		return nil
	}
	return &plan.File{Path: filepath.ToSlash(d.Path), SHA256: plan.SHA256(d.Text)}
}

// lying names files by where they lie, seen from the folder of the plan.
func lying(b *bench, files []workbook.EventFile) []workbook.EventFile {
	where := b.set.Where()
	guarded := b.options.Trigger.Guard.Where()
	out := slices.Clone(files)
	for i, f := range out {
		path, ok := where[f.Path]
		if f.Kind == workbook.KindGuard {
			path, ok = guarded[f.Path]
		}
		if ok {
			out[i].Path = filepath.ToSlash(path)
		}
	}
	return out
}

// fingerprintOf names the key in the file of a public key.
func fingerprintOf(path string) (string, error) {
	text, err := readSmall("the key", path)
	if err != nil {
		return "", err
	}
	key, err := plan.ParseKey(string(text))
	if err != nil {
		return "", fmt.Errorf("%s: %w", path, err)
	}
	return plan.Fingerprint(key), nil
}

// approversFile reads the approvers and names their file by its hash.
func approversFile(path string) (*plan.File, error) {
	approvers, err := plan.LoadApprovers(path)
	if err != nil {
		return nil, nothingRan(err)
	}
	return &plan.File{Path: filepath.ToSlash(path), SHA256: approvers.SHA256}, nil
}

// A rowAt is a row of a block; run is that of a called workbook, else 0.
type rowAt struct {
	run        int64
	block, row int
}

// evidenceOf finds the evidence of the rows that a run's own actions came from.
func evidenceOf(result workbook.Result) map[rowAt]workbook.Evidence {
	out := map[rowAt]workbook.Evidence{}
	for _, done := range result.Blocks {
		if len(done.Output.Actions) == 0 {
			continue
		}
		for i, row := range done.Output.Table.Rows {
			e := row.Evidence
			e.First = notNil(e.First[:min(len(e.First), jsonPositions)])
			out[rowAt{0, done.Block.Index, i + 1}] = e
		}
	}
	return out
}

// capsOf lists the configurations that actions go through.
func capsOf(integrations *trigger.Integrations, actions []plan.Action) []plan.Cap {
	var caps []plan.Cap
	at := map[string]int{}
	for _, a := range actions {
		if !a.Sends() {
			continue
		}
		n, _ := integrations.Find(a.Integration)
		if n == nil {
			continue
		}
		i, known := at[n.Name]
		if !known {
			i, at[n.Name] = len(caps), len(caps)
			caps = append(caps, plan.Cap{Integration: n.Name, Digest: n.Digest(), Most: n.MaxActions})
		}
		caps[i].Planned++
	}
	return caps
}
