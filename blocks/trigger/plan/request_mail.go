package plan

import (
	"net/url"

	"tabletop/blocks/trigger/delivery"
	"tabletop/blocks/trigger/guard"
	"tabletop/workbook"
)

// mail checks what is to go to a mail server: an e-mail and nothing else, whose
// envelope is whole.
func (c *checker) mail(r workbook.Request, to *url.URL, path string) {
	c.unless(to.Host != "" && to.User == nil && to.Path == "" && to.RawQuery == "", path+".url", "must be a mail server's scheme, host and port, and nothing more")
	c.unless(r.Method == delivery.MethodMail, path+".method", "must be "+delivery.MethodMail+" for a mail server")
	for _, name := range []string{delivery.HeaderMailFrom, delivery.HeaderRecipients} {
		_, ok := guard.SplitRecipients(r.Headers[name])
		c.unless(ok, path+".headers."+name, "must be mailboxes")
	}
	password := r.Headers[delivery.HeaderAuthPassword]
	c.unless(password == "" || secretForm.FindString(password) == password, path+".headers."+delivery.HeaderAuthPassword, "must be a secret by its name")
}
