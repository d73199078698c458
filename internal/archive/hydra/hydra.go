// Package hydra reads the tags that X's recorder writes between the audio
// frames of a Space: the clock, who is on stage, and how loud each of them
// is. They are ID3v2.4 tags, about one a second:
//
//   - TIT3, and TXXX "JSONMetadata": NTP time, seconds since 1900;
//   - TXXX "HydraParticipants": JSON array of those on stage without the host;
//   - TXXX "HydraAudioLevel": JSON array of levels, the host's first, then
//     those of the participants in the order of the tag before;
//   - PRIV "com.apple.streaming.transportStreamTimestamp": a 33-bit 90 kHz
//     clock without an epoch (RFC 8216, 3.4).
//
// What a level means is not documented; that Talking or more is somebody
// talking was found by others by listening. Turns made from it are a guess.
package hydra

import (
	"encoding/binary"
	"encoding/json"
	"strconv"
	"strings"
	"time"

	"github.com/spaces-cli/spaces/internal/media/timeline"
	"github.com/spaces-cli/spaces/internal/media/track"
)

// Talking is the least level that reads as a person talking.
const Talking = 8

// NTPEpoch is the time at which NTP seconds count from (RFC 5905, 6).
var NTPEpoch = time.Date(1900, 1, 1, 0, 0, 0, 0, time.UTC)

// A Participant is somebody on stage. UserID is a Periscope id, which says
// nothing on X: people are known by UserName.
type Participant struct {
	UserID     string
	UserName   string
	SessionID  string
	ProfileURL string
	Index      int
}

// A Tick is one reading of the levels.
type Tick struct {
	Run    int
	Sample int64
	// Clock is the time by the nearest NTP tag before, since NTPEpoch, or 0.
	Clock time.Duration
	// Levels are the host's and the participants', as the tag says. Stage is
	// the list of participants they belong to.
	Levels []uint8
	Stage  *Stage
}

// A Stage is who was on stage at a time, the host left out.
type Stage struct{ Participants []Participant }

// limits keep hostile tags from growing without bound.
const (
	maxOnStage = 64
	maxPeople  = 4096
	maxStages  = 65536
	maxLevels  = maxOnStage + 1
)

// Tags collects the meaning of one file's timed tags. Its Add method is a
// track.Options.OnEvent. The zero value is ready to use.
type Tags struct {
	Anchors []timeline.Anchor // of the NTP clock
	PTS     []timeline.Anchor // of the 90 kHz clock, unwrapped
	Ticks   []Tick
	People  []Participant // all that were ever on stage, in order of appearance
	Events  int64         // tags seen

	stage    *Stage
	stageRaw string
	stages   int
	clock    time.Duration
	lastPTS  int64
	known    map[string]bool
}

// Add takes in one timed tag. Tags of other kinds and tags that do not parse
// are passed over: they say nothing, and the audio is what counts.
func (t *Tags) Add(e *track.Event) error {
	t.Events++
	switch e.ID {
	case "TIT3":
		if s, ok := parseNTP(string(e.Value)); ok {
			t.anchor(e, s)
		}
	case "PRIV":
		if e.Name == "com.apple.streaming.transportStreamTimestamp" && len(e.Value) == 8 {
			t.pts(e, int64(binary.BigEndian.Uint64(e.Value)&(1<<33-1)))
		}
	case "TXXX":
		switch e.Name {
		case "JSONMetadata":
			if t.anchored(e) {
				break
			}
			var m struct {
				NTP json.Number `json:"ntp"`
			}
			if json.Unmarshal(e.Value, &m) == nil {
				if s, ok := parseNTP(m.NTP.String()); ok {
					t.anchor(e, s)
				}
			}
		case "HydraParticipants":
			t.participants(e.Value)
		case "HydraAudioLevel":
			t.levels(e)
		}
	}
	return nil
}

