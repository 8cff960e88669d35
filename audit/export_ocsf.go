package audit

import (
	"net/netip"
	"slices"
	"strconv"
	"strings"
	"time"

	"tabletop/workbook"
)

// The version of the schema whose shape exported events have, and the classes
// that fit: an action is a Remediation Activity, a signal a Detection Finding.
// Rows and entries have no class. Source of the names and numbers: the Open
// Cybersecurity Schema Framework, release 1.8.0, https://schema.ocsf.io/1.8.0,
// files events/remediation/remediation_activity.json,
// events/findings/detection_finding.json, events/base_event.json,
// objects/{metadata,finding_info,observable,attack,analytic}.json and
// dictionary.json of https://github.com/ocsf/ocsf-schema.
const (
	ocsfVersion = "1.8.0"

	ocsfRemediation         = 7
	ocsfRemediationActivity = 7001
	ocsfFindings            = 2
	ocsfDetectionFinding    = 2004

	ocsfOther = 99
)

// An OCSFEvent is an event in the shape of OCSF's base event, with what the two
// classes add. Times are milliseconds since 1970. What OCSF has no attribute
// for is in Unmapped, which its base event keeps for that: of an action all
// that NDJSON has, so that nobody takes a rehearsal for a deed.
type OCSFEvent struct {
	ActivityID   int    `json:"activity_id"`
	ActivityName string `json:"activity_name"`
	CategoryUID  int    `json:"category_uid"`
	CategoryName string `json:"category_name"`
	ClassUID     int    `json:"class_uid"`
	ClassName    string `json:"class_name"`
	// TypeUID is the class times 100 and the activity.
	TypeUID    int    `json:"type_uid"`
	TypeName   string `json:"type_name"`
	Time       int64  `json:"time"`
	SeverityID int    `json:"severity_id"`
	Severity   string `json:"severity"`
	StatusID   int    `json:"status_id"`
	// Status is the caption of StatusID, or for 99 the verdict.
	Status       string `json:"status"`
	StatusCode   string `json:"status_code,omitempty"`
	StatusDetail string `json:"status_detail,omitempty"`
	Message      string `json:"message"`

	// CommandUID is the action's name for other commands.
	CommandUID string `json:"command_uid,omitempty"`

	FindingInfo  *OCSFFinding `json:"finding_info,omitempty"`
	ConfidenceID *int         `json:"confidence_id,omitempty"`
	Confidence   string       `json:"confidence,omitempty"`
	// IsAlert is false: a finding of a rehearsal is to wake nobody.
	IsAlert   *bool `json:"is_alert,omitempty"`
	Count     int   `json:"count,omitempty"`
	StartTime int64 `json:"start_time,omitempty"`
	EndTime   int64 `json:"end_time,omitempty"`

	Observables []OCSFObservable `json:"observables,omitempty"`
	Metadata    OCSFMetadata     `json:"metadata"`
	Unmapped    any              `json:"unmapped"`
}

// OCSFMetadata says what made an event.
type OCSFMetadata struct {
	Version string      `json:"version"`
	Product OCSFProduct `json:"product"`
	// UID is the entry of the audit, as #41; CorrelationUID the run.
	UID            string   `json:"uid"`
	CorrelationUID string   `json:"correlation_uid"`
	Sequence       int64    `json:"sequence"`
	LogName        string   `json:"log_name"`
	LoggedTime     int64    `json:"logged_time"`
	Labels         []string `json:"labels,omitempty"`
}

// An OCSFProduct is the program that recorded an event.
type OCSFProduct struct {
	Name       string `json:"name"`
	VendorName string `json:"vendor_name"`
	Version    string `json:"version,omitempty"`
}

// An OCSFObservable is an indicator; Name points at the attribute it is of.
type OCSFObservable struct {
	Name   string `json:"name"`
	TypeID int    `json:"type_id"`
	Type   string `json:"type"`
	Value  string `json:"value"`
}

