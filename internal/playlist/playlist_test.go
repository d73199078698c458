package playlist

import (
	"errors"
	"fmt"
	"net/url"
	"strings"
	"testing"
	"time"
)

func parse(t *testing.T, text string) *Playlist {
	t.Helper()
	p, err := Parse(strings.NewReader(text), address(t, "https://host.example/a/b/list.m3u8?type=replay&token=s3cret"))
	if err != nil {
		t.Fatal(err)
	}
	return p
}

func address(t *testing.T, text string) *url.URL {
	t.Helper()
	u, err := url.Parse(text)
	if err != nil {
		t.Fatal(err)
	}
	return u
}

// replay is a playlist as X serves those of Spaces.
const replay = `#EXTM3U
#EXT-X-VERSION:3
#EXT-X-MEDIA-SEQUENCE:0
#EXT-X-TARGETDURATION:4
#EXT-X-PLAYLIST-TYPE:VOD
#EXT-X-DISCONTINUITY-SEQUENCE:0
#EXT-X-PROGRAM-DATE-TIME:2022-03-22T19:26:24.391Z
#EXTINF:3.0, no desc
chunk_1647977184391000000_0_a.aac?type=replay
#EXTINF:2.986667,
chunk_1647977187391000000_1_a.aac?type=replay
#EXT-X-DISCONTINUITY
#EXTINF:3
../c/chunk_1647977190391000000_2_a.aac?type=replay
#EXT-X-ENDLIST
`

func TestReplay(t *testing.T) {
	m := parse(t, replay).Media
	if m == nil || !m.Ended || m.Type != "VOD" || m.Version != 3 || m.Target != 4*time.Second || len(m.Segments) != 3 {
		t.Fatalf("%+v", m)
	}
	began := time.Date(2022, 3, 22, 19, 26, 24, 391e6, time.UTC)
	for i, want := range []Segment{
		{URI: address(t, "https://host.example/a/b/chunk_1647977184391000000_0_a.aac?type=replay"), Duration: 3 * time.Second, Title: "no desc", Time: began},
		{URI: address(t, "https://host.example/a/b/chunk_1647977187391000000_1_a.aac?type=replay"), Start: 3 * time.Second, Duration: 2986667 * time.Microsecond, Time: began.Add(3 * time.Second), Sequence: 1},
		{URI: address(t, "https://host.example/a/c/chunk_1647977190391000000_2_a.aac?type=replay"), Start: 5986667 * time.Microsecond, Duration: 3 * time.Second, Sequence: 2, Discontinuity: true},
	} {
		got := m.Segments[i]
		if got.URI.String() != want.URI.String() {
			t.Errorf("chunk %d: %s, want %s", i, got.URI, want.URI)
		}
		got.URI, want.URI, got.Line = nil, nil, 0
		if got != want {
			t.Errorf("chunk %d: %+v, want %+v", i, got, want)
		}
	}
	if m.Duration() != 8986667*time.Microsecond {
		t.Errorf("%s in total", m.Duration())
	}
	if m.Segments[2].Line != 14 {
		t.Errorf("the third address is on line %d", m.Segments[2].Line)
	}
}

// Editors on Windows write a BOM and CRLF, others leave blank lines and
// comments, and packagers invent tags.
func TestSpellingsOfTheSame(t *testing.T) {
	want := fmt.Sprint(addresses(parse(t, replay).Media))
	for name, text := range map[string]string{
		"BOM and CRLF":       "\ufeff" + strings.ReplaceAll(replay, "\n", "\r\n"),
		"blank lines":        strings.ReplaceAll(replay, "\n", "\n\n  \n"),
		"comments, new tags": strings.ReplaceAll(replay, "#EXTINF", "# a comment\n#EXT-X-NEW:A=\"b\n#EXTINF"),
		"no end of line":     strings.TrimSuffix(replay, "\n"),
		"absolute":           strings.ReplaceAll(replay, "\nchunk", "\nhttps://host.example/a/b/chunk"),
		"absolute path":      strings.ReplaceAll(replay, "\nchunk", "\n/a/b/chunk"),
		"of the same scheme": strings.ReplaceAll(replay, "\nchunk", "\n//host.example/a/b/chunk"),
		"fragments":          strings.ReplaceAll(replay, "?type=replay", "?type=replay#t=3"),
	} {
		t.Run(name, func(t *testing.T) {
			if got := fmt.Sprint(addresses(parse(t, text).Media)); got != want {
				t.Errorf("%s, want %s", got, want)
			}
		})
	}
}

