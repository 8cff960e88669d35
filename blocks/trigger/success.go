package trigger

import (
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strconv"

	"tabletop/blocks/trigger/delivery"
	"tabletop/blocks/trigger/guard"
	"tabletop/workbook"
	"tabletop/workbook/source"
)

// successNode is a success rule as written.
type successNode struct {
	Status []source.Text `yaml:"status" doc:"the statuses that mean success, any of 200 to 299 unless said otherwise"`
	Body   source.Text   `yaml:"body" doc:"what must hold of the answer: an expression over status, headers, body (its JSON) and text"`
	Items  source.Text   `yaml:"items" doc:"where the answer holds an item for each target: the expression that gives the list"`
	Item   source.Text   `yaml:"item" doc:"what must hold of each item: # is the item, .status its status"`
}

// A successRule tells whether a vendor took a request.
type successRule struct {
	status []int
	body   *expression
	items  *expression
	item   *expression
}

func (s *successNode) compile(x *expressions) (successRule, source.Problems) {
	if s == nil {
		return successRule{}, nil
	}
	var problems source.Problems
	rule := successRule{}
	for _, text := range s.Status {
		status, err := strconv.Atoi(text.Value)
		if err != nil || status < 100 || status > 599 {
			problems = append(problems, text.Problem(0, "no answer has the status "+guard.Quote(text.Value), "statuses are numbers from 100 to 599"))
		}
		rule.status = append(rule.status, status)
	}
	compiled := func(text source.Text, compile func(source.Text) (*expression, source.Problems)) *expression {
		if !text.Set() {
			return nil
		}
		e, more := compile(text)
		problems = append(problems, more...)
		return e
	}
	whole := func(truth bool) func(source.Text) (*expression, source.Problems) {
		return func(text source.Text) (*expression, source.Problems) {
			return x.compile(text, answerView{}, truth)
		}
	}
	rule.body = compiled(s.Body, whole(true))
	rule.items = compiled(s.Items, whole(false))
	rule.item = compiled(s.Item, x.compileItem)
	if rule.items != nil && rule.item == nil || rule.item != nil && rule.items == nil {
		text := s.Items
		if rule.items == nil {
			text = s.Item
		}
		problems = append(problems, text.Problem(0, "items and item stand together", "as in items: body and item: .status in [200, 201]"))
	}
	return rule, problems
}

// Judge says what an answer to a request means: Sent where the vendor took it,
// which is not that its products act on it; Failed where the vendor says no;
// Unknown where the answer does not tell.
func (n *Integration) Judge(a delivery.Answer) delivery.Judgement {
	j := n.success.judge(a)
	if j.Verdict == workbook.Sent && n.task != nil {
		j.Task = n.task.name(a)
	}
	if j.Task != "" {
		j.Reason += ": task " + j.Task
	}
	return j
}

// judgeRehearsed judges what the simulator answers. It knows what Trend Micro
// would say; of any other webhook it only says that it took the request, so that
// the status is all there is to judge.
func (n *Integration) judgeRehearsed(a delivery.Answer) delivery.Judgement {
	if isTrend(n.Host()) {
		return n.Judge(a)
	}
	return successRule{}.judge(a)
}

// judge judges an answer by the rule alone.
func (r successRule) judge(a delivery.Answer) delivery.Judgement {
	view := viewOf(a)
	said := "the vendor answered " + statusText(a.Status)
	unknown := func(why string) delivery.Judgement {
		return delivery.Judgement{Verdict: workbook.Unknown, Reason: said + ", and " + why}
	}
	refused := delivery.Judgement{Verdict: workbook.Failed, Reason: said + ": " + complaint(view)}
	switch {
	case r.statusIsSuccess(a.Status):
	case gatewayStatuses[a.Status]:
		return unknown("what stands between does not tell whether the vendor took the request")
	default:
		return refused
	}
	items := r.items != nil || a.Status == http.StatusMultiStatus
	switch {
	case r.body == nil && !items:
		return delivery.Judgement{Verdict: workbook.Sent, Reason: "accepted"}
	case !a.Whole:
		return unknown("the body, which decides, did not arrive whole")
	case r.needsJSON(a.Status) && !view.isJSON:
		return unknown("its body, which decides, is not JSON")
	}
	if r.body != nil {
		taken, err := r.body.truth(view)
		switch {
		case err != nil:
			return unknown("success.body can't be asked of it: " + err.Error())
		case !taken:
			return refused
		}
	}
	if items {
		return r.judgeItems(view, said)
	}
	return delivery.Judgement{Verdict: workbook.Sent, Reason: "accepted"}
}