// An OCSFFinding is what a signal found.
type OCSFFinding struct {
	UID           string        `json:"uid"`
	Title         string        `json:"title"`
	Desc          string        `json:"desc,omitempty"`
	CreatedTime   int64         `json:"created_time"`
	FirstSeenTime int64         `json:"first_seen_time,omitempty"`
	LastSeenTime  int64         `json:"last_seen_time,omitempty"`
	DataSources   []string      `json:"data_sources,omitempty"`
	Attacks       []OCSFAttack  `json:"attacks,omitempty"`
	Analytic      *OCSFAnalytic `json:"analytic,omitempty"`
}

// An OCSFAttack names tactic and technique of MITRE ATT&CK.
type OCSFAttack struct {
	Tactic       *OCSFNamed `json:"tactic,omitempty"`
	Technique    *OCSFNamed `json:"technique,omitempty"`
	SubTechnique *OCSFNamed `json:"sub_technique,omitempty"`
}

// OCSFNamed is what OCSF knows by a name.
type OCSFNamed struct {
	Name string `json:"name"`
}

// An OCSFAnalytic is the workbook that found it; UID is its text's SHA-256.
type OCSFAnalytic struct {
	TypeID int    `json:"type_id"`
	Type   string `json:"type"`
	Name   string `json:"name"`
	UID    string `json:"uid,omitempty"`
}

// OCSF is the action as a Remediation Activity. What a vendor was really asked
// for has its activity, and for status Success where the vendor accepted it,
// Failure or Unknown. All else, a rehearsal above all, is of the activity Other
// and the status Other, named for what it was and for its verdict.
func (a *ActionRecord) OCSF() OCSFEvent {
	activity, name := ocsfActivity(a)
	event := newOCSFEvent(a.RecordedIn, a.Run, a.Entry, a.Time, "actions")
	event.classify(ocsfRemediation, "Remediation", ocsfRemediationActivity, "Remediation Activity", activity, name)
	event.SeverityID, event.Severity = 1, "Informational"
	event.StatusID, event.Status = ocsfStatus(a)
	event.StatusDetail, event.CommandUID = a.Reason, a.ID
	if attempted(a) && a.Response != nil {
		event.StatusCode = strconv.Itoa(a.Response.Status)
	}
	event.Message = strings.TrimSpace(string(a.Verdict) + ": " + a.Integration + " " + a.Target)
	if a.Target != "" {
		event.Observables = []OCSFObservable{observable("unmapped.target", a.Type, a.Target)}
	}
	event.Unmapped = a
	return event
}

// OCSF is the signal as a Detection Finding.
func (s *SignalRecord) OCSF() OCSFEvent {
	event := newOCSFEvent(s.RecordedIn, s.Run, s.Entry, s.Time, "signals")
	event.classify(ocsfFindings, "Findings", ocsfDetectionFinding, "Detection Finding", 1, "Create")
	event.SeverityID, event.Severity = ocsfLevel(s.Severity, "Informational", "Low", "Medium", "High", "Critical")
	event.StatusID, event.Status = 1, "New"
	confidence, caption := ocsfLevel(s.Confidence, "Low", "Medium", "High")
	alert := false
	event.ConfidenceID, event.Confidence, event.IsAlert = &confidence, caption, &alert
	event.Message, event.Metadata.Labels = s.Name, s.Tags
	event.StartTime, event.EndTime = milliseconds(s.Signal.FirstSeen), milliseconds(s.Signal.LastSeen)
	event.Count = s.Occurrences
	event.FindingInfo = &OCSFFinding{
		UID: s.ID, Title: s.Name, Desc: s.Knowledge, CreatedTime: event.Time, FirstSeenTime: event.StartTime, LastSeenTime: event.EndTime,
		Analytic: &OCSFAnalytic{TypeID: 1, Type: "Rule", Name: s.Workbook, UID: s.workbookDigest},
	}
	if s.SourceStream != "" {
		event.FindingInfo.DataSources = []string{s.SourceStream}
	}
	attack := OCSFAttack{named(s.Tactic), named(s.Technique), named(s.Subtechnique)}
	if attack != (OCSFAttack{}) {
		event.FindingInfo.Attacks = []OCSFAttack{attack}
	}
	event.Observables = append(observables("unmapped.target.", s.Target), observables("unmapped.suspect.", s.Suspect)...)
	event.Unmapped = s
	return event
}

