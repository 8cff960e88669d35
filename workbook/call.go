package workbook

import (
	"errors"
	"fmt"
	"io/fs"
	"path"
	"path/filepath"
	"slices"
	"strings"

	"tabletop/workbook/source"
)

// Bounds on the workbooks that a workbook calls: how deep, how often, and how many
// blocks they have together, those of one that is called twice counted twice.
const (
	MaxCallDepth    = 8
	MaxCalls        = 100
	MaxCalledBlocks = 1000
)

// A Called is a workbook that a block calls, checked against the columns that the
// block hands to it.
type Called struct {
	Program *Program
	// Returns says that the rows of its last block come back.
	Returns bool
}

// A frame is a workbook that is being prepared, with the one whose block calls it.
type frame struct {
	// name is the path of its file from the folder of the outermost workbook, as
	// the calls write it, real what the file is really called.
	name, real string
	above      *frame
	family     *family
}

// A family is what a workbook and all those that it calls have in common.
type family struct {
	// folder is that of the outermost workbook, as the user named it.
	folder string
	kinds  []Kind
	files  Files
	parsed map[string]parsedFile

	calls, blocks int
	// over says that a bound was told of, which is enough.
	over bool
}

type parsedFile struct {
	workbook *Workbook
	real     string
	problems source.Problems
	err      error
}

func newFamily(w *Workbook) *frame {
	name := filepath.Base(w.Path)
	real := name
	files := w.files
	if files == nil {
		files = InFolder(filepath.Dir(w.Path))
		if file, err := filepath.EvalSymlinks(w.Path); err == nil {
			if home, err := filepath.EvalSymlinks(filepath.Dir(w.Path)); err == nil {
				if within, err := filepath.Rel(home, file); err == nil {
					real = filepath.ToSlash(within)
				}
			}
		}
	}
	return &frame{name: name, real: real, family: &family{
		folder: filepath.Dir(w.Path), kinds: w.kinds, files: files, parsed: map[string]parsedFile{},
	}}
}

// way writes the calls that led to a frame, and on to another file.
func (f *frame) way(to string) string {
	names := []string{to}
	for ; f != nil; f = f.above {
		names = append(names, f.name)
	}
	slices.Reverse(names)
	return strings.Join(names, " → ")
}

func (f *frame) depth() int {
	n := 0
	for f = f.above; f != nil; f = f.above {
		n++
	}
	return n
}

// Call checks the workbook that a block calls: the file that to names, seen from
// that of the block, with the parameters in set. Where returns is set, Out becomes
// the columns of its last block. All mistakes in the file are reported, each in its
// place; after one it returns nil.
func (p *Preparation) Call(to source.Text, set source.Node, returns bool) *Called {
	if returns {
		p.Out = Columns{}
	}
	if p.frame == nil {
		p.Report(to.Problem(0, "no workbook can be called from here", ""))
		return nil
	}
	below, file, ok := p.open(to)
	if !ok {
		return nil
	}
	problems := slices.Clone(file.problems)
	values := p.bindCalled(file.workbook, to, set)
	program, out, more := prepare(file.workbook, values, below, p.In, p.First)
	problems = append(problems, more...)
	p.ReportAll(problems)
	if problems.Err() != nil || p.problems.Err() != nil {
		return nil
	}
	if returns {
		p.Out = out
	}
	return &Called{Program: program, Returns: returns}
}

// open reads the workbook that a block calls, within all bounds.
func (p *Preparation) open(to source.Text) (*frame, parsedFile, bool) {
	name, problem := p.frame.resolve(to)
	if problem != nil {
		p.Report(*problem)
		return nil, parsedFile{}, false
	}
	f := p.frame.family
	file := f.parse(name)
	below := &frame{name: name, real: file.real, above: p.frame, family: f}
	if file.err != nil {
		p.reportUnread(to, name, file.err)
		return nil, file, false
	}
	for above := p.frame; above != nil; above = above.above {
		if above.real == below.real {
			p.Report(to.Problem(0, "the workbooks call each other in a circle: "+p.frame.way(name), "take one of the calls out"))
			return nil, file, false
		}
	}
	f.calls++
	f.blocks += len(file.workbook.Blocks)
	var over string
	switch {
	case f.over:
		return nil, file, false
	case below.depth() > MaxCallDepth:
		over = fmt.Sprintf("calls go more than %d deep: %s", MaxCallDepth, p.frame.way(name))
	case f.calls > MaxCalls:
		over = fmt.Sprintf("more than %d calls of workbooks in all", MaxCalls)
	case f.blocks > MaxCalledBlocks:
		over = fmt.Sprintf("the called workbooks have more than %d blocks in all", MaxCalledBlocks)
	default:
		return below, file, true
	}
	f.over = true
	p.Report(to.Problem(0, over, "split the work, or call fewer workbooks from those that are called"))
	return nil, file, false
}

