package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"tabletop/blocks/trigger/guard/lookout"
)

// A guardInit is the command guard init with its flags.
type guardInit struct {
	input
	from string
	to   string
}

func guardInitCommand(c *console) *cobra.Command {
	g := &guardInit{}
	cmd := &cobra.Command{
		Use:   "init --from EVENTS [--to FILE]",
		Short: "Propose own lists from events",
		Long: `init reads events and writes a first guard.yaml: what looks like one's own
addresses and networks, like the servers that one's machines need, and like
one's domains, each with what the events show. It goes to the standard output,
or to a new file with --to; a file that is there is never overwritten.

Events tell only what looks like one's own, and an attacker may look so too: go
through each entry before the file is used. What is found:

  addresses  networks that take part in most connections between public
             addresses and meet many others; what stands for private addresses
             behind NAT; where many users sign in from and nearly none fails
  servers    what private addresses ask at the ports of DNS, Kerberos, LDAP,
             DHCP, mail, VPN and proxies; devices that send logs
  domains    of recipients, of users and of machines, by their share; those
             whose domain controllers are looked up

Columns are those of DNIF, or of Zeek, Sysmon and Windows as they are logged;
--sources says what other logs mean.`,
		Example: `  tabletop guard init --from events
  tabletop guard init --from conn.log.gz --to guard.yaml
  tabletop guard init --from logs --sources sources.yaml --to guard.yaml`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error { return g.run(cmd.Context(), c) },
	}
	f := cmd.Flags()
	f.StringVar(&g.from, "from", "", "file or folder of events")
	f.StringVar(&g.to, "to", "", "the file to write, which must not exist (default the standard output)")
	f.StringVar(&g.sources, "sources", "", "what raw logs mean (default sources.yaml in the folder of events, or above it)")
	f.StringVar(&g.now, "now", "", "the day of the entries, as 2026-01-31T12:00:00Z (default today)")
	return cmd
}

func (g *guardInit) run(ctx context.Context, c *console) error {
	if g.from == "" {
		return nothingRan(errors.New("name the events with --from: a file or a folder"))
	}
	if _, err := os.Lstat(g.to); g.to != "" && err == nil {
		return nothingRan(fmt.Errorf("--to %s: it is there already and is not overwritten: name another file, and take over what you need", g.to))
	}
	day, err := g.clock(time.UTC)
	if err != nil {
		return err
	}
	if day.IsZero() {
		day = time.Now()
	}
	g.untimed, g.bar = true, newBar(c)
	defer g.bar.hide()
	set, err := g.openAt(g.from, filepath.Dir(g.from), nil)
	if err != nil {
		return nothingRan(err)
	}
	left, err := leftOut(ctx, set, false)
	if err != nil {
		return nothingRan(err)
	}
	g.bar.show()
	proposals, err := lookout.Propose(ctx, set)
	g.bar.hide()
	if err != nil {
		return err
	}
	text := proposals.YAML(filepath.ToSlash(g.from), day)
	if g.to == "" {
		c.line(strings.TrimSuffix(string(text), "\n"))
	} else if err := writeNew(g.to, text, 0o644); err != nil {
		return err
	}
	for _, w := range left {
		c.remark("warning: %s", cleanLines(w))
	}
	c.proposed(proposals, g.to)
	return nil
}

// proposed tells what was found and what to do with it.
func (c *console) proposed(p *lookout.Proposals, to string) {
	if p.Undecodable > 0 {
		c.remark("warning: %s could not be decoded", plural(p.Undecodable, "line", "lines"))
	}
	var counts []string
	for _, k := range lookout.Kinds {
		switch n := p.Of(k.Kind); k.Kind {
		case lookout.KindAddress:
			counts = append(counts, plural(n, "address or network", "addresses and networks"))
		case lookout.KindServer:
			counts = append(counts, plural(n, "server", "servers"))
		case lookout.KindDomain:
			counts = append(counts, plural(n, "domain", "domains"))
		}
	}
	where := ""
	if to != "" {
		where = to + ": "
	}
	c.remark("%sproposed %s", clean(where), strings.Join(counts, ", "))
	if len(p.List) == 0 {
		c.remark("Add what is yours: the end of the file lists what events don't tell.")
		return
	}
	c.remark("Go through each entry before the guard uses it: take out what is not yours,")
	c.remark("name an owner, and add what events don't tell (the end of the file lists it).")
}
