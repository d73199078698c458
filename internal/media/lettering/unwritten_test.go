package lettering

import (
	"slices"
	"strings"
	"testing"
)

func TestUnwritten(t *testing.T) {
	s := Embedded()
	got := s.Unwritten("Łódź", "Tokyo 東京の夜 🎙️", "한국", "שלום ☂", "Tokyo 東京の夜 🎙️", "汉字")
	want := []Unwritten{
		{"Tokyo 東京の夜 🎙️", "東京の夜", "Japanese"}, {"Tokyo 東京の夜 🎙️", "🎙", "emoji"},
		{"한국", "한국", "Korean"}, {"שלום ☂", "שלום", "Hebrew"}, {"שלום ☂", "☂", "signs"}, {"汉字", "汉字", "Chinese"},
	}
	if !slices.Equal(got, want) {
		t.Errorf("%q, want %q", got, want)
	}
	if got, want := Warning(got[1:4]), `no font found for emoji, Korean and Hebrew: empty boxes stand for 🎙 in "Tokyo 東京の夜 🎙️"`; got != want {
		t.Errorf("%s, want %s", got, want)
	}
	if got := Hint(got, "linux"); !strings.Contains(got, "apt install fonts-noto-cjk fonts-noto-color-emoji fonts-noto-core") {
		t.Errorf("%s", got)
	}
	for _, system := range []string{"linux", "windows", "darwin"} {
		if Hint(nil, system) != "" || Hint(got, system) == "" {
			t.Errorf("%s: %s", system, Hint(got, system))
		}
	}
	if Warning(nil) != "" || len(s.Unwritten("Kyjiw Київ Ελλάδα")) != 0 {
		t.Error("something is said to be missing")
	}
}
