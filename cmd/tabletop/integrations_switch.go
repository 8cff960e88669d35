package main

import (
	"context"
	"errors"
	"strings"

	"github.com/spf13/cobra"

	"tabletop/audit"
	"tabletop/blocks/trigger"
)

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
	_, list, to, err := i.pick(args)
	if err != nil {
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
	log, err := i.open(ctx)
	if err != nil {
		return err
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
