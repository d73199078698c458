package database

import (
	"strings"
	"testing"
)

func TestDSN(t *testing.T) {
	for path, want := range map[string]string{
		"/a b/c?d#e%f": "file:///a%20b/c%3Fd%23e%25f?",
		"C:/x/y":       "file:///C:/x/y?",
		"//host/s/x":   "file:////host/s/x?",
	} {
		if got := DSN(path); !strings.HasPrefix(got, want) {
			t.Errorf("%s: %s", path, got)
		}
	}
}
