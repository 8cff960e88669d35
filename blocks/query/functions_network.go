package query

func networkFunctions() map[string]function {
	return map[string]function{
		"cidr_match": texts(2, 2, isBool, "in_network").as("whether an address lies in a network; NULL where either is none", "cidr_match('10.1.2.3', '10.0.0.0/8')", "true"),
		"is_private": texts(1, 1, isBool, "is_private").as("whether an address is private, loopback or link-local", "is_private('192.168.1.1')", "true"),
		"host":       texts(1, 1, isText, "host_of").as("the host of a URL, in small letters, without its port", "host('https://WWW.Example.com:8443/x')", "www.example.com"),
		"domain":     texts(1, 1, isText, "domain_of").as("the registrable domain of a URL or a host", "domain('https://a.b.example.co.uk/x')", "example.co.uk"),
		"parse_url": function{least: 2, most: 3, write: func(w *writer, _ bool, a []operand) operand {
			key := "''"
			if len(a) == 3 {
				key = w.textOf(a[2])
			}
			return textual("url_part(%s, %s, %s)", w.textOf(a[0]), w.textOf(a[1]), key)
		}}.as("HOST, PATH, QUERY, REF, PROTOCOL, FILE, AUTHORITY or USERINFO of a URL, or a key of its QUERY", "parse_url('http://a.example/p?k=v', 'QUERY', 'k')", "v"),
	}
}
