package hydra

import (
	"encoding/binary"
	"testing"
	"time"

	"github.com/spaces-cli/spaces/internal/media/timeline"
	"github.com/spaces-cli/spaces/internal/media/track"
)

func add(t *testing.T, tags *Tags, sample int64, id, name, value string) {
	t.Helper()
	if err := tags.Add(&track.Event{Sample: sample, Unit: sample / 1024, ID: id, Name: name, Value: []byte(value)}); err != nil {
		t.Fatal(err)
	}
}

func TestClock(t *testing.T) {
	for _, c := range []struct {
		text string
		want time.Time
		ok   bool
	}{
		{"3856965984.391", time.Date(2022, 3, 22, 19, 26, 24, 391e6, time.UTC), true},
		{"3856965984", time.Date(2022, 3, 22, 19, 26, 24, 0, time.UTC), true},
		{"3856965984.3919999991", time.Date(2022, 3, 22, 19, 26, 24, 391999999, time.UTC), true},
		{"0", time.Time{}, false},
		{"-1", time.Time{}, false},
		{"1e308", time.Time{}, false},
		{"99999999999999999999", time.Time{}, false},
		{"3856965984.39x", time.Time{}, false},
		{"", time.Time{}, false},
	} {
		t.Run(c.text, func(t *testing.T) {
			var tags Tags
			add(t, &tags, 0, "TIT3", "", c.text)
			if len(tags.Anchors) > 0 != c.ok {
				t.Errorf("%q: anchors %v", c.text, tags.Anchors)
			} else if c.ok && !NTPEpoch.Add(tags.Anchors[0].Clock).Equal(c.want) {
				t.Errorf("%q is %v, want %v", c.text, NTPEpoch.Add(tags.Anchors[0].Clock), c.want)
			}
		})
	}
}

func TestClockStandsTwiceInEachTag(t *testing.T) {
	var tags Tags
	add(t, &tags, 0, "TIT3", "", "3856965984.391")
	add(t, &tags, 0, "TXXX", "JSONMetadata", `{"HydraVersion":4,"ntp":3856965984.391}`)
	add(t, &tags, 48128, "TXXX", "JSONMetadata", `{"HydraVersion":4,"ntp":3856965985.394}`)
	if len(tags.Anchors) != 2 || tags.Anchors[1].Clock-tags.Anchors[0].Clock != 1003*time.Millisecond {
		t.Errorf("%+v", tags.Anchors)
	}
}

func TestTimestampWraps(t *testing.T) {
	var tags Tags
	for i, v := range []uint64{1<<33 - 90000, 1<<33 - 1, 89999, 179999} {
		b := binary.BigEndian.AppendUint64(nil, v)
		add(t, &tags, int64(i)*48000, "PRIV", "com.apple.streaming.transportStreamTimestamp", string(b))
	}
	for i := 1; i < len(tags.PTS); i++ {
		if d := tags.PTS[i].Clock - tags.PTS[i-1].Clock; d < 999*time.Millisecond || d > 1001*time.Millisecond {
			t.Errorf("step %d is %v, want 1 s", i, d)
		}
	}
	if p := tags.Piece(new(track.Track)); !p.Epoch.IsZero() || len(p.Anchors) != 4 {
		t.Errorf("a piece with no NTP clock: %+v", p)
	}
}

const twoGuests = `[{"UserId":"a","UserName":"guest1","SessionId":"s","ProfileUrl":"u","ParticipantIndex":1},{"UserId":2,"UserName":"Guest2","ParticipantIndex":"2"}]`

func TestStageAndLevels(t *testing.T) {
	var tags Tags
	add(t, &tags, 0, "TXXX", "HydraParticipants", "[]")
	add(t, &tags, 0, "TXXX", "HydraAudioLevel", "[63]")
	add(t, &tags, 48000, "TXXX", "HydraParticipants", twoGuests)
	add(t, &tags, 48000, "TXXX", "HydraAudioLevel", "[0,3.5,300]")
	add(t, &tags, 96000, "TXXX", "HydraParticipants", twoGuests)
	add(t, &tags, 96000, "TXXX", "HydraAudioLevel", "[-1,8,7]")
	if len(tags.People) != 2 || tags.People[1].UserName != "Guest2" || tags.People[1].UserID != "2" || tags.People[1].Index != 2 {
		t.Errorf("people %+v", tags.People)
	}
	if len(tags.Ticks) != 3 {
		t.Fatalf("%d ticks", len(tags.Ticks))
	}
	if l := tags.Ticks[1].Levels; l[0] != 0 || l[1] != 3 || l[2] != 255 {
		t.Errorf("levels %v", l)
	}
	if tags.Ticks[1].Stage != tags.Ticks[2].Stage {
		t.Error("the same stage was read twice")
	}
}

