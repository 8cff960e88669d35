package main

import (
	"os"

	"tabletop/blocks/trigger"
)

// secretOf gives the secrets of a configuration: made up where a simulator is
// sent to, else from where the configuration says.
func secretOf(n *trigger.Integration, to endpoints) func(name string) (string, error) {
	return func(name string) (string, error) {
		if len(to) > 0 {
			return trigger.DummySecret(name)
		}
		return n.Secret(name, os.LookupEnv)
	}
}

// knownSecrets are all secrets of a configuration that can be read, and those of
// others for the same host: an answer may hold one that another request told it.
func knownSecrets(n *trigger.Integration, all *trigger.Integrations, to endpoints) map[string]string {
	known := map[string]string{}
	add := func(of *trigger.Integration, label func(name string) string) {
		for _, name := range of.SecretNames() {
			if value, err := secretOf(of, to)(name); err == nil && known[name] != value {
				known[label(name)] = value
			}
		}
	}
	add(n, func(name string) string { return name })
	for _, name := range all.Names() {
		if other, _ := all.Find(name); other != n && other.Origin() == n.Origin() {
			add(other, func(secret string) string { return secret + " of " + name })
		}
	}
	return known
}
