package events

// A Column is a column that DNIF gives events, or tabletop's mappings do.
type Column struct {
	Name string `json:"column"`
	Doc  string `json:"doc"`
}

// Columns lists the columns of events that workbooks ask for most, by what they
// tell of. Events may have any others. Those with DNIF's names are from its
// pages; a test holds the list against the built-in mappings.
func Columns() []Column {
	return []Column{
		{"$CNAMTime", "when the event was received, in milliseconds; the time that windows go by"},
		{"$SystemTstamp", "the time in the log itself, which may be a bare date"},
		{"$Stream", "the stream, by which a query names its events in FROM"},
		{"$SourceName", "the product that logged"},
		{"$SourceType", "the kind of product"},
		{"$System", "the machine that logged"},
		{"$DevSrcIP", "the address from which the log came"},
		{"$Action", "what happened, in DNIF's words, as PACKET_BLOCKED or LOGIN"},
		{"$EventName", "the event's name in the product"},
		{"$Status", "how it ended, as PASSED or FAILED"},
		{"$Reason", "why it ended so"},
		{"$Severity", "how grave the product calls it"},
		{"$LogEvent", "the raw line"},
		{"$EvtLen", "the length of the raw line"},
		{"$PStatus", "how far DNIF could parse the event"},
		{"$EStatus", "how far DNIF could enrich the event"},
		{"$SrcIP", "the address that began it"},
		{"$SrcPort", "its port, a text"},
		{"$SrcHost", "its name"},
		{"$DstIP", "the address that was reached for"},
		{"$DstPort", "its port, a text; $DstPort=3389 finds it all the same"},
		{"$SrcType", "PUBLIC or PRIVATE; so $DstType"},
		{"$SrcCN", "the country of the address; so $DstCN"},
		{"$SrcLOC", "the city; so $DstLOC"},
		{"$SrcASN", "the number of the network's operator; so $DstASN"},
		{"$SrcISP", "the operator's name; so $DstISP"},
		{"$Proto", "the transport protocol"},
		{"$App", "the application's protocol"},
		{"$Direction", "whether it came in or went out"},
		{"$TXLen", "bytes sent"},
		{"$RXLen", "bytes received"},
		{"$User", "who"},
		{"$UserDomain", "the domain of the user"},
		{"$LogonType", "the way of signing in, as Windows numbers it"},
		{"$Threat", "the name of what was detected"},
		{"$ThreatType", "its kind"},
		{"$Vector", "where it came in, as HOST or EMAIL"},
		{"$SignatureID", "the number of the rule that detected it"},
		{"$URL", "the address of a page"},
		{"$Domain", "a host or domain"},
		{"$Referrer", "the page that led there"},
		{"$UserAgent", "what the browser calls itself"},
		{"$CacheResult", "what a proxy did with the request"},
		{"$QueryType", "what a name server was asked for"},
		{"$Answers", "what it answered"},
		{"$Sender", "the mail's sender, as the mail has it"},
		{"$Recipient", "the mail's recipient"},
		{"$ReturnPath", "where failed delivery is reported"},
		{"$Subject", "the mail's subject, or a certificate's"},
		{"$Issuer", "who issued a certificate"},
		{"$Version", "the version of a protocol"},
		{"$Cipher", "how a connection was encrypted"},
		{"$File", "a file's name or path"},
		{"$FileType", "a file's kind"},
		{"$Hash", "a file's hash, bare or as SHA1=…"},
		{"$MD5", "the hash alone, where a log has one of each kind"},
		{"$SHA1", "the same"},
		{"$SHA256", "the same"},
		{"$ConfigurationFileHash", "the hash of Sysmon's own configuration file"},
		{"$Process", "the program that ran"},
		{"$CommandLine", "the command that started it"},
		{"$ParentProcess", "the program that started it"},
		{"$ParentCommandLine", "the command of that"},
	}
}