func newOCSFEvent(in RecordedIn, run, entry int64, at time.Time, log string) OCSFEvent {
	return OCSFEvent{
		Time: milliseconds(at),
		Metadata: OCSFMetadata{
			Version: ocsfVersion, Product: OCSFProduct{Name: "tabletop", VendorName: "tabletop", Version: in.version},
			UID: "#" + strconv.FormatInt(entry, 10), CorrelationUID: strconv.FormatInt(run, 10), Sequence: entry, LogName: log, LoggedTime: milliseconds(at),
		},
	}
}

func (e *OCSFEvent) classify(category int, categoryName string, class int, className string, activity int, name string) {
	e.CategoryUID, e.CategoryName, e.ClassUID, e.ClassName = category, categoryName, class, className
	e.ActivityID, e.ActivityName = activity, name
	e.TypeUID, e.TypeName = class*100+activity, className+": "+name
}

// attempted reports whether a vendor was asked, as far as is known.
func attempted(a *ActionRecord) bool {
	switch a.Verdict {
	case workbook.Sent, workbook.Failed, workbook.Unknown, workbook.Undone:
		return a.Mode == workbook.ModeApply
	}
	return false
}

// ocsfActivity is what an action is for: a block keeps the target apart, an
// undoing brings back what was, and a message to people is neither.
func ocsfActivity(a *ActionRecord) (int, string) {
	switch {
	case !attempted(a) && a.Mode == workbook.ModeSimulate:
		return ocsfOther, "Simulation"
	case !attempted(a) && a.Mode == workbook.ModeApply:
		return ocsfOther, "Refusal"
	case !attempted(a):
		return ocsfOther, "Rehearsal"
	case a.Type == "none":
		return ocsfOther, "Notification"
	case a.Undoes:
		return 3, "Restore"
	}
	return 1, "Isolate"
}

func ocsfStatus(a *ActionRecord) (int, string) {
	if attempted(a) {
		switch a.Verdict {
		case workbook.Sent:
			return 1, "Success"
		case workbook.Failed:
			return 2, "Failure"
		case workbook.Unknown:
			return 0, "Unknown"
		}
	}
	return ocsfOther, string(a.Verdict)
}

// ocsfLevel is the place of a word in a scale from 1, and its caption there: 0
// for no word, 99 for another.
func ocsfLevel(word string, scale ...string) (int, string) {
	if word == "" {
		return 0, "Unknown"
	}
	if i := slices.IndexFunc(scale, func(s string) bool { return strings.EqualFold(s, word) }); i >= 0 {
		return i + 1, scale[i]
	}
	return ocsfOther, word
}

// observable is an indicator of one of the guard's types, or of what it looks
// like.
func observable(name, kind, value string) OCSFObservable {
	id, caption := ocsfOther, kind
	switch {
	case kind == "domain" || kind == "host":
		id, caption = 1, "Hostname"
	case kind == "ip":
		id, caption = 2, "IP Address"
	case kind == "user":
		id, caption = 4, "User Name"
	case kind == "mailbox" || kind == "email":
		id, caption = 5, "Email Address"
	case kind == "url":
		id, caption = 6, "URL String"
	case strings.Contains(kind, "sha1") || strings.Contains(kind, "sha256") || strings.Contains(kind, "md5"):
		id, caption = 8, "Hash"
	}
	if _, err := netip.ParseAddr(value); err == nil {
		id, caption = 2, "IP Address"
	}
	return OCSFObservable{Name: name, TypeID: id, Type: caption, Value: value}
}

func observables(lead string, of map[string]string) []OCSFObservable {
	var list []OCSFObservable
	for kind, value := range of {
		list = append(list, observable(lead+kind, strings.ToLower(kind), value))
	}
	slices.SortFunc(list, func(a, b OCSFObservable) int { return strings.Compare(a.Name, b.Name) })
	return list
}

func named(name string) *OCSFNamed {
	if name == "" {
		return nil
	}
	return &OCSFNamed{name}
}

// milliseconds are those since 1970; 0 for no time.
func milliseconds(t time.Time) int64 {
	if t.IsZero() {
		return 0
	}
	return t.UnixMilli()
}
