package title

import "testing"

func TestTitleInName(t *testing.T) {
	const id = "1eaKbrQbjoRKX"
	for _, c := range []struct{ name, id, want string }{
		{"Maps tonight [1eaKbrQbjoRKX].m4a", id, "Maps tonight"},
		{"Maps tonight [1eaKbrQbjoRKX] (1).m4a", id, "Maps tonight"},
		{"Maps tonight-1eaKbrQbjoRKX.m4a", id, "Maps tonight"},
		{"(Jane)Maps tonight-1eaKbrQbjoRKX.m4a", id, "Maps tonight"},
		{"Maps tonight [1eaKbrQbjoRKX].f140.m4a", id, "Maps tonight"},
		{"(Re)start: maps [1eaKbrQbjoRKX].m4a", id, "(Re)start: maps"},
		{"Débat : l’été 🎙️ [1eaKbrQbjoRKX].mp4", id, "Débat : l’été 🎙️"},
		{"今夜の地図 [1eaKbrQbjoRKX].m4a", id, "今夜の地図"},
		{"Interview with Bob.mp3", "f0123456789ab", "Interview with Bob"},
		{"evening_with_maps.mp3", "f0123456789ab", "evening with maps"},
		{"v2.0 of our plans.m4a", "f0123456789ab", "v2.0 of our plans"},
		{"No extension", "f0123456789ab", "No extension"},

		{"1eaKbrQbjoRKX.m4a", id, ""},
		{"[1eaKbrQbjoRKX].m4a", id, ""},
		{"1eaKbrQbjoRKX-0.ts", id, ""},
		{"space-1eaKbrQbjoRKX_0.ts", id, ""},
		{"audio-space-1eaKbrQbjoRKX.ts", id, ""},
		{"chunk_1623693600391000000_1_a.aac", "f0123456789ab", ""},
		{"playlist_16740273.m4a", "f0123456789ab", ""},
		{"recording.m4a", "f0123456789ab", ""},
		{"New Recording 12.m4a", "f0123456789ab", ""},
		{"audio (1).mp3", "f0123456789ab", ""},
		{"2021-06-14.m4a", "f0123456789ab", ""},
		{"a41f9c00.ts", "f0123456789ab", ""},
		{"x.m4a", "f0123456789ab", ""},
		{"", "", ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			if got := InName(c.name, c.id); got != c.want {
				t.Errorf("%q: %q, want %q", c.name, got, c.want)
			}
		})
	}
}