// resolve finds the name of a called file from the folder of the outermost
// workbook.
func (f *frame) resolve(to source.Text) (string, *source.Problem) {
	written := to.Value
	problem := func(message, fix string) (string, *source.Problem) {
		p := to.Problem(0, message, fix)
		return "", &p
	}
	const form = "write the path of its file from that of this workbook, as in called/notify.yaml"
	switch {
	case strings.TrimSpace(written) == "":
		return problem("no workbook is named", form)
	case strings.ContainsAny(written, "\\\x00"):
		return problem("a path to a workbook has / between its folders", form)
	case path.IsAbs(written) || filepath.IsAbs(written) || filepath.VolumeName(written) != "":
		return problem("the path to a called workbook can't be absolute", form)
	}
	name := path.Join(path.Dir(f.name), written)
	if !filepath.IsLocal(filepath.FromSlash(name)) {
		return problem(written+" lies outside of the workbook's folder", "put it into the folder of "+filepath.Base(f.outermost().name)+", or below")
	}
	return name, nil
}

func (f *frame) outermost() *frame {
	for f.above != nil {
		f = f.above
	}
	return f
}

// parse reads and parses a called file, once however often it is called.
func (f *family) parse(name string) parsedFile {
	if known, ok := f.parsed[name]; ok {
		return known
	}
	var out parsedFile
	file, err := f.files(name)
	if err != nil {
		out.err = err
	} else {
		out.real = file.Name
		shown := filepath.Join(f.folder, filepath.FromSlash(name))
		out.workbook, out.problems = ParseText(shown, file.Text, f.kinds)
	}
	f.parsed[name] = out
	return out
}

// reportUnread says why a called file can't be read.
func (p *Preparation) reportUnread(to source.Text, name string, err error) {
	fix := "the path is seen from the folder of " + p.frame.name
	switch {
	case errors.Is(err, fs.ErrNotExist):
		p.Report(to.Problem(0, "there is no workbook "+name, fix))
	case errors.Is(err, errOutside):
		p.Report(to.Problem(0, to.Value+" leads outside of the workbook's folder", "put the file itself there, and no link to it"))
	case errors.Is(err, errNotRegular):
		p.Report(to.Problem(0, to.Value+" is no file", "name the workbook's file, as in "+path.Join(to.Value, "workbook.yaml")))
	default:
		var broken *fs.PathError
		if errors.As(err, &broken) { // whose own path says more of the machine than of the mistake
			err = broken.Err
		}
		p.Report(to.Problem(0, "the workbook "+name+" can't be read: "+err.Error(), fix))
	}
}

// bindCalled gives the parameters of a called workbook their values.
func (p *Preparation) bindCalled(w *Workbook, to source.Text, set source.Node) map[string]string {
	values, known := map[string]string{}, []string{}
	for _, parameter := range w.Parameters {
		known = append(known, parameter.Name)
		if parameter.Default != nil {
			values[parameter.Name] = *parameter.Default
		}
	}
	if set.Exists() && !set.IsMap() {
		p.Report(set.Problem("set must be a map of parameters", "as in set: {Vector: HOST}"))
	}
	given := map[string]bool{}
	for _, pair := range set.Pairs() {
		name := pair.Key.Value
		text, ok := pair.Value.Text()
		switch {
		case !slices.Contains(known, name):
			p.Report(pair.Key.Problem(0, to.Value+" has no parameter "+name, source.DidYouMean(name, known)))
		case given[name]:
			p.Report(pair.Key.Problem(0, name+" stands twice", "remove one of them"))
		case !ok:
			p.Report(pair.Value.Problem("the value of a parameter must be a text", ""))
		default:
			values[name] = p.Expand(text)
		}
		given[name] = true
	}
	for _, name := range known {
		if _, ok := values[name]; ok {
			continue
		}
		values[name] = ""
		if !given[name] {
			p.Report(to.Problem(0, "the parameter "+name+" of "+to.Value+" has no value", "give it one: set: {"+name+": …} beside the block's kind"))
		}
	}
	return values
}

// A caller is a step that calls a workbook.
type caller interface{ Calls() *Called }

// all lists the steps of a program and of those that it calls, in the order in
// which they run.
func (p *Program) all() []Step {
	var steps []Step
	for _, s := range p.steps {
		steps = append(steps, s)
		if c, ok := s.(caller); ok {
			steps = append(steps, c.Calls().Program.all()...)
		}
	}
	return steps
}

// Called lists the workbooks that a program calls, and those that they call, each
// once.
func (p *Program) Called() []*Workbook {
	var list []*Workbook
	for _, s := range p.all() {
		if c, ok := s.(caller); ok {
			if w := c.Calls().Program.Workbook; !slices.Contains(list, w) {
				list = append(list, w)
			}
		}
	}
	return list
}
