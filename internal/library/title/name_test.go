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

		// yt-dlp
		{"Maps_tonight_[1eaKbrQbjoRKX].m4a", id, "Maps tonight"},
		{"Maps_tonight-1eaKbrQbjoRKX.m4a", id, "Maps tonight"},
		{"07 - Maps tonight [1eaKbrQbjoRKX].m4a", id, "Maps tonight"},
		{"7 - Maps tonight [1eaKbrQbjoRKX].m4a", id, "Maps tonight"},
		{"NA - Maps tonight [1eaKbrQbjoRKX].m4a", id, "Maps tonight"},
		{"NA - NA - Maps tonight [1eaKbrQbjoRKX].m4a", id, "Maps tonight"},
		{"NA_-_Maps_tonight-1eaKbrQbjoRKX.m4a", id, "Maps tonight"},
		{"20220322 - Maps tonight [1eaKbrQbjoRKX].m4a", id, "Maps tonight"},
		{"NA [1eaKbrQbjoRKX].m4a", id, ""},
		{"NA - NA [1eaKbrQbjoRKX].m4a", id, ""},
		{"3 [1eaKbrQbjoRKX].m4a", id, ""},
		{"Maps tonight [1eaKbrQbjoRKX].fhls-audio-0.mp4", id, "Maps tonight"},
		{"Maps tonight [1eaKbrQbjoRKX].m4a.part", id, "Maps tonight"},
		{"What？ Maps： ＂tonight＂ ＊live＊ ｜ 1⧸2 [1eaKbrQbjoRKX].m4a", id, `What? Maps: "tonight" *live* | 1/2`},
		{"地図：今夜？ [1eaKbrQbjoRKX].m4a", id, "地図：今夜？"},
		{"Maps tonight [1ypKdEXvkMLGW].m4a", id, "Maps tonight"},
		{"Maps tonight [1eaKbrQbjoRKX] - Copy (2).m4a", id, "Maps tonight"},
		{"Maps%20tonight%20%5B1eaKbrQbjoRKX%5D.m4a", id, "Maps tonight"},
		{"100% of it, 50%20.m4a", "f0123456789ab", "100% of it, 50%20"},
		// twspace-dl, tslazer
		{"(Jane 🎙)Maps tonight-1eaKbrQbjoRKX.m4a", id, "Maps tonight"},
		{"[jane_doe]-Maps tonight_2022-03-22.m4a", "f0123456789ab", "Maps tonight"},
		{"[jane_doe]-Maps tonight|2022-03-22.m4a", "f0123456789ab", "Maps tonight"},
		{"[jane_doe] Maps tonight.m4a", "f0123456789ab", "Maps tonight"},
		{"Jane - Maps tonight (1eaKbrQbjoRKX).m4a", id, "Jane - Maps tonight"},
		// people
		{"talk.mp3", "f0123456789ab", "talk"},
		{"episode5.mp3", "f0123456789ab", "episode5"},
		{"ep12-jazz.mp3", "f0123456789ab", "ep12-jazz"},
		{"My great talk.m4a", "f0123456789ab", "My great talk"},
		{"space-exploration.m4a", "f0123456789ab", "space-exploration"},
		{"Q&A.m4a", "f0123456789ab", ""},
		{"2021 in review.m4a", "f0123456789ab", "2021 in review"},
		{"2021-06-14 Jazz night.m4a", "f0123456789ab", "2021-06-14 Jazz night"},
		{"01 - Opening.mp3", "f0123456789ab", "Opening"},
		{"Covid19.mp3", "f0123456789ab", "Covid19"},
		{"MyVeryGreatTalk.mp3", "f0123456789ab", "MyVeryGreatTalk"},
		{"2nd evening.mp3", "f0123456789ab", "2nd evening"},
		{"Jazz.mp3", "f0123456789ab", "Jazz"},
		{"今夜.mp3", "f0123456789ab", "今夜"},
		{"Бар.mp3", "f0123456789ab", "Бар"},
		{"d\xff\xfe talk.mp3", "f0123456789ab", "d\uFFFD talk"},

		// machines
		{"VID_20230114_180502.mp4", "f0123456789ab", ""},
		{"IMG_1234.MOV", "f0123456789ab", ""},
		{"PXL_20230114_180502123.mp4", "f0123456789ab", ""},
		{"Zoom0001.wav", "f0123456789ab", ""},
		{"GMT20210614-180000_Recording.m4a", "f0123456789ab", ""},
		{"audio_only.m4a", "f0123456789ab", ""},
		{"audio1234567890.m4a", "f0123456789ab", ""},
		{"AUD-20210614-WA0003.opus", "f0123456789ab", ""},
		{"WhatsApp Audio 2021-06-14 at 18.00.05.ogg", "f0123456789ab", ""},
		{"Neue Aufnahme 7.m4a", "f0123456789ab", ""},
		{"Recording (3) - Copy.m4a", "f0123456789ab", ""},
		{"2021-06-14 18-00-05.mkv", "f0123456789ab", ""},
		{"14 June 2021.m4a", "f0123456789ab", ""},
		{"6f1ed002-ab5d-4b0f-8c4e-0d9b54a0b3c1.m4a", "f0123456789ab", ""},
		{"d41d8cd98f00b204e9800998ecf8427e.m4a", "f0123456789ab", ""},
		{"deadbeef 00112233.m4a", "f0123456789ab", ""},
		{"dQw4w9WgXcQ.m4a", "f0123456789ab", ""},
		{"aKbQxRtWzPq.m4a", "f0123456789ab", ""},
		{"1623693600391.m4a", "f0123456789ab", ""},
		{"replay_16740273.ts", "f0123456789ab", ""},
		{"master_playlist.ts", "f0123456789ab", ""},
		{"index-3.ts", "f0123456789ab", ""},
		{"REC001.WAV", "f0123456789ab", ""},
		{"Space 12.m4a", "f0123456789ab", ""},
		{"The Twitter space.m4a", "f0123456789ab", ""},
		{"x.m4a", "f0123456789ab", ""},

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
