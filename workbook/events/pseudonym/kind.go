package pseudonym

import (
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"sync"

	"tabletop/workbook/source"
)

// A Kind says what the values of a column are. Whatever the kind, a value that
// is an address is treated as one.
type Kind string

// The kinds. Text looks for indicators in the value, Keep leaves it alone.
const (
	User Kind = "user"
	Host Kind = "host"
	Mail Kind = "mail"
	URL  Kind = "url"
	IP   Kind = "ip"
	Text Kind = "text"
	Keep Kind = "keep"
)

// Kinds lists the kinds.
var Kinds = []string{"user", "host", "mail", "url", "ip", "text", "keep"}

// ParseKind reads the name of a kind.
func ParseKind(text string) (Kind, error) {
	if !slices.Contains(Kinds, text) {
		return "", fmt.Errorf("no kind %q: %s", text, source.DidYouMean(text, Kinds))
	}
	return Kind(text), nil
}

// ColumnNames are the columns that are known to be of a kind by their name, bare:
// without $, in lower case and without the signs . _ - @ and blank.
func ColumnNames(kind Kind) []string { return slices.Sorted(slices.Values(columnNames[kind])) }

var columnNames = map[Kind][]string{
	User: {
		"user", "users", "username", "usrname", "usr", "userid", "useridentity", "suser", "duser", "susername", "dusername", "ruser", "logname",
		"srcuser", "dstuser", "destuser", "sourceuser", "sourceusername", "destinationuser", "destinationusername", "remoteuser", "clientuser",
		"account", "accountname", "acct", "acctname", "samaccountname", "login", "loginname", "logon", "logonname", "logonuser", "loginuser",
		"targetuser", "targetusername", "subjectuser", "subjectusername", "sourceuserid", "targetoutboundusername", "operator", "actor", "owner",
		"principal", "userprincipalname", "upn", "initiator", "requester", "caller", "callerusername", "creator", "createdby", "modifiedby",
		"employee", "person", "displayname", "fullname", "firstname", "lastname", "realname", "password", "passwd", "cookie", "parentuser",
		"sourceusersid", "newtargetusername", "oldtargetusername", "membername", "winlogusername", "auid", "acctuser",
	},
	Host: {
		"host", "hosts", "hostname", "fqdn", "computer", "computername", "system", "machine", "machinename", "workstation", "workstationname",
		"device", "devicename", "devicehostname", "dvc", "dvchost", "dvchostname", "shost", "dhost", "server", "servername", "sni", "client", "clientname",
		"clienthostname", "clienthost", "endpoint", "endpointname", "endpointhostname", "node", "nodename", "agenthostname", "agentname", "vmname",
		"srchost", "dsthost", "desthost", "sourcehost", "sourcehostname", "destinationhost", "destinationhostname", "targethost", "targetservername",
		"remotehost", "rhost", "sourcenthost", "sourcentdomain", "sntdom", "dntdom", "domain", "domainname", "dnsdomain", "accountdomain", "userdomain",
		"subjectdomainname", "targetdomainname", "subjectuserdomain", "targetoutbounddomainname", "sourcedomain", "destinationdomain", "query",
		"queryname", "qname", "rrname", "dnsquery", "dnsrrname", "answers", "sysloghost", "logsource", "helo", "ehlo", "mailserver",
		"destinationdnsdomain", "sourcednsdomain", "proxied", "reportinghost", "observer", "beathostname", "sourceworkstation", "callercomputername",
	},
	Mail: {
		"sender", "recipient", "recipients", "from", "to", "cc", "bcc", "mail", "email", "emailaddress", "mailbox", "mailfrom", "rcptto", "replyto",
		"returnpath", "senderaddress", "recipientaddress", "sendermail", "useremail", "envelopefrom", "envelopeto", "deliveredto", "fromaddress", "toaddress",
	},
	URL:  {"url", "uri", "link", "href", "request", "requesturl", "requesturi", "referer", "referrer", "httpreferrer", "httpreferer", "refererurl", "urlpath"},
	IP:   {"ip", "srcip", "dstip", "src", "dst", "sourceip", "destinationip", "ipaddress", "clientip", "idorigh", "idresph"},
	Keep: {"version", "mimetype", "mime", "contenttype", "productversion", "deviceversion", "fileversion", "osversion", "agentversion", "cnamtime", "timestamp", "sha1", "sha256", "md5", "hashes"},
}

// builtIn finds the kind of a bare name.
var builtIn = sync.OnceValue(func() map[string]Kind {
	out := map[string]Kind{}
	for kind, names := range columnNames {
		for _, name := range names {
			out[name] = kind
		}
	}
	return out
})

// Kind is the kind of a column by its name: what was set for it, else what is
// built in for the whole name, or for the last of the names that dots part.
func (p *Pseudonymiser) Kind(column string) Kind {
	bare := bareName(column)
	p.meet(bare, column)
	if kind, ok := p.columns[bare]; ok {
		return kind
	}
	if kind, ok := builtIn()[bare]; ok {
		return kind
	}
	if i := strings.LastIndexByte(column, '.'); i >= 0 {
		last := bareName(column[i+1:])
		p.meet(last, column[i+1:])
		if kind, ok := p.columns[last]; ok {
			return kind
		}
		if kind, ok := builtIn()[last]; ok {
			return kind
		}
	}
	return Text
}

// maxMet bounds the columns that are remembered.
const maxMet = 10_000

func (p *Pseudonymiser) meet(bare, column string) {
	if _, known := p.met[bare]; !known && (len(p.met) < maxMet || p.asked[bare] != "") {
		p.met[bare] = column
	}
}

// unmet is an error for columns that were given a kind and that no event has: a
// slip in a name would leave its values as they are.
func (p *Pseudonymiser) unmet() error {
	var list []error
	for _, bare := range slices.Sorted(maps.Keys(p.asked)) {
		if _, ok := p.met[bare]; ok {
			continue
		}
		fix := "the events have other columns"
		if near := source.Nearest(bare, slices.Collect(maps.Keys(p.met))); near != "" {
			fix = "did you mean " + p.met[near] + "?"
		}
		list = append(list, fmt.Errorf("no event has the column %s: %s", p.asked[bare], fix))
	}
	return errors.Join(list...)
}

// bareName takes from a column's name what does not count.
func bareName(column string) string {
	return strings.Map(func(r rune) rune {
		switch {
		case r == '$' || r == '_' || r == '-' || r == '.' || r == ' ' || r == '@':
			return -1
		case r >= 'A' && r <= 'Z':
			return r + 'a' - 'A'
		}
		return r
	}, column)
}
