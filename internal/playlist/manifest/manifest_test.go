package manifest

import (
	"fmt"
	"strings"
	"testing"
)

// What is not a hash is longer than the place for it.
func TestReadChecksHashes(t *testing.T) {
	good := strings.Repeat("0a", 32)
	text := func(own, source string) string {
		return fmt.Sprintf(`{"version": 1, "length": 4, "chunks": [{"length": 4, "sha256": %q, "encrypted": {"length": 16, "sha256": %q}}]}`, own, source)
	}
	if m, err := Read(strings.NewReader(text(good, good))); err != nil || m.Length != 4 {
		t.Errorf("%v", err)
	}
	for _, bad := range []string{"", "0a", strings.Repeat("0a", 1000), strings.Repeat("zz", 32)} {
		for _, s := range []string{text(bad, good), text(good, bad)} {
			if _, err := Read(strings.NewReader(s)); err == nil {
				t.Errorf("%.20q is taken for a hash", bad)
			}
		}
	}
}
