package languages

import (
	"runtime"
	"testing"
)

func TestLocale(t *testing.T) {
	for _, test := range []struct {
		variables map[string]string
		want      string
	}{
		{map[string]string{"LANG": "fr_CA.UTF-8"}, "fr-CA"},
		{map[string]string{"LANG": "fr_CA.UTF-8", "LC_MESSAGES": "ja_JP"}, "ja-JP"},
		{map[string]string{"LANG": "fr_CA.UTF-8", "LC_MESSAGES": "ja_JP", "LC_ALL": "de_DE@euro"}, "de-DE"},
		{map[string]string{"LANG": "fr_CA.UTF-8", "LC_ALL": ""}, "fr-CA"},
		{map[string]string{"LANG": "fr_CA.UTF-8", "LC_ALL": "C.UTF-8"}, ""},
		{map[string]string{"LANG": "POSIX"}, ""},
	} {
		got := Locale(func(name string) (string, bool) { v, ok := test.variables[name]; return v, ok })
		if got != test.want {
			t.Errorf("%v: %q, want %q", test.variables, got, test.want)
		}
	}
	if got := Locale(func(string) (string, bool) { return "", false }); got != "" && runtime.GOOS != "windows" {
		t.Errorf("without variables: %q", got)
	}
}