// parseNTP reads decimal seconds exactly: a float64 would round the
// milliseconds of a number this large only in its last digits, but it would
// also take "1e308".
func parseNTP(s string) (time.Duration, bool) {
	whole, frac, _ := strings.Cut(strings.TrimSpace(s), ".")
	sec, err := strconv.ParseUint(whole, 10, 33)
	if err != nil || sec == 0 {
		return 0, false
	}
	if len(frac) > 9 {
		frac = frac[:9]
	}
	var ns uint64
	if frac != "" {
		if ns, err = strconv.ParseUint((frac + "000000000")[:9], 10, 64); err != nil {
			return 0, false
		}
	}
	return time.Duration(sec)*time.Second + time.Duration(ns), true
}

// anchored reports whether the clock at e is known already: the same time
// stands in two frames of each tag.
func (t *Tags) anchored(e *track.Event) bool {
	n := len(t.Anchors)
	return n > 0 && t.Anchors[n-1].Run == e.Run && t.Anchors[n-1].Sample == e.Sample
}

func (t *Tags) anchor(e *track.Event, clock time.Duration) {
	if t.anchored(e) {
		return
	}
	t.clock = clock
	t.Anchors = append(t.Anchors, timeline.Anchor{Run: e.Run, Sample: e.Sample, Clock: clock})
}

func (t *Tags) pts(e *track.Event, v int64) {
	const wrap = 1 << 33
	if len(t.PTS) > 0 {
		// The clock wraps after 26.5 h: take the turn that lies nearest.
		v += (t.lastPTS - v + wrap/2) &^ (wrap - 1)
	}
	t.lastPTS = v
	clock := time.Duration(v/90000)*time.Second + time.Duration(v%90000)*time.Second/90000
	t.PTS = append(t.PTS, timeline.Anchor{Run: e.Run, Sample: e.Sample, Clock: clock})
}

func (t *Tags) participants(b []byte) {
	// The list is repeated every second and changes rarely.
	if t.stage != nil && string(b) == t.stageRaw {
		return
	}
	var list []struct {
		UserID, UserName, SessionID, ProfileURL any
		ParticipantIndex                        any
	}
	if json.Unmarshal(b, &list) != nil || len(list) > maxOnStage || t.stages >= maxStages {
		return
	}
	s := new(Stage)
	for _, p := range list {
		q := Participant{
			UserID: text(p.UserID), UserName: text(p.UserName),
			SessionID: text(p.SessionID), ProfileURL: text(p.ProfileURL),
		}
		q.Index, _ = strconv.Atoi(text(p.ParticipantIndex))
		s.Participants = append(s.Participants, q)
		t.meet(q)
	}
	t.stage, t.stageRaw = s, string(b)
	t.stages++
}

// text accepts ids and counts as strings or numbers.
func text(v any) string {
	switch v := v.(type) {
	case string:
		return strings.ToValidUTF8(v, "\uFFFD")
	case float64:
		return strconv.FormatFloat(v, 'f', -1, 64)
	}
	return ""
}

func (t *Tags) meet(p Participant) {
	if t.known == nil {
		t.known = make(map[string]bool)
	}
	key := strings.ToLower(p.UserName)
	if key == "" || t.known[key] || len(t.People) >= maxPeople {
		return
	}
	t.known[key] = true
	t.People = append(t.People, p)
}

func (t *Tags) levels(e *track.Event) {
	var v []float64
	if json.Unmarshal(e.Value, &v) != nil || len(v) == 0 || len(v) > maxLevels {
		return
	}
	k := Tick{Run: e.Run, Sample: e.Sample, Clock: t.clock, Stage: t.stage, Levels: make([]uint8, len(v))}
	for i, l := range v {
		k.Levels[i] = uint8(min(max(l, 0), 255))
	}
	t.Ticks = append(t.Ticks, k)
}

// Piece returns the clock of the file in the form that timeline.Build takes:
// the NTP clock, or without one the 90 kHz clock, which shows gaps but not
// the time.
func (t *Tags) Piece(tr *track.Track) timeline.Piece {
	if len(t.Anchors) > 0 {
		return timeline.Piece{Track: tr, Anchors: t.Anchors, Epoch: NTPEpoch}
	}
	return timeline.Piece{Track: tr, Anchors: t.PTS}
}
