package events

import (
	"bufio"
	"bytes"
	"strconv"
)

// openSyslog reads syslog as RFC 3164 and RFC 5424 have it, with and without a
// priority, and RFC 3164 with the times of RFC 3339 that rsyslog writes.
//
// The fields are timestamp (as written: one of RFC 3164 has neither year nor
// zone), host, app, pid, msgid, facility and severity (their names), message,
// and each parameter of structured data as ID.NAME and, unless that is one of
// the fields above, as NAME.
func openSyslog(b *bufio.Reader) (reader, error) {
	return openPerLine(b, parseSyslog, syslogNames...), nil
}

// syslogNames are the fields that every line may have.
var syslogNames = []string{"timestamp", "host", "app", "pid", "msgid", "facility", "severity", "message"}

// syslog wants a priority and a time, or a time, a host and a program.
func (h head) syslog() bool {
	pid := false
	return h.mostly(func(line []byte) bool {
		var s syslogLine
		if !s.parse(line) || s.timestamp == nil && !s.structured {
			return false
		}
		pid = pid || s.pid != nil
		return s.priority >= 0 || s.app != nil && s.host != nil && (pid || !s.dated)
	})
}

func parseSyslog(f *filler, line []byte) string {
	var s syslogLine
	if !s.parse(line) {
		return "no syslog header"
	}
	f.putSome("timestamp", s.timestamp)
	f.putSome("host", s.host)
	f.putSome("app", s.app)
	f.putSome("pid", s.pid)
	f.putSome("msgid", s.msgid)
	if s.priority >= 0 {
		f.put("facility", facilities[s.priority/8])
		f.put("severity", severities[s.priority%8])
	}
	f.parameters(s.data)
	f.put("message", s.message)
	return ""
}

// prefixNames are the fields that the header of syslog before another format
// gives.
var prefixNames = []string{"syslog_timestamp", "syslog_host", "syslog_app"}

// syslogPrefix puts what the header of syslog before another format tells.
func (f *filler) syslogPrefix(prefix []byte) {
	var s syslogLine
	if len(prefix) == 0 || !s.parse(prefix) {
		return
	}
	for i, text := range [][]byte{s.timestamp, s.host, s.app} {
		f.putSome(prefixNames[i], text)
	}
}

// A syslogLine is a line of syslog, cut into its parts.
type syslogLine struct {
	// priority is 8 × facility + severity, -1 where there is none.
	priority             int
	timestamp, host, app []byte
	pid, msgid           []byte
	// data is the structured data.
	data    []byte
	message []byte
	// structured says RFC 5424; dated says that the timestamp names a year.
	structured, dated bool
}

// parse cuts a line; false where it is none of syslog's.
func (s *syslogLine) parse(line []byte) bool {
	rest := s.takePriority(bytes.TrimLeft(line, " "))
	if s.priority >= 0 && bytes.HasPrefix(rest, []byte("1 ")) && s.modern(rest[2:]) {
		return true
	}
	end, dated := timestampEnd(rest)
	if end == 0 {
		s.message = bytes.TrimLeft(rest, " ")
		return s.priority >= 0
	}
	s.timestamp, s.dated = rest[:end], dated
	rest = bytes.TrimLeft(bytes.TrimPrefix(rest[end:], []byte(":")), " ")
	if host, after := word(rest); len(host) > 0 && host[len(host)-1] != ':' && bytes.IndexByte(host, '=') < 0 {
		s.host, rest = host, bytes.TrimLeft(after, " ")
	}
	s.tag(rest)
	return true
}

// takePriority cuts <N> off, and the count of bytes that syslog over TCP puts
// before it.
func (s *syslogLine) takePriority(text []byte) (rest []byte) {
	s.priority = -1
	if count, framed := word(text); len(framed) > 1 && framed[1] == '<' && len(bytes.Trim(count, "0123456789")) == 0 {
		text = framed[1:]
	}
	end := bytes.IndexByte(text[:min(len(text), len("<191>"))], '>')
	if end < 2 || text[0] != '<' {
		return text
	}
	n, err := strconv.ParseUint(string(text[1:end]), 10, 8)
	if err != nil || n/8 >= uint64(len(facilities)) {
		return text
	}
	s.priority = int(n)
	return text[end+1:]
}

// modern cuts what RFC 5424 puts behind the version.
func (s *syslogLine) modern(text []byte) bool {
	var fields [5][]byte
	for i := range fields {
		var ok bool
		if fields[i], text = word(text); len(fields[i]) == 0 {
			return false
		}
		if text, ok = bytes.CutPrefix(text, []byte(" ")); !ok {
			return false
		}
		if string(fields[i]) == "-" {
			fields[i] = nil
		}
	}
	if end, dated := timestampEnd(fields[0]); fields[0] != nil && (!dated || end != len(fields[0])) {
		return false
	}
	s.structured, s.dated = true, true
	s.timestamp, s.host, s.app, s.pid, s.msgid = fields[0], fields[1], fields[2], fields[3], fields[4]
	// Structured data that is broken is left in the message.
	end := structuredEnd(text)
	s.data, s.message = text[:end], bytes.TrimPrefix(text[end:], []byte(" "))
	s.message = bytes.TrimPrefix(s.message, bom)
	return true
}

// tag cuts app[pid]: off the message of RFC 3164, where it is there.
func (s *syslogLine) tag(text []byte) {
	s.message = text
	end := bytes.IndexAny(text, " [:")
	if end <= 0 || text[end] == ' ' {
		return
	}
	app, rest := text[:end], text[end:]
	var pid []byte
	if rest[0] == '[' {
		shut := bytes.IndexByte(rest, ']')
		if shut < 0 || bytes.ContainsAny(rest[:shut], " ") {
			return
		}
		pid, rest = rest[1:shut], rest[shut+1:]
	}
	after := bytes.TrimPrefix(rest, []byte(":"))
	if len(after) > 0 && after[0] != ' ' || len(after) == len(rest) && pid == nil {
		return
	}
	s.app, s.pid, s.message = app, pid, bytes.TrimLeft(after, " ")
}

// word cuts a text at its first blank, which begins the rest.
func word(text []byte) (first, rest []byte) {
	end := bytes.IndexByte(text, ' ')
	if end < 0 {
		end = len(text)
	}
	return text[:end], text[end:]
}