func addresses(m *Media) (list []string) {
	for _, s := range m.Segments {
		list = append(list, s.URI.String())
	}
	return list
}

func TestNoBaseLeavesAddresses(t *testing.T) {
	p, err := Parse(strings.NewReader(replay), nil)
	if err != nil {
		t.Fatal(err)
	}
	if got := p.Media.Segments[2].URI.String(); got != "../c/chunk_1647977190391000000_2_a.aac?type=replay" {
		t.Error(got)
	}
}

func TestByteRangesAndMaps(t *testing.T) {
	m := parse(t, `#EXTM3U
#EXT-X-MAP:URI="all.mp4",BYTERANGE="720@0"
#EXTINF:4,
#EXT-X-BYTERANGE:1000@720
all.mp4
#EXTINF:4,
#EXT-X-BYTERANGE:500
all.mp4
#EXT-X-DISCONTINUITY
#EXT-X-MAP:URI="other.mp4"
#EXTINF:4,
#EXT-X-BYTERANGE:7@9
other.mp4
#EXT-X-MAP:URI="all.mp4",BYTERANGE="720"
#EXTINF:4
whole.m4s
`).Media
	for i, want := range []Range{{720, 1000}, {1720, 500}, {9, 7}} {
		if got := m.Segments[i].Range; got == nil || *got != want {
			t.Errorf("chunk %d: %v, want %v", i, got, want)
		}
	}
	if m.Segments[3].Range != nil {
		t.Errorf("the last chunk has the range %v", m.Segments[3].Range)
	}
	if m.Segments[0].Map != m.Segments[1].Map || m.Segments[1].Map == m.Segments[2].Map {
		t.Error("a map is of all chunks that follow, up to the next")
	}
	for i, want := range []string{"all.mp4 &{0 720}", "all.mp4 &{0 720}", "other.mp4 <nil>", "all.mp4 &{0 720}"} {
		o := m.Segments[i].Map
		if got := fmt.Sprintf("%s %v", strings.TrimPrefix(o.URI.Path, "/a/b/"), o.Range); got != want {
			t.Errorf("chunk %d has the map %s, want %s", i, got, want)
		}
	}
	if m.Ended {
		t.Error("a playlist without ENDLIST has not ended")
	}
}

func TestKeys(t *testing.T) {
	m := parse(t, `#EXTM3U
#EXT-X-MEDIA-SEQUENCE:258
#EXTINF:1,
clear.ts
#EXT-X-KEY:METHOD=AES-128,URI="k1?id=1"
#EXTINF:1,
a.ts
#EXT-X-KEY:METHOD=AES-128 , URI="k2", IV=0X0102
#EXTINF:1,
b.ts
#EXT-X-KEY:METHOD=NONE
#EXTINF:1,
c.ts
#EXT-X-KEY:METHOD=SAMPLE-AES,URI="skd://x",KEYFORMAT="com.apple.streamingkeydelivery"
#EXT-X-KEY:METHOD=AES-128,URI="k3",KEYFORMAT="identity"
#EXT-X-KEY:METHOD=SAMPLE-AES-CTR,URI="data:x",KEYFORMAT="urn:uuid:edef8ba9"
#EXTINF:1,
d.ts
#EXT-X-KEY:METHOD=SAMPLE-AES,URI="k4"
#EXTINF:1,
e.ts
#EXT-X-KEY:METHOD=SAMPLE-AES,URI="skd://y",KEYFORMAT="com.apple.streamingkeydelivery"
#EXTINF:1,
f.ts
`).Media
	for i, want := range []string{"", "AES-128 /a/b/k1", "AES-128 /a/b/k2", "", "AES-128 /a/b/k3", "SAMPLE-AES /a/b/k4", "SAMPLE-AES "} {
		got := ""
		k := m.Segments[i].Key
		if k != nil {
			got = k.Method + " " + k.URI.Path
		}
		if got != want {
			t.Errorf("chunk %d: %q, want %q", i, got, want)
		}
		if k != nil && k.Supported() != strings.HasPrefix(want, "AES-128") {
			t.Errorf("chunk %d: supported: %t", i, k.Supported())
		}
	}
	if iv := m.Segments[1].Key.InitVector(m.Segments[1].Sequence); iv != [16]byte{14: 1, 15: 3} {
		t.Errorf("the IV of chunk 259 is %x", iv)
	}
	if iv := m.Segments[2].Key.InitVector(m.Segments[2].Sequence); iv != [16]byte{14: 1, 15: 2} {
		t.Errorf("the IV that is told is %x", iv)
	}
}

