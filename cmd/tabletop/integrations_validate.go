package main

import (
	"context"
	"fmt"

	"github.com/spf13/cobra"

	"tabletop/audit"
	"tabletop/blocks/trigger"
	"tabletop/blocks/trigger/delivery"
)

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
	loaded, list, to, err := i.pick(args)
	if err != nil {
		return err
	}
	log, err := i.open(ctx)
	if err != nil {
		return err
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
