package delivery

import "net/url"

// Takes reports whether the endpoint gets what is sent to an address.
func (e Endpoint) Takes(address string) bool {
	u, err := url.Parse(address)
	if err != nil {
		return false
	}
	o, err := originOf(u)
	return err == nil && o == e.from
}