func TestEncryptedMap(t *testing.T) {
	m := parse(t, `#EXTM3U
#EXT-X-KEY:METHOD=AES-128,URI="k",IV=0x00000000000000000000000000000001
#EXT-X-MAP:URI="init"
#EXT-X-KEY:METHOD=NONE
#EXTINF:1,
a
`).Media
	s := m.Segments[0]
	if s.Key != nil || s.Map.Key == nil {
		t.Errorf("the map has the key of its place: %v, the chunk %v", s.Map.Key, s.Key)
	}
}

func TestClockAndGaps(t *testing.T) {
	m := parse(t, `#EXTM3U
#EXTINF:2,
a
#EXT-X-PROGRAM-DATE-TIME:2026-01-02T03:04:05.5+01:00
#EXTINF:2.5,
b
#EXT-X-GAP
#EXTINF:2,
c
#EXT-X-PROGRAM-DATE-TIME:yesterday
#EXTINF:2,
d
#EXT-X-DISCONTINUITY
#EXTINF:2,
e
#EXT-X-PROGRAM-DATE-TIME:2026-01-02T04:00:00+0100
#EXTINF:2,
f
`).Media
	for i, want := range []string{"", "02:04:05.5", "02:04:08", "02:04:10", "", "03:00:00"} {
		got := ""
		if at := m.Segments[i].Time; !at.IsZero() {
			got = at.Format("15:04:05.999")
		}
		if got != want {
			t.Errorf("chunk %d at %q, want %q", i, got, want)
		}
		if m.Segments[i].Gap != (i == 2) {
			t.Errorf("chunk %d is a gap: %t", i, m.Segments[i].Gap)
		}
	}
}

