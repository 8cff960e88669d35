package trigger

import (
	"fmt"
	"path/filepath"
	"reflect"

	"tabletop/workbook"
	"tabletop/workbook/source"
)

// MaxIntegrations is the most configurations that one file may hold.
const MaxIntegrations = 500

// Integrations are the webhook configurations of one file.
type Integrations struct {
	document workbook.Document
	list     []*Integration
}

// integrationsFile is integrations.yaml as written.
type integrationsFile struct {
	Integrations source.Node `yaml:"integrations,required" doc:"the configurations"`
}

// Types are the structures of integrations.yaml.
type Types struct {
	// File holds a list of Entry; keys of that hold Target, Undo and, by their
	// names, Secret.
	File, Entry, Target, Undo, Secret reflect.Type
}

// FileTypes are the structures that read integrations.yaml, for its schema.
func FileTypes() Types {
	return Types{
		File: reflect.TypeFor[integrationsFile](), Entry: reflect.TypeFor[entryNode](), Target: reflect.TypeFor[targetNode](),
		Undo: reflect.TypeFor[undoNode](), Secret: reflect.TypeFor[secretNode](),
	}
}

// Load reads and checks the configurations in the file at path. Its error is
// source.Problems where the file has mistakes, all of them, else that of
// reading it.
func Load(path string) (*Integrations, error) {
	node, text, err := source.ReadFile(path)
	if err != nil {
		return nil, fmt.Errorf("read the integrations: %w", err)
	}
	return compileFile(node, workbook.Document{Path: path, Text: text})
}

// compileFile checks a file as written.
func compileFile(node source.Node, document workbook.Document) (*Integrations, error) {
	var file integrationsFile
	problems := source.Decode(node, &file)
	n := &Integrations{document: document}
	if file.Integrations.Exists() && !file.Integrations.IsList() {
		problems = append(problems, file.Integrations.Problem("integrations must be a list", "begin each configuration with '- name: '"))
	}
	items := file.Integrations.Items()
	if len(items) > MaxIntegrations {
		problems = append(problems, items[MaxIntegrations].Problem(fmt.Sprintf("more than %d configurations", MaxIntegrations), "split the file"))
		items = items[:MaxIntegrations]
	}
	x := newExpressions()
	for _, item := range items {
		problems = append(problems, n.add(item, filepath.Dir(document.Path), x)...)
	}
	if problems.Err() != nil {
		return nil, problems
	}
	return n, nil
}

// add takes one more configuration in; paths in it are relative to folder.
func (n *Integrations) add(item source.Node, folder string, x *expressions) source.Problems {
	var e entryNode
	problems := source.Decode(item, &e)
	if problems.Err() != nil {
		return problems
	}
	integration, problems := e.compile(item, folder, x)
	if other, _ := n.Find(integration.Name); other != nil {
		problems = append(problems, e.Name.Problem(0, "the configuration "+integration.Name+" stands twice", "give each its own name"))
	}
	n.list = append(n.list, integration)
	return problems
}

// Find returns the configuration of a name, letter by letter. Where there is
// none it returns nil and a suggestion in words, which may be empty.
func (n *Integrations) Find(name string) (found *Integration, suggestion string) {
	for _, i := range n.list {
		if i.Name == name {
			return i, ""
		}
	}
	return nil, source.DidYouMean(name, n.Names())
}

// Names lists the configurations in the order of the file.
func (n *Integrations) Names() []string {
	names := make([]string, len(n.list))
	for i, integration := range n.list {
		names[i] = integration.Name
	}
	return names
}

// Document is the file that the configurations were read from.
func (n *Integrations) Document() workbook.Document { return n.document }

// Protected is a guard that keeps the hosts of all configurations too: an action
// against one would cut off the defence itself.
func (n *Integrations) Protected(g *Guard) *Guard { return g.Protecting(n.hosts()...) }

// hosts lists the hosts to which requests go.
func (n *Integrations) hosts() []string {
	var hosts []string
	for _, i := range n.list {
		hosts = append(hosts, i.Host())
	}
	return hosts
}