func TestNonsenseIsPassedOver(t *testing.T) {
	var tags Tags
	for _, v := range []string{"", "null", "{}", `"x"`, "[[1]]", "[1,2", "NaN"} {
		add(t, &tags, 0, "TXXX", "HydraAudioLevel", v)
		add(t, &tags, 0, "TXXX", "HydraParticipants", v)
		add(t, &tags, 0, "TXXX", "JSONMetadata", v)
		add(t, &tags, 0, "PRIV", "com.apple.streaming.transportStreamTimestamp", v)
	}
	if len(tags.Ticks)+len(tags.Anchors)+len(tags.PTS)+len(tags.People) != 0 {
		t.Errorf("%+v", tags)
	}
}

func TestTurns(t *testing.T) {
	cfg := track.Config{Codec: track.AACLC, SampleRate: 48000, Channels: 2, UnitSamples: 1024}
	const seconds = 20
	tr := &track.Track{Runs: []track.Run{{Config: cfg, Units: seconds * 48000 / 1024, Samples: seconds * 48000}}}
	var tags Tags
	add(t, &tags, 0, "TXXX", "HydraParticipants", twoGuests)
	// The host talks in seconds 0 to 4, with a pause of one; guest 2 in 8 to
	// 9; a level without a person beside it in 12; then the tags stop.
	levels := map[int]string{0: "[50,0,0]", 1: "[50,0,0]", 2: "[2,0,0]", 3: "[50,0,0]", 8: "[0,0,9]", 12: "[0,0,0,60]", 13: "[8,0,0]"}
	for s := range 14 {
		l, ok := levels[s]
		if !ok {
			l = "[0,0,0]"
		}
		add(t, &tags, int64(s)*48000, "TXXX", "HydraAudioLevel", l)
	}
	tl := timeline.Build([]timeline.Piece{tags.Piece(tr)})
	got := Turns(tl, []*Tags{&tags})
	want := []SampleTurn{{"", 0, 4 * 48000}, {"Guest2", 8 * 48000, 9 * 48000}, {"", 13 * 48000, 15 * 48000}}
	if len(got) != len(want) {
		t.Fatalf("turns %+v, want %+v", got, want)
	}
	for i := range want {
		if got[i] != want[i] {
			t.Errorf("turn %d: %+v, want %+v", i, got[i], want[i])
		}
	}
}

func FuzzTags(f *testing.F) {
	f.Add("TXXX", "HydraAudioLevel", []byte("[1,2,3]"), int64(0))
	f.Add("TXXX", "HydraParticipants", []byte(twoGuests), int64(5))
	f.Add("TIT3", "", []byte("3856965984.391"), int64(48000))
	f.Add("PRIV", "com.apple.streaming.transportStreamTimestamp", []byte("\x00\x00\x00\x01\xff\xff\xff\xff"), int64(7))
	f.Fuzz(func(t *testing.T, id, name string, value []byte, sample int64) {
		var tags Tags
		for i := range int64(3) {
			e := &track.Event{Sample: max(0, sample/4) + i, ID: id, Name: name, Value: value}
			if err := tags.Add(e); err != nil {
				t.Fatal(err)
			}
		}
		cfg := track.Config{Codec: track.AACLC, SampleRate: 48000, Channels: 2, UnitSamples: 1024}
		tr := &track.Track{Runs: []track.Run{{Config: cfg, Units: 47, Samples: 47 * 1024}}}
		tl := timeline.Build([]timeline.Piece{tags.Piece(tr)})
		if tl.Samples != 47*1024 {
			t.Fatalf("tags changed the length to %d", tl.Samples)
		}
		for _, u := range Turns(tl, []*Tags{&tags}) {
			if u.Start < 0 || u.End <= u.Start || u.End > tl.Samples {
				t.Fatalf("turn %+v", u)
			}
		}
	})
}
