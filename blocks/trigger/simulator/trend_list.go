package simulator

import (
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"
)

// The lists of Trend Micro's API v3.0: suspicious objects, exceptions, tasks.
// Their parameters, fields and envelope are those that clients of the API use;
// how an entry that never expires shows is not public, and here it has no
// expiredDateTime.

// expiryDays is how long an entry stays that is put on the list itself and does
// not say. The vendor's own default is a setting.
const expiryDays = 30

// maxExpiryDays bounds what an entry may say.
const maxExpiryDays = 365

func addObject(v *Vendor, i item) itemAnswer {
	e := &listed{entry: i.entry, description: i.description, risk: "high", scan: "block"}
	var ok bool
	if e.risk, ok = oneOf(i.fields, "riskLevel", "high", "medium", "low"); !ok {
		return itemFailure(http.StatusBadRequest, "BadRequest", invalidFormat+": riskLevel")
	}
	if e.scan, ok = oneOf(i.fields, "scanAction", "block", "log"); !ok {
		return itemFailure(http.StatusBadRequest, "BadRequest", invalidFormat+": scanAction")
	}
	days := float64(expiryDays)
	if written, has := i.fields["daysToExpiration"]; has {
		if days, ok = written.(float64); !ok || days != float64(int(days)) || days > maxExpiryDays || days < 1 && days != -1 {
			return itemFailure(http.StatusBadRequest, "BadRequest", invalidFormat+": daysToExpiration")
		}
	}
	if days > 0 {
		e.expires = v.now().Add(time.Duration(days) * 24 * time.Hour)
	}
	a := itemAnswer{Status: http.StatusCreated, note: "put on the list", taken: true}
	if dropped := v.put(e); dropped != nil {
		a.note += fmt.Sprintf(", %s dropped: the list is full", dropped.target)
	}
	return a
}

// oneOf reads a field that has few values, the first of which is meant where it
// is not there.
func oneOf(fields map[string]any, name string, values ...string) (string, bool) {
	written, has := fields[name]
	if !has {
		return values[0], true
	}
	text, _ := written.(string)
	return text, slices.Contains(values, text)
}

func deleteObject(v *Vendor, i item) itemAnswer {
	there := v.find(i.entry)
	if there == nil {
		return itemFailure(http.StatusBadRequest, "BadRequest", targetNotFound)
	}
	v.drop(there)
	return itemAnswer{Status: http.StatusNoContent, note: "taken off the list", taken: true}
}

func addException(v *Vendor, i item) itemAnswer {
	if !v.except(i.entry, i.description) {
		return itemFailure(http.StatusBadRequest, "BadRequest", "The Exception List is full.")
	}
	return itemAnswer{Status: http.StatusCreated, note: "put on the Exception List", taken: true}
}

func deleteException(v *Vendor, i item) itemAnswer {
	if !v.isExcepted(i.entry) {
		return itemFailure(http.StatusBadRequest, "BadRequest", targetNotFound)
	}
	delete(v.exceptions, i.entry)
	return itemAnswer{Status: http.StatusNoContent, note: "taken off the Exception List", taken: true}
}

// A row is an entry of a list as the API shows it: shown is what it has, at
// when it changed last.
type row struct {
	shown any
	at    time.Time
	// fields are those that a filter may name.
	fields map[string]string
	// order are the keys by which rows can be sorted, beside at.
	order map[string]string
}

func (v *Vendor) listObjects(c call) answer {
	var rows []row
	for _, e := range v.entries() {
		field := fieldOf(e.kind)
		shown := map[string]any{
			"type": field, field: e.target, "scanAction": e.scan, "riskLevel": e.risk,
			"inExceptionList": v.isExcepted(e.entry), "lastModifiedDateTime": stamp(e.changed),
		}
		if e.description != "" {
			shown["description"] = e.description
		}
		expires := "9999" // never is after every date
		if !e.expires.IsZero() {
			expires = stamp(e.expires)
			shown["expiredDateTime"] = expires
		}
		rows = append(rows, row{
			shown: shown, at: e.changed,
			fields: map[string]string{"type": field, field: e.target, "riskLevel": e.risk, "scanAction": e.scan},
			order:  map[string]string{"expiredDateTime": expires, "riskLevel": map[string]string{"low": "1", "medium": "2", "high": "3"}[e.risk]},
		})
	}
	return page(c, rows, "lastModifiedDateTime", "expiredDateTime", "riskLevel")
}

