package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"strconv"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"tabletop/audit"
	"tabletop/blocks/trigger"
	"tabletop/workbook/source"
)

func integrationsCommand(c *console) *cobra.Command {
	cmd := &cobra.Command{
		Use:   "integrations",
		Short: "Webhook configurations: list, validate, enable, disable",
		Long: `integrations shows the webhook configurations of integrations.yaml and leads
them through their life cycle: configured, validated, enabled. What is not
validated and enabled is never sent through; a rehearsal needs neither. Both are
recorded in the audit by the configuration's digest, so that changing a
configuration makes it Not Validated again.`,
		Example: `  tabletop integrations list
  tabletop integrations template trend-v3 > integrations.yaml
  tabletop integrations validate --all
  tabletop integrations enable 'Trend Micro XDR: Block IP'`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error { return cmd.Help() },
	}
	cmd.AddCommand(
		integrationsListCommand(c), integrationsShowCommand(c), integrationsValidateCommand(c),
		integrationsSwitchCommand(c, true), integrationsSwitchCommand(c, false), integrationsTemplateCommand(c),
	)
	return cmd
}

// A configured is what the commands on configurations have in common.
type configured struct {
	file      string
	audit     string
	endpoints []string
	all       bool
	output    string
}

func (i *configured) flags(cmd *cobra.Command, many bool) {
	f := cmd.Flags()
	f.StringVar(&i.file, "integrations", "integrations.yaml", "the file of the configurations")
	f.StringVar(&i.audit, "audit", "audit.db", "the audit that keeps their life cycle")
	f.StringVarP(&i.output, "output", "o", "text", "text or json")
	f.StringArrayVar(&i.endpoints, "endpoint", nil, "as sent to a simulator on this machine, FROM=TO; may be repeated")
	if many {
		f.BoolVar(&i.all, "all", false, "all configurations of the file")
	}
}

// load reads the configurations and the endpoints.
func (i *configured) load() (*trigger.Integrations, endpoints, error) {
	if err := outputForm(i.output, "text", "json"); err != nil {
		return nil, nil, err
	}
	to, err := parseEndpoints(i.endpoints)
	if err != nil {
		return nil, nil, err
	}
	loaded, err := trigger.Load(i.file)
	return loaded, to, nothingRan(err)
}

// chosen are the configurations that the arguments name.
func (i *configured) chosen(loaded *trigger.Integrations, args []string) ([]*trigger.Integration, error) {
	switch {
	case i.all && len(args) > 0:
		return nil, nothingRan(errors.New("name configurations, or write --all, not both"))
	case i.all:
		args = loaded.Names()
	case len(args) == 0:
		return nil, nothingRan(errors.New("name the configurations, or write --all for every one of the file"))
	}
	var out []*trigger.Integration
	for _, name := range args {
		n, suggestion := loaded.Find(name)
		if n == nil {
			return nil, nothingRan(fmt.Errorf("no configuration %s in %s: %s", clean(name), i.file, suggestion))
		}
		out = append(out, n)
	}
	return out, nil
}

// pick reads the file and the configurations that the arguments name, each with
// its endpoint where there is any.
func (i *configured) pick(args []string) (*trigger.Integrations, []*trigger.Integration, endpoints, error) {
	loaded, to, err := i.load()
	if err != nil {
		return nil, nil, nil, err
	}
	list, err := i.chosen(loaded, args)
	if err != nil {
		return nil, nil, nil, err
	}
	return loaded, list, to, to.cover(list)
}

// open opens the audit that keeps the life cycle.
func (i *configured) open(ctx context.Context) (*audit.Log, error) {
	log, err := audit.Open(ctx, i.audit, audit.Options{Now: time.Now})
	return log, nothingRan(err)
}

// A configuration is one as it is shown.
type configuration struct {
	Name    string   `json:"name"`
	Type    string   `json:"type"`
	Method  string   `json:"method"`
	Host    string   `json:"host"`
	Digest  string   `json:"digest"`
	Most    int      `json:"max_actions"`
	Rate    int      `json:"rate"`
	Status  string   `json:"validation"`
	Detail  string   `json:"detail"`
	Enabled bool     `json:"enabled"`
	Secrets []string `json:"secrets"`
	Missing []string `json:"missing_secrets"`
	Undo    bool     `json:"undo"`
	NoUndo  string   `json:"cannot_undo"`
	Effect  []string `json:"effect"`
}

