package guard

// A Rule is what a reader should know of a rule of the guard.
type Rule struct {
	Name string `json:"rule"`
	// Level is never or ask, both where it depends on the target, or allow for a
	// rule that lets a target through.
	Level string `json:"level"`
	Doc   string `json:"doc"`
}

// Rules lists the rules by what they look at: addresses, hosts and URLs,
// mailboxes, hashes, then lists and people. A test holds it against the names.
func Rules() []Rule {
	const never, ask, allow = "never", "ask", "allow"
	return []Rule{
		{RulePrivate, "never or ask", "a private address; ask where an own list names its network as one of workstations"},
		{RuleLoopback, never, "an address that every machine has for itself"},
		{RuleLinkLocal, never, "an address that holds on one cable only"},
		{RuleCarrier, never, "an address that a provider shares among customers"},
		{RuleMulticast, never, "an address that stands for a group of machines"},
		{RuleUnspecified, never, "0.0.0.0 and its like"},
		{RuleBroadcast, never, "the address of every machine on a network"},
		{RuleReserved, never, "an address that nobody has"},
		{RuleSinkhole, never, "an address to which names of malware were turned"},
		{RuleResolver, never, "a public name server"},
		{RuleRootServer, never, "a root server of the DNS"},
		{RuleNetwork, never, "a whole network: an action takes one address"},
		{RuleWildcard, "never or ask", "a target that stands for many; ask where only a product may read it so"},
		{RuleSpecialName, never, "a name of one's own network, or of the DNS itself"},
		{RulePublicSuffix, never, "a suffix under which anyone registers names, such as co.uk"},
		{RuleShared, never, "a domain that many strangers share"},
		{RuleTenant, ask, "one host under a shared domain"},
		{RuleAmbiguous, ask, "a text in which browsers and products may read different hosts"},
		{RuleEndpoint, ask, "a machine that an action would cut off from the network"},
		{RuleNullSender, never, "the sender of reports of failed delivery"},
		{RuleRole, never, "a mailbox that keeps mail itself working, such as postmaster"},
		{RuleFreeMail, never, "a domain that gives mailboxes to anyone"},
		{RuleMailDomain, never, "a recipient outside of the domains to which e-mails may go"},
		{RuleEmptyFile, never, "the hash of a file without content"},
		{RuleManyHosts, ask, "a file that events show on many machines"},
		{RuleSystemFolder, ask, "a file that events show in a folder of the system"},
		{RuleVendor, never, "the host through which actions are sent"},
		{RuleOwn, "never or ask", "what an entry of guard.yaml, or of a list that it includes, names"},
		{RuleAllowed, allow, "an entry of guard.yaml that lifts an approval, never a refusal"},
		{RuleApproved, allow, "a signed approval of the target"},
	}
}
