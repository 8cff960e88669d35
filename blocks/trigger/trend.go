package trigger

import (
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"sync"

	"tabletop/blocks/trigger/guard"
	"tabletop/workbook/source"
)

// trendHost matches the hosts of Trend Micro's API, one a region.
var trendHost = sync.OnceValue(func() *regexp.Regexp {
	return regexp.MustCompile(`^api\.((eu|sg|au|in|mea|uk|usgov)\.)?xdr\.trendmicro\.com$|^api\.xdr\.trendmicro\.co\.jp$`)
})

func isTrend(host string) bool { return trendHost().MatchString(strings.ToLower(host)) }

// The paths of Trend Micro's response API that act, and those that take back
// what they did.
const (
	trendBlock     = "/v2.0/xdr/response/block"
	trendRestore   = "/v2.0/xdr/response/restoreBlock"
	trendSuspect   = "/v3.0/response/suspiciousObjects"
	trendUnsuspect = "/v3.0/response/suspiciousObjects/delete"
	trendIsolate   = "/v3.0/response/endpoints/isolate"
	trendRejoin    = "/v3.0/response/endpoints/restore"
)

// suspectFields are the fields of v3.0 that name a target, with its type.
var suspectFields = map[string]string{
	"ip": guard.TypeIP, "url": guard.TypeURL, "domain": guard.TypeDomain, "fileSha1": guard.TypeFileSHA1,
	"fileSha256": guard.TypeFileSHA256, "senderMailAddress": guard.TypeMailbox,
}

var machineFields = map[string]string{"endpointName": TypeEndpoint, "agentGuid": TypeEndpoint}

// trendFields are the fields that name a target in a payload for a path of
// v3.0, nil for any other path.
func trendFields(path string) map[string]string {
	switch path {
	case trendSuspect, trendUnsuspect:
		return suspectFields
	case trendIsolate, trendRejoin:
		return machineFields
	}
	return nil
}

// path is the URL's path where nothing is filled in.
func (e endpoint) path() string {
	u, err := url.Parse(e.parts.with("x"))
	if err != nil {
		return ""
	}
	return strings.TrimRight(u.Path, "/")
}

// inferFromList reads the target out of a payload of v3.0: a list of one object
// with one field that names a target.
func inferFromList(sample string, fields map[string]string, payload source.Text) (targetRule, string, *source.Problem) {
	known := strings.Join(slices.Sorted(maps.Keys(fields)), ", ")
	fail := func(message string) (targetRule, string, *source.Problem) {
		p := payload.Problem(0, message, `as in [{"`+strings.Split(known, ", ")[0]+`": "$Column"}]; the fields are `+known)
		return targetRule{}, "", &p
	}
	var list []map[string]any
	if err := json.Unmarshal([]byte(sample), &list); err != nil {
		return fail("the payload must be a list of one object")
	}
	if len(list) != 1 {
		return fail(fmt.Sprintf("the payload holds %d targets, and a request is made for one", len(list)))
	}
	var found []string
	for name := range list[0] {
		for field := range fields {
			if strings.EqualFold(name, field) {
				found = append(found, name)
			}
		}
	}
	if len(found) != 1 || fields[found[0]] == "" {
		return fail("the payload must name its target in one field")
	}
	written, ok := list[0][found[0]].(string)
	if !ok {
		return fail("the " + found[0] + " of the payload is not a text")
	}
	return targetRule{kind: fields[found[0]], field: found[0]}, written, nil
}

// targetOfList reads the target out of a payload of v3.0 as it was built.
func targetOfList(body, field string) (string, error) {
	var list []map[string]any
	if err := json.Unmarshal([]byte(body), &list); err != nil || len(list) != 1 {
		return "", errors.New("the payload is not a list of one object")
	}
	target, ok := list[0][field].(string)
	if !ok {
		return "", fmt.Errorf("the %s of the payload is not a text", field)
	}
	return target, nil
}
