package main

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/spf13/cobra"
	"golang.org/x/crypto/ssh"

	"tabletop/blocks/trigger/plan"
)

// An approving is the command approve with its flags.
type approving struct {
	key        string
	reason     string
	targets    []string
	allTargets bool
	approvers  string
	yes        bool
	print      bool
	signed     string
	to         string
}

func approveCommand(c *console) *cobra.Command {
	a := &approving{}
	cmd := &cobra.Command{
		Use:   "approve PLAN",
		Short: "Approve a plan, and targets in it, with your SSH key",
		Long: `approve shows what a plan would send and what of it needs an approval of its
own, asks, and signs. The signature names the plan by its SHA-256 and each
target by its action, so that it holds for nothing else, and is written beside
the plan, where apply looks for it. Nothing is sent.

An approval is of the plan as a whole. Targets for which the guard wants one
of their own are approved with it by --target or --all-targets only.

Your key must stand in approvers.yaml, which the plan names, and the plan must
not be yours. --key takes a private key, or the .pub file of a key in an SSH
agent. To sign with ssh-keygen instead, print what is signed, sign it under
the name tabletop, and hand both in with --signed.`,
		Example: `  tabletop approve plan.json --key ~/.ssh/id_ed25519 --reason 'seen in SEC-7'
  tabletop approve plan.json --key ~/.ssh/id_ed25519.pub --target 203.0.113.7 \
    --reason 'the site is theirs alone'
  tabletop approve plan.json --all-targets --reason 'seen' --print > approval
  ssh-keygen -Y sign -n tabletop -f ~/.ssh/id_ed25519_sk approval
  tabletop approve plan.json --signed approval`,
		Args: exactly(1, "the file of a plan"),
		RunE: func(cmd *cobra.Command, args []string) error {
			if err := a.check(); err != nil {
				return nothingRan(err)
			}
			return a.run(cmd.Context(), c, cmd.InOrStdin(), args[0])
		},
	}
	f := cmd.Flags()
	f.StringVar(&a.key, "key", "", "your SSH `key`: a private one, or the .pub file of one in an agent")
	f.StringVar(&a.reason, "reason", "", "why this may be sent, in a line")
	f.StringArrayVar(&a.targets, "target", nil, "approve this `target` too, by its action's number or its text; may stand more than once")
	f.BoolVar(&a.allTargets, "all-targets", false, "approve every target that needs it")
	f.StringVar(&a.approvers, "approvers", "", "who may approve (default the file that the plan names)")
	f.BoolVar(&a.yes, "yes", false, "don't ask")
	f.BoolVar(&a.print, "print", false, "print what is to be signed, and sign nothing")
	f.StringVar(&a.signed, "signed", "", "take what --print gave from this `file`, and its signature from the one with .sig behind its name")
	f.StringVar(&a.to, "to", "", "write the approval to this `file` (default beside the plan)")
	return cmd
}

// check refuses flags that say two things at once.
func (a *approving) check() error {
	switch {
	case a.allTargets && len(a.targets) > 0:
		return errors.New("--target and --all-targets exclude each other")
	case a.signed != "":
		if a.key != "" || a.reason != "" || a.allTargets || len(a.targets) > 0 || a.print {
			return errors.New("--signed goes without --key, --reason, --target, --all-targets and --print: what was signed says all that")
		}
	case a.reason == "":
		return errors.New("--reason is missing: say in a line why this may be sent")
	case a.print && a.key != "":
		return errors.New("--print signs nothing, and takes no --key")
	case !a.print && a.key == "":
		return errors.New("--key is missing: name your SSH key, such as ~/.ssh/id_ed25519")
	}
	return nil
}

// A review is what an approver has before them.
type review struct {
	path      string
	plan      *plan.Plan
	sha256    string
	approvers *plan.Approvers
	now       time.Time
}

func (a *approving) run(ctx context.Context, c *console, in io.Reader, path string) error {
	p, sum, err := plan.Load(path)
	if err != nil {
		return notLoaded(err)
	}
	r := &review{path: path, plan: p, sha256: sum, now: time.Now()}
	if expired := p.Expired(r.now); expired != "" {
		return denied(errors.New(expired))
	}
	if a.print {
		return a.printStatement(c, r)
	}
	if r.approvers, err = a.loadApprovers(r); err != nil {
		return err
	}
	if a.signed != "" {
		return a.takeSigned(ctx, c, in, r)
	}
	s, err := a.statement(r)
	if err != nil {
		return err
	}
	key, err := c.openKey(in, a.key)
	if err != nil {
		return nothingRan(err)
	}
	if key.public != nil {
		if _, err := r.approvers.MayApprove(p, key.public, r.now); err != nil {
			return denied(err)
		}
	}
	if err := a.confirm(ctx, c, in, r, s); err != nil {
		return err
	}
	signer, done, err := key.signer(ctx)
	if err != nil {
		return nothingRan(err)
	}
	defer done()
	approval, err := plan.Sign(s, signer, rand.Reader)
	if err != nil {
		return nothingRan(err)
	}
	return a.keep(c, r, approval)
}

// denied marks an error that says no to something that could be asked for.
func denied(err error) error { return failure{exitRefused, err} }