// describeAll reads the life cycle of configurations. Without an audit none is
// validated yet.
func (i *configured) describeAll(ctx context.Context, list []*trigger.Integration, to endpoints) ([]configuration, error) {
	var reader *audit.Reader
	if _, err := os.Stat(i.audit); err == nil {
		if reader, err = audit.OpenReader(ctx, i.audit); err != nil {
			return nil, nothingRan(err)
		}
		defer reader.Close()
	}
	var out []configuration
	for _, n := range list {
		o := configuration{
			Name: n.Name, Type: n.TargetType(), Method: n.Method, Host: n.Origin(), Digest: n.Digest(), Most: n.MaxActions, Rate: n.Policy().Rate,
			Status: trigger.NotValidated, Secrets: notNil(n.SecretNames()), Missing: []string{}, Undo: n.CannotUndo() == "", NoUndo: n.CannotUndo(), Effect: notNil(n.Effect()),
		}
		for _, name := range o.Secrets {
			if _, err := n.Secret(name, os.LookupEnv); err != nil {
				o.Missing = append(o.Missing, name)
			}
		}
		if why := to.lacks(n); why != "" {
			o.Detail = why
		} else if reader != nil {
			cycle, err := reader.Lifecycle(ctx, o.Digest, to.of(n.Origin()))
			if err != nil {
				return nil, err
			}
			if cycle.Status != "" {
				o.Status, o.Detail = cycle.Status, cycle.Detail
			}
			o.Enabled = cycle.Enabled && n.Enabled
		}
		out = append(out, o)
	}
	return out, nil
}

func integrationsListCommand(c *console) *cobra.Command {
	i := &configured{}
	cmd := &cobra.Command{
		Use:   "list",
		Short: "List the configurations and how far each is in its life cycle",
		Example: `  tabletop integrations list
  tabletop integrations list --integrations examples/integrations.yaml -o json`,
		Args: exactly(0, "no arguments"),
		RunE: func(cmd *cobra.Command, _ []string) error {
			loaded, to, err := i.load()
			if err != nil {
				return err
			}
			i.all = true
			list, err := i.chosen(loaded, nil)
			if err != nil {
				return err
			}
			shown, err := i.describeAll(cmd.Context(), list, to)
			if err != nil {
				return err
			}
			if i.output == "json" {
				c.json(notNil(shown))
				return nil
			}
			g := grid{header: []string{"configuration", "type", "validation", "enabled"}, right: make([]bool, 4)}
			for _, o := range shown {
				enabled := "no"
				if o.Enabled {
					enabled = "yes"
				}
				g.rows = append(g.rows, []string{clean(o.Name), o.Type, o.Status, enabled})
			}
			c.draw(g, "")
			return nil
		},
	}
	i.flags(cmd, false)
	return cmd
}

func integrationsShowCommand(c *console) *cobra.Command {
	i := &configured{}
	cmd := &cobra.Command{
		Use:     "show NAME",
		Short:   "Show one configuration: what it does, its limits, its secrets",
		Example: `  tabletop integrations show 'Trend Micro XDR: Block IP'`,
		Args:    exactly(1, "the name of a configuration"),
		RunE: func(cmd *cobra.Command, args []string) error {
			loaded, to, err := i.load()
			if err != nil {
				return err
			}
			list, err := i.chosen(loaded, args)
			if err != nil {
				return err
			}
			shown, err := i.describeAll(cmd.Context(), list, to)
			if err != nil {
				return err
			}
			if i.output == "json" {
				c.json(shown[0])
				return nil
			}
			c.configuration(shown[0])
			return nil
		},
	}
	i.flags(cmd, false)
	return cmd
}

// configuration shows one configuration.
func (c *console) configuration(o configuration) {
	c.line(c.strong(clean(o.Name)))
	c.fact(o.Method, " to ", o.Host, ", target ", o.Type)
	for _, line := range o.Effect {
		c.para(line)
	}
	c.para("at most " + strconv.Itoa(o.Most) + " actions a run" + rateWords(o.Rate))
	if o.Undo {
		c.para("can be taken back: tabletop undo")
	} else {
		c.para("can't be taken back: " + o.NoUndo)
	}
	if len(o.Secrets) > 0 {
		c.para("secrets: " + strings.Join(o.Secrets, ", "))
	}
	for _, name := range o.Missing {
		c.para("no value yet for the secret [" + name + "]")
	}
	c.line(o.Status)
	if o.Detail != "" {
		c.para(o.Detail)
	}
	if o.Enabled {
		c.line(c.green("enabled"))
	} else {
		c.line(c.red("not enabled"))
	}
	c.line("digest ", o.Digest)
}

func rateWords(rate int) string {
	if rate == 0 {
		return ""
	}
	return fmt.Sprintf(", at most %d in 60 s", rate)
}

func integrationsTemplateCommand(c *console) *cobra.Command {
	return &cobra.Command{
		Use:   "template [NAME]",
		Short: "Print a ready-made configuration, or list them",
		Example: `  tabletop integrations template
  tabletop integrations template trend-v3 > integrations.yaml`,
		Args: cobra.MaximumNArgs(1),
		RunE: func(_ *cobra.Command, args []string) error {
			if len(args) == 0 {
				for _, name := range trigger.Ready() {
					c.line(name)
				}
				return nil
			}
			text, ok := trigger.ReadyText(args[0])
			if !ok {
				return nothingRan(fmt.Errorf("no ready-made configuration %s: %s", clean(args[0]), source.DidYouMean(args[0], trigger.Ready())))
			}
			c.line(strings.TrimRight(text, "\n"))
			return nil
		},
	}
}
