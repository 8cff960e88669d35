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
	"tabletop/blocks/trigger/delivery"
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

func integrationsValidateCommand(c *console) *cobra.Command {
	i := &configured{}
	cmd := &cobra.Command{
		Use:   "validate NAME… | --all",
		Short: "Ask each configuration's host whether it takes the secret",
		Long: `validate sends one request a configuration, which changes nothing at the vendor:
the one that the configuration names, else a HEAD on its URL. The answer is
recorded in the audit. An endpoint that takes POST alone answers HEAD with 404
or 405: it is reachable, and whether the secret is right does not show.

With --endpoint a simulator on this machine is asked, which counts for simulated
runs only.`,
		Example: `  tabletop integrations validate --all
  tabletop integrations validate 'Trend Micro XDR: Block IP' \
      --endpoint https://api.xdr.trendmicro.com=http://127.0.0.1:8080`,
		Args: cobra.ArbitraryArgs,
		RunE: func(cmd *cobra.Command, args []string) error { return i.validate(cmd.Context(), c, args) },
	}
	i.flags(cmd, true)
	return cmd
}

func (i *configured) validate(ctx context.Context, c *console, args []string) error {
	loaded, to, err := i.load()
	if err != nil {
		return err
	}
	list, err := i.chosen(loaded, args)
	if err != nil {
		return err
	}
	if err := to.cover(list); err != nil {
		return err
	}
	log, err := audit.Open(ctx, i.audit, audit.Options{Now: time.Now})
	if err != nil {
		return nothingRan(err)
	}
	defer log.Close()
	name, host := whoami()
	bad := 0
	shown := []audit.Validation{}
	for _, n := range list {
		found := validation(ctx, n, loaded, to)
		if ctx.Err() != nil {
			return ctx.Err()
		}
		if !found.OK {
			bad++
		}
		entry := audit.Validation{
			Name: n.Name, Digest: n.Digest(), Status: found.Status, Detail: found.Detail, Endpoint: to.of(n.Origin()), User: name, Host: host,
		}
		if err := log.Validate(context.WithoutCancel(ctx), entry); err != nil {
			return err
		}
		shown = append(shown, entry)
		if i.output == "text" {
			c.line(c.strong(clean(n.Name)))
			c.wrapped(found.Status)
			c.wrapped(found.Detail)
			_ = c.flush()
		}
	}
	if i.output == "json" {
		c.json(shown)
	}
	if bad > 0 {
		return failure{exitNotHeld, fmt.Errorf("%s not valid", plural(bad, "configuration is", "configurations are"))}
	}
	return nil
}

// validation asks the host of a configuration whether it is valid.
func validation(ctx context.Context, n *trigger.Integration, all *trigger.Integrations, to endpoints) trigger.Validation {
	failed := func(err error) trigger.Validation {
		return trigger.Validation{Status: trigger.ValidationFailed, Detail: err.Error()}
	}
	secrets := knownSecrets(n, all, to)
	call, err := n.ValidateCall(func(name string) (string, error) {
		value, err := secretOf(n, to)(name)
		secrets[name] = value
		return value, err
	})
	if err != nil {
		return failed(err)
	}
	client, err := delivery.New(to.clientOptions(n))
	if err != nil {
		return failed(err)
	}
	defer client.Close()
	answer, err := client.Ask(ctx, delivery.Call{Method: call.Method, URL: call.URL, Headers: call.Headers, Secrets: secrets}, n.Policy())
	if err != nil {
		return failed(err)
	}
	return n.Validation(answer)
}

// secretOf gives the secrets of a configuration: made up where a simulator is
// sent to, else from where the configuration says.
func secretOf(n *trigger.Integration, to endpoints) func(name string) (string, error) {
	return func(name string) (string, error) {
		if len(to) > 0 {
			return "simulated-" + name, nil
		}
		return n.Secret(name, os.LookupEnv)
	}
}

// knownSecrets are all secrets of a configuration that can be read, and those of
// others for the same host: an answer may hold one that another request told it.
func knownSecrets(n *trigger.Integration, all *trigger.Integrations, to endpoints) map[string]string {
	known := map[string]string{}
	add := func(of *trigger.Integration, label func(name string) string) {
		for _, name := range of.SecretNames() {
			if value, err := secretOf(of, to)(name); err == nil && known[name] != value {
				known[label(name)] = value
			}
		}
	}
	add(n, func(name string) string { return name })
	for _, name := range all.Names() {
		if other, _ := all.Find(name); other != n && other.Origin() == n.Origin() {
			add(other, func(secret string) string { return secret + " of " + name })
		}
	}
	return known
}

func integrationsSwitchCommand(c *console, on bool) *cobra.Command {
	i := &configured{}
	verb := "disable"
	if on {
		verb = "enable"
	}
	cmd := &cobra.Command{
		Use:   verb + " NAME… | --all",
		Short: strings.ToUpper(verb[:1]) + verb[1:] + " configurations for sending",
		Example: "  tabletop integrations " + verb + " --all\n" +
			"  tabletop integrations " + verb + " 'Trend Micro XDR: Block IP'",
		Args: cobra.ArbitraryArgs,
		RunE: func(cmd *cobra.Command, args []string) error { return i.turn(cmd.Context(), c, args, on) },
	}
	i.flags(cmd, true)
	return cmd
}

// turn records that configurations are enabled or disabled.
func (i *configured) turn(ctx context.Context, c *console, args []string, on bool) error {
	loaded, to, err := i.load()
	if err != nil {
		return err
	}
	list, err := i.chosen(loaded, args)
	if err != nil {
		return err
	}
	if err := to.cover(list); err != nil {
		return err
	}
	shown, err := i.describeAll(ctx, list, to)
	if err != nil {
		return err
	}
	if on {
		var not []string
		for n, o := range shown {
			switch {
			case o.Status != trigger.Validated:
				not = append(not, clean(o.Name)+" is "+o.Status)
			case !list[n].Enabled:
				not = append(not, clean(o.Name)+" has enabled: false in its file")
			}
		}
		if len(not) > 0 {
			return refused(errors.New("only what is validated can be enabled (tabletop integrations validate):\n  " + strings.Join(not, "\n  ")))
		}
	}
	log, err := audit.Open(ctx, i.audit, audit.Options{Now: time.Now})
	if err != nil {
		return nothingRan(err)
	}
	defer log.Close()
	name, host := whoami()
	for _, o := range shown {
		err := log.Enable(context.WithoutCancel(ctx), audit.Enabling{Name: o.Name, Digest: o.Digest, Enabled: on, Endpoint: to.of(o.Host), User: name, Host: host})
		if err != nil {
			return err
		}
	}
	state := "disabled"
	if on {
		state = "enabled"
	}
	if i.output == "json" {
		after, err := i.describeAll(ctx, list, to)
		if err != nil {
			return err
		}
		c.json(after)
		return nil
	}
	for _, o := range shown {
		c.line(state, "  ", clean(o.Name))
	}
	return nil
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