// gatewayStatuses are those of what stands between: the request may have
// arrived.
var gatewayStatuses = map[int]bool{http.StatusRequestTimeout: true, http.StatusBadGateway: true, http.StatusGatewayTimeout: true}

func (r successRule) statusIsSuccess(status int) bool {
	if len(r.status) > 0 {
		return slices.Contains(r.status, status)
	}
	return status >= 200 && status <= 299
}

// needsJSON reports whether the rule can't be asked of an answer without JSON.
func (r successRule) needsJSON(status int) bool {
	return r.body != nil && r.body.readsBody || r.items != nil && r.items.readsBody || r.items == nil && status == http.StatusMultiStatus
}

// judgeItems judges an answer item by item. A request has one target, so items
// that differ don't tell what became of it.
func (r successRule) judgeItems(view answerView, said string) delivery.Judgement {
	unknown := func(why string) delivery.Judgement {
		return delivery.Judgement{Verdict: workbook.Unknown, Reason: said + ", and " + why}
	}
	items, err := r.list(view)
	if err != nil {
		if code, message := errorOf(view.Body); code+message != "" { // one error stands for all items
			return delivery.Judgement{Verdict: workbook.Failed, Reason: said + ": " + complaint(view)}
		}
		return unknown(err.Error())
	}
	taken, err := r.testItems(itemsView{answerView: view, Items: items})
	switch {
	case err != nil:
		return unknown("success.item can't be asked of it: " + err.Error())
	case taken == len(items):
		return delivery.Judgement{Verdict: workbook.Sent, Reason: "accepted"}
	case taken > 0:
		return unknown(fmt.Sprintf("took %d of %d items: which of them is meant does not show", taken, len(items)))
	}
	item := view
	item.Body, item.Text = items[0], ""
	reason := said + " with an item that failed"
	if status, ok := statusOf(items[0]); ok {
		reason += " with " + statusText(status)
	}
	return delivery.Judgement{Verdict: workbook.Failed, Reason: reason + ": " + complaint(item)}
}

// list gives the items of an answer.
func (r successRule) list(view answerView) ([]any, error) {
	value := view.Body
	if r.items != nil {
		var err error
		if value, err = r.items.value(view); err != nil {
			return nil, fmt.Errorf("success.items can't be asked of it: %w", err)
		}
	}
	items, ok := value.([]any)
	switch {
	case !ok:
		return nil, fmt.Errorf("its items are %s, not a list", kindOf(value))
	case len(items) == 0:
		return nil, errors.New("it holds no item")
	}
	return items, nil
}

// testItems counts the items that the rule takes for success.
func (r successRule) testItems(view itemsView) (int, error) {
	if r.item == nil {
		return countStandard(view.Items)
	}
	value, err := r.item.value(view)
	if err != nil {
		return 0, err
	}
	list, _ := value.([]any)
	taken := 0
	for _, v := range list {
		truth, ok := v.(bool)
		if !ok {
			return 0, fmt.Errorf("it gives %s, not true or false", kindOf(v))
		}
		if truth {
			taken++
		}
	}
	return taken, nil
}

// statusOf is the status of an item, a number or a text of one.
func statusOf(item any) (int, bool) {
	object, _ := item.(map[string]any)
	status, err := strconv.Atoi(asText(object["status"]))
	return status, err == nil
}

// countStandard counts the items with a status from 200 to 299.
func countStandard(items []any) (int, error) {
	taken := 0
	for _, item := range items {
		status, ok := statusOf(item)
		if !ok {
			return 0, errors.New("an item has no status")
		}
		if status >= 200 && status <= 299 {
			taken++
		}
	}
	return taken, nil
}