// statement is what is to be signed.
func (a *approving) statement(r *review) (plan.Statement, error) {
	targets := r.plan.NeedApproval()
	if !a.allTargets {
		var err error
		if targets, err = r.plan.Select(a.targets); err != nil {
			return plan.Statement{}, nothingRan(err)
		}
	}
	s := plan.NewStatement(r.sha256, targets, a.reason, r.now)
	return s, nothingRan(s.Check())
}

func (a *approving) printStatement(c *console, r *review) error {
	s, err := a.statement(r)
	if err != nil {
		return err
	}
	_, err = c.out.WriteString(s.Text())
	return err
}

// loadApprovers reads who may approve, as it was when the plan was made: apply
// takes no other.
func (a *approving) loadApprovers(r *review) (*plan.Approvers, error) {
	named := r.plan.Approvers
	if named == nil {
		return nil, denied(errors.New("the plan names no approvers, so that nobody can approve it: write approvers.yaml beside the workbook, and plan again"))
	}
	path := a.approvers
	if path == "" {
		path = r.plan.Path(named.Path)
	}
	approvers, err := plan.LoadApprovers(path)
	if errors.Is(err, os.ErrNotExist) && a.approvers == "" {
		return nil, nothingRan(fmt.Errorf("the file of the approvers that the plan names, %s, does not lie there: name a copy with --approvers", path))
	}
	if err != nil {
		return nil, notLoaded(err)
	}
	if approvers.SHA256 != named.SHA256 {
		return nil, denied(fmt.Errorf("%s is not what it was when the plan was made, and apply takes no other: plan again", path))
	}
	return approvers, nil
}

// takeSigned takes an approval that was signed elsewhere.
func (a *approving) takeSigned(ctx context.Context, c *console, in io.Reader, r *review) error {
	text, err := readSmall("what was signed", a.signed)
	if err != nil {
		return nothingRan(err)
	}
	signature, err := readSmall("the signature", a.signed+".sig")
	if err != nil {
		return nothingRan(err)
	}
	approval, err := plan.NewApproval(string(text), string(signature))
	if err != nil {
		return nothingRan(fmt.Errorf("%s: %w", a.signed, err))
	}
	if approval.Statement.Plan != r.sha256 {
		return denied(fmt.Errorf("%s approves another plan, with the SHA-256 %s", a.signed, approval.Statement.Plan))
	}
	if err := a.confirm(ctx, c, in, r, approval.Statement); err != nil {
		return err
	}
	return a.keep(c, r, approval)
}

// confirm shows what is approved, and asks.
func (a *approving) confirm(ctx context.Context, c *console, in io.Reader, r *review, s plan.Statement) error {
	c.review(r, s)
	if a.yes {
		return nil
	}
	answer, err := c.ask(ctx, in, "Approve this? Write yes: ")
	switch {
	case errors.Is(err, errNoTerminal):
		return nothingRan(errors.New("nothing was approved: the standard input is no terminal to ask on; --yes approves without asking"))
	case err != nil:
		return nothingRan(err)
	case !strings.EqualFold(answer, "yes"):
		return denied(errors.New("nothing was approved: the answer was not yes"))
	}
	return nil
}

// keep writes an approval that counts, and tells what still lacks.
func (a *approving) keep(c *console, r *review, approval *plan.Approval) error {
	key := approval.Key
	by, err := r.approvers.MayApprove(r.plan, key, r.now)
	if err != nil {
		return denied(err)
	}
	alone := plan.Check(r.plan, r.sha256, r.approvers, []*plan.Approval{approval}, r.now)
	for _, no := range alone.Refused {
		return denied(errors.New("the approval would not count: " + no.Reason))
	}
	path := a.to
	if path == "" {
		if path, err = plan.ApprovalPath(r.path, by.Name); err != nil {
			return nothingRan(err)
		}
	}
	text, err := approval.Write()
	if err != nil {
		return err
	}
	if err := newFile(path, text); err != nil {
		return nothingRan(err)
	}
	return c.approved(r, by, key, path)
}

// newFile writes a file that none but its owner can read, and never over another.
func newFile(path string, text []byte) error {
	f, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if errors.Is(err, os.ErrExist) {
		return fmt.Errorf("%s exists already: name another file with --to", path)
	}
	if err != nil {
		return fmt.Errorf("write the approval: %w", err)
	}
	_, err = f.Write(text)
	if err = errors.Join(err, f.Close()); err != nil {
		_ = os.Remove(path)
		return fmt.Errorf("write the approval: %w", err)
	}
	return nil
}

// approved tells whose approval was written, and what lacks with all that lie
// beside the plan.
func (c *console) approved(r *review, by plan.Approver, key ssh.PublicKey, path string) error {
	c.line()
	c.fact("approved by ", by.Name, ", key ", plan.Fingerprint(key))
	c.fact("written to ", path)
	if filepath.Dir(path) != filepath.Dir(r.path) {
		c.fact("put it beside the plan, where apply looks for it")
		return nil
	}
	approvals, broken, err := plan.FindApprovals(r.path)
	if err != nil {
		return err
	}
	s := plan.Check(r.plan, r.sha256, r.approvers, approvals, r.now)
	for _, no := range append(broken, s.Refused...) {
		c.remark("%s does not count: %s", clean(no.File), clean(no.Reason))
	}
	lacks := s.Lacks()
	if len(lacks) == 0 {
		c.line(c.green("nothing more needs an approval"))
		return nil
	}
	c.line("still lacking:")
	for _, lack := range lacks {
		c.fact("  ", lack)
	}
	return nil
}