func TestSound(t *testing.T) {
	for name, c := range map[string]struct{ text, want string }{
		"X's": {`#EXT-X-STREAM-INF:BANDWIDTH=96000,CODECS="mp4a.40.2"
playlist_1.m3u8?type=replay`, "playlist_1.m3u8"},
		"the highest of sound alone": {`#EXT-X-STREAM-INF:BANDWIDTH=64000,CODECS="mp4a.40.5"
low
#EXT-X-STREAM-INF:BANDWIDTH=128000,CODECS="mp4a.40.2"
high
#EXT-X-STREAM-INF:BANDWIDTH=96000,CODECS="mp4a.40.2"
mid`, "high"},
		"the average decides between equals": {`#EXT-X-STREAM-INF:BANDWIDTH=9,AVERAGE-BANDWIDTH=7
a
#EXT-X-STREAM-INF:BANDWIDTH=9,AVERAGE-BANDWIDTH=8
b`, "b"},
		"the first of equals": {"#EXT-X-STREAM-INF:BANDWIDTH=9\na\n#EXT-X-STREAM-INF:BANDWIDTH=9\nb", "a"},
		"pictures in every stream, sound of its own": {`#EXT-X-MEDIA:TYPE=AUDIO,GROUP-ID="aac",NAME="English",DEFAULT=YES,URI="en"
#EXT-X-MEDIA:TYPE=AUDIO,GROUP-ID="aac",NAME="Deutsch",URI="de"
#EXT-X-MEDIA:TYPE=AUDIO,GROUP-ID="hi",NAME="Deutsch",URI="de-hi"
#EXT-X-MEDIA:TYPE=AUDIO,GROUP-ID="hi",NAME="English",AUTOSELECT=YES,URI="en-hi"
#EXT-X-MEDIA:TYPE=SUBTITLES,GROUP-ID="hi",NAME="English",DEFAULT=YES,URI="words"
#EXT-X-STREAM-INF:BANDWIDTH=900000,RESOLUTION=640x360,CODECS="avc1.4d401e,mp4a.40.2",AUDIO="aac"
v1
#EXT-X-STREAM-INF:BANDWIDTH=2000000,RESOLUTION=1280x720,CODECS="avc1.4d401e,mp4a.40.2",AUDIO="hi"
v2
#EXT-X-STREAM-INF:BANDWIDTH=40000,CODECS="mp4a.40.5"
fallback`, "en-hi"},
		"a slow stream without pictures": {`#EXT-X-STREAM-INF:BANDWIDTH=2000000,RESOLUTION=1280x720
v
#EXT-X-STREAM-INF:BANDWIDTH=41457,CODECS="mp4a.40.2"
a`, "a"},
		"the default is in the stream": {`#EXT-X-MEDIA:TYPE=AUDIO,GROUP-ID="g",NAME="English",DEFAULT=YES
#EXT-X-MEDIA:TYPE=AUDIO,GROUP-ID="g",NAME="Comments",URI="comments"
#EXT-X-STREAM-INF:BANDWIDTH=2000000,RESOLUTION=1280x720,AUDIO="g"
v`, "v"},
		"a silent stream": {`#EXT-X-STREAM-INF:BANDWIDTH=9000000,CODECS="avc1.4d401e"
silent
#EXT-X-STREAM-INF:BANDWIDTH=2000000,CODECS="avc1.4d401e,mp4a.40.2"
v`, "v"},
		"renditions only": {`#EXT-X-MEDIA:TYPE=AUDIO,GROUP-ID="g",NAME="English",URI="en"`, "en"},
	} {
		t.Run(name, func(t *testing.T) {
			p := parse(t, "#EXTM3U\n#EXT-X-INDEPENDENT-SEGMENTS\n#EXT-X-I-FRAME-STREAM-INF:BANDWIDTH=1,URI=\"i\"\n"+c.text+"\n")
			if p.Master == nil {
				t.Fatal("not a master playlist")
			}
			if got := p.Master.Sound(); got == nil || strings.TrimPrefix(got.Path, "/a/b/") != c.want {
				t.Errorf("%v, want %s", got, c.want)
			}
		})
	}
}

