package events

import (
	"database/sql/driver"
	"net/netip"
	"net/url"
	"strings"

	"tabletop/workbook/indicator"
)

// networkFunctions are those of addresses and names:
//
//	in_network(address, network)  NULL where either is none
//	is_private(address)           private, loopback and link-local, as in code blocks
//	host_of(url), domain_of(url)  as in code blocks
//	url_part(url, part, key)      Spark's parse_url; key is '' for none
func networkFunctions() []scalar {
	return []scalar{
		{"in_network", 2, onTexts(inNetwork)},
		{"is_private", 1, onTexts(func(a []string) driver.Value {
			address, ok := indicator.Address(a[0])
			if !ok {
				return nil
			}
			return address.IsPrivate() || address.IsLoopback() || address.IsLinkLocalUnicast()
		})},
		{"host_of", 1, onTexts(func(a []string) driver.Value { return ifKnown(indicator.Host(a[0])) })},
		{"domain_of", 1, onTexts(func(a []string) driver.Value { return ifKnown(indicator.Domain(a[0])) })},
		{"url_part", 3, onTexts(urlPart)},
	}
}

func ifKnown(text string, ok bool) driver.Value {
	if !ok {
		return nil
	}
	return text
}

func inNetwork(a []string) driver.Value {
	address, ok := indicator.Address(a[0])
	network, err := netip.ParsePrefix(strings.TrimSpace(a[1]))
	if !ok || err != nil {
		return nil
	}
	return network.Contains(address)
}

func urlPart(a []string) driver.Value {
	u, err := url.Parse(a[0])
	if err != nil {
		return nil
	}
	known := func(text string) driver.Value { return ifKnown(text, text != "") }
	switch a[1] {
	case "HOST":
		return known(u.Hostname())
	case "PATH":
		return u.EscapedPath()
	case "QUERY":
		if a[2] == "" {
			return known(u.RawQuery)
		}
		for _, pair := range strings.Split(u.RawQuery, "&") {
			if key, value, found := strings.Cut(pair, "="); found && key == a[2] {
				return value
			}
		}
		return nil
	case "REF":
		return known(u.EscapedFragment())
	case "PROTOCOL":
		return known(u.Scheme)
	case "FILE":
		return known(u.RequestURI())
	case "AUTHORITY":
		if u.User != nil {
			return u.User.String() + "@" + u.Host
		}
		return known(u.Host)
	case "USERINFO":
		if u.User != nil {
			return u.User.String()
		}
	}
	return nil
}