func (v *Vendor) listExceptions(c call) answer {
	var rows []row
	for _, e := range v.exceptionList() {
		field := fieldOf(e.kind)
		shown := map[string]any{"type": field, field: e.target, "lastModifiedDateTime": stamp(e.changed)}
		if e.description != "" {
			shown["description"] = e.description
		}
		rows = append(rows, row{shown: shown, at: e.changed, fields: map[string]string{"type": field, field: e.target}})
	}
	return page(c, rows, "lastModifiedDateTime")
}

func (v *Vendor) listTasksV3(c call) answer {
	rows := make([]row, 0, len(v.tasks.all))
	for _, t := range v.tasks.all {
		body := v.taskV3(t)
		rows = append(rows, row{
			shown: body, at: t.created,
			fields: map[string]string{"id": t.number, "status": body.Status, "action": t.action, "type": body.Type},
		})
	}
	return page(c, rows, "createdDateTime")
}

// The sizes of a page. No other is taken.
var pageSizes = []int{50, 100, 200}

// A listQuery is what a caller asks of a list.
type listQuery struct {
	top, skip  int
	from, to   time.Time
	by         string
	descending bool
	keep       filter
}

// page answers with the part of the rows that was asked for. Rows come in the
// order of their last change; orders names how they may be sorted, that first.
func page(c call, rows []row, orders ...string) answer {
	q, problem := readQuery(c.request, orders)
	if problem != "" {
		return failure(http.StatusBadRequest, "BadRequest", problem)
	}
	var kept []row
	for _, r := range rows {
		if !q.from.IsZero() && r.at.Before(q.from) || !q.to.IsZero() && r.at.After(q.to) {
			continue
		}
		if q.keep == nil || q.keep.holds(r.fields) {
			kept = append(kept, r)
		}
	}
	if q.descending {
		slices.Reverse(kept)
	}
	if q.by != orders[0] {
		slices.SortStableFunc(kept, func(a, b row) int {
			way := strings.Compare(a.order[q.by], b.order[q.by])
			if q.descending {
				return -way
			}
			return way
		})
	}
	end := min(q.skip+q.top, len(kept))
	body := struct {
		Items    []any  `json:"items"`
		NextLink string `json:"nextLink,omitempty"`
	}{Items: []any{}}
	for _, r := range kept[min(q.skip, len(kept)):end] {
		body.Items = append(body.Items, r.shown)
	}
	if end < len(kept) {
		parameters := c.request.URL.Query()
		parameters.Set("skipToken", strconv.Itoa(end))
		body.NextLink = c.base() + c.request.URL.Path + "?" + parameters.Encode()
	}
	a := reply(http.StatusOK, body)
	a.note = fmt.Sprintf("%d of %d items", len(body.Items), len(kept))
	return a
}

// filterHeader carries a filter, as a query's parameter filter does.
const filterHeader = "TMV1-Filter"

func readQuery(r *http.Request, orders []string) (q listQuery, problem string) {
	given := r.URL.Query()
	q.top, q.by, q.descending = pageSizes[0], orders[0], true
	var err error
	if text := given.Get("top"); text != "" {
		if q.top, err = strconv.Atoi(text); err != nil || !slices.Contains(pageSizes, q.top) {
			return q, invalidFormat + ": top is 50, 100 or 200"
		}
	}
	if text := given.Get("skipToken"); text != "" {
		if q.skip, err = strconv.Atoi(text); err != nil || q.skip < 0 || q.skip > 1<<30 {
			return q, invalidFormat + ": skipToken"
		}
	}
	if text := given.Get("orderBy"); text != "" {
		by, way, _ := strings.Cut(text, " ")
		if q.by, q.descending = by, way == "desc"; !slices.Contains(orders, by) || way != "" && way != "asc" && way != "desc" {
			return q, invalidFormat + ": orderBy"
		}
	}
	for name, at := range map[string]*time.Time{"startDateTime": &q.from, "endDateTime": &q.to} {
		if text := given.Get(name); text != "" {
			if *at, err = time.Parse(stampForm, text); err != nil {
				return q, invalidFormat + ": " + name
			}
		}
	}
	text := r.Header.Get(filterHeader)
	if text == "" {
		text = given.Get("filter")
	}
	if text != "" {
		if q.keep, err = parseFilter(text); err != nil {
			return q, invalidFormat + ": filter: " + err.Error()
		}
	}
	return q, ""
}