func TestDamaged(t *testing.T) {
	for name, c := range map[string]struct{ text, want string }{
		"empty":                {"", "does not begin"},
		"a web page":           {"<!DOCTYPE html>\n<html>", "web page"},
		"a list of files":      {"song.mp3\n", "does not begin"},
		"longer first line":    {"#EXTM3U8\n", "does not begin"},
		"nothing but a head":   {"#EXTM3U\n", "empty"},
		"no EXTINF":            {"#EXTM3U\n#EXT-X-TARGETDURATION:3\na.aac\n", "line 3: an address without #EXTINF"},
		"EXTINF is of one":     {"#EXTM3U\n#EXTINF:3,\na.aac\nb.aac\n", "line 4"},
		"negative duration":    {"#EXTM3U\n#EXTINF:-1,Radio\na\n", `"-1" is not a valid duration`},
		"no duration":          {"#EXTM3U\n#EXTINF:\na\n", "line 2: #EXTINF"},
		"not a number":         {"#EXTM3U\n#EXTINF:NaN,\na\n", "not a valid duration"},
		"infinite":             {"#EXTM3U\n#EXTINF:Inf,\na\n", "not a valid duration"},
		"hexadecimal":          {"#EXTM3U\n#EXTINF:0x3p1,\na\n", "not a valid duration"},
		"a year":               {"#EXTM3U\n#EXTINF:31536000,\na\n", "not a valid duration"},
		"both kinds":           {"#EXTM3U\n#EXT-X-STREAM-INF:BANDWIDTH=1\nv\n#EXTINF:1,\na\n", "both streams and chunks"},
		"no streams":           {"#EXTM3U\n#EXT-X-STREAM-INF:BANDWIDTH=1\n", "no streams"},
		"variables":            {"#EXTM3U\n#EXT-X-DEFINE:NAME=\"a\",VALUE=\"b\"\n#EXTINF:1,\n{$a}\n", "variables"},
		"first range relative": {"#EXTM3U\n#EXTINF:1,\n#EXT-X-BYTERANGE:10\na\n", "no offset"},
		"range after another":  {"#EXTM3U\n#EXTINF:1,\n#EXT-X-BYTERANGE:10@0\na\n#EXTINF:1,\n#EXT-X-BYTERANGE:10\nb\n", "no offset"},
		"range after a whole":  {"#EXTM3U\n#EXTINF:1,\n#EXT-X-BYTERANGE:10@0\na\n#EXTINF:1,\na\n#EXTINF:1,\n#EXT-X-BYTERANGE:10\na\n", "no offset"},
		"range of nothing":     {"#EXTM3U\n#EXTINF:1,\n#EXT-X-BYTERANGE:0@5\na\n", "not a valid byte range"},
		"range overflows":      {"#EXTM3U\n#EXTINF:1,\n#EXT-X-BYTERANGE:9223372036854775807@9223372036854775807\na\n", "not a valid byte range"},
		"negative range":       {"#EXTM3U\n#EXTINF:1,\n#EXT-X-BYTERANGE:-5@5\na\n", "not a valid number"},
		"empty range":          {"#EXTM3U\n#EXTINF:1,\n#EXT-X-BYTERANGE:\na\n", "no length"},
		"key without method":   {"#EXTM3U\n#EXT-X-KEY:URI=\"k\"\n#EXTINF:1,\na\n", "no METHOD"},
		"key without address":  {"#EXTM3U\n#EXT-X-KEY:METHOD=AES-128\n#EXTINF:1,\na\n", "no URI"},
		"long IV":              {"#EXTM3U\n#EXT-X-KEY:METHOD=AES-128,URI=\"k\",IV=0x000000000000000000000000000000001\n", "not a valid IV"},
		"IV is not hex":        {"#EXTM3U\n#EXT-X-KEY:METHOD=AES-128,URI=\"k\",IV=0xg\n", "not a valid IV"},
		"IV without 0x":        {"#EXTM3U\n#EXT-X-KEY:METHOD=AES-128,URI=\"k\",IV=12\n", "not a valid IV"},
		"open quotes":          {"#EXTM3U\n#EXT-X-KEY:METHOD=AES-128,URI=\"k\n", "not closed"},
		"text after quotes":    {"#EXTM3U\n#EXT-X-MAP:URI=\"k\"x,BYTERANGE=\"1\"\n", "follows the quotes"},
		"twice":                {"#EXTM3U\n#EXT-X-MAP:URI=\"k\",URI=\"l\"\n", "twice"},
		"attribute no value":   {"#EXTM3U\n#EXT-X-MAP:URI\n", "damaged list"},
		"map without address":  {"#EXTM3U\n#EXT-X-MAP:BYTERANGE=\"1@2\"\n", "no URI"},
		"map needs an IV":      {"#EXTM3U\n#EXT-X-KEY:METHOD=AES-128,URI=\"k\"\n#EXT-X-MAP:URI=\"m\"\n", "no IV"},
		"sequence too late":    {"#EXTM3U\n#EXTINF:1,\na\n#EXT-X-MEDIA-SEQUENCE:4\n", "follows a chunk"},
		"sequence overflows":   {"#EXTM3U\n#EXT-X-MEDIA-SEQUENCE:9223372036854775807\n#EXTINF:1,\na\n", "too large"},
		"pictures only":        {"#EXTM3U\n#EXT-X-I-FRAMES-ONLY\n#EXTINF:1,\na\n", "no sound"},
		"changes only":         {"#EXTM3U\n#EXT-X-SKIP:SKIPPED-SEGMENTS=3\n#EXTINF:1,\na\n", "what changed"},
		"damaged address":      {"#EXTM3U\n#EXTINF:1,\nhttp://[::1/a?token=s3cret\n", "line 3: the address cannot be read"},
		"control characters":   {"#EXTM3U\n#EXTINF:1,\na\x00b\n", "cannot be read"},
		"a line too long":      {"#EXTM3U\n#" + strings.Repeat("x", maxLine) + "\n", "longer than 64 KiB"},
		"too many chunks":      {"#EXTM3U\n" + strings.Repeat("#EXTINF:1,\na\n", maxEntries+1), "more than 200000 chunks"},
		"too many streams":     {"#EXTM3U\n" + strings.Repeat("#EXT-X-STREAM-INF:BANDWIDTH=1\na\n", maxStreams+1), "more than 2000 streams"},
		"too many renditions":  {"#EXTM3U\n" + strings.Repeat("#EXT-X-MEDIA:TYPE=AUDIO,GROUP-ID=\"g\"\n", maxStreams+1), "more than 2000 renditions"},
		"too long in total":    {"#EXTM3U\n" + strings.Repeat("#EXTINF:86400,\na\n", 417), "longer than 10000 h"},
		"too large":            {"#EXTM3U\n" + strings.Repeat("#"+strings.Repeat("x", 60<<10)+"\n", 600), "larger than 32 MiB"},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := Parse(strings.NewReader(c.text), nil)
			if err == nil || !strings.Contains(err.Error(), c.want) {
				t.Fatalf("%v, want %q", err, c.want)
			}
			if strings.Contains(err.Error(), "s3cret") {
				t.Errorf("the error holds the address's query: %v", err)
			}
		})
	}
	if _, err := Parse(strings.NewReader("#EXTM3U\n#EXT-X-DEFINE:A=1\n"), nil); !errors.Is(err, ErrVariables) {
		t.Error(err)
	}
	var at *SyntaxError
	if _, err := Parse(strings.NewReader("#EXTM3U\n\na\n"), nil); !errors.As(err, &at) || at.Line != 3 {
		t.Error(err)
	}
}

func TestIsPlaylist(t *testing.T) {
	for text, want := range map[string]bool{
		"#EXTM3U\n": true, "#EXTM3U": true, "\ufeff#EXTM3U\r\n": true, "#EXTM3U8\n": false, "": false, "#EXT": false, "ID3": false,
	} {
		if got := IsPlaylist([]byte(text)); got != want {
			t.Errorf("%q: %t", text, got)
		}
	}
}

// What is read keeps to the bounds, whatever it is made of.
func FuzzParse(f *testing.F) {
	f.Add([]byte(replay))
	f.Add([]byte("#EXTM3U\n#EXT-X-STREAM-INF:BANDWIDTH=1,AUDIO=\"g\"\nv\n#EXT-X-MEDIA:TYPE=AUDIO,GROUP-ID=\"g\",URI=\"a\"\n"))
	f.Add([]byte("#EXTM3U\n#EXT-X-KEY:METHOD=AES-128,URI=\"k\",IV=0x1\n#EXT-X-MAP:URI=\"m\",BYTERANGE=\"1@2\"\n#EXTINF:1,\n#EXT-X-BYTERANGE:1@2\na\n#EXTINF:1,\n#EXT-X-BYTERANGE:9\na\n"))
	base := &url.URL{Scheme: "https", Host: "host.example", Path: "/list.m3u8"}
	f.Fuzz(func(t *testing.T, text []byte) {
		p, err := Parse(strings.NewReader(string(text)), base)
		if err != nil {
			return
		}
		if (p.Master == nil) == (p.Media == nil) {
			t.Fatal("neither kind, or both")
		}
		if p.Master != nil {
			p.Master.Sound()
			return
		}
		var start time.Duration
		for i, s := range p.Media.Segments {
			if s.URI == nil || s.Duration < 0 || s.Start != start || s.Sequence != p.Media.Sequence+int64(i) || s.Sequence < 0 {
				t.Fatalf("%+v", s)
			}
			start += s.Duration
			if r := s.Range; r != nil && (r.Offset < 0 || r.Length <= 0 || r.Offset+r.Length < 0) {
				t.Fatalf("%+v", r)
			}
			if s.Map != nil && s.Map.URI == nil || s.Key != nil && s.Key.URI == nil {
				t.Fatalf("%+v", s)
			}
			if k := s.Key; k != nil {
				k.InitVector(s.Sequence)
			}
		}
	})
}
