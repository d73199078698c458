package intake

import (
	"cmp"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/spaces-cli/spaces/internal/archive"
	"github.com/spaces-cli/spaces/internal/archive/hydra"
	"github.com/spaces-cli/spaces/internal/library/playable"
	"github.com/spaces-cli/spaces/internal/library/space"
	"github.com/spaces-cli/spaces/internal/library/title"
	"github.com/spaces-cli/spaces/internal/media/timeline"
	"github.com/spaces-cli/spaces/internal/media/track"
	"github.com/spaces-cli/spaces/internal/playlist/manifest"
)

// An item is one Space as the input offers it: what is said of it, and its
// originals.
type item struct {
	id        string
	idSource  string
	record    *archive.Record
	sidecar   *archive.Sidecar
	post      *archive.Title
	title     string            // given by the host
	startedAt time.Time         // given by the host
	named     time.Time         // the start that the file's name tells
	parts     []space.Part      // of the one original, if it is a folder of chunks
	raw       json.RawMessage   // of the sidecar
	fileTitle string            // in the loose file's own tags
	nameTitle string            // that the loose file's name tells
	names     map[string]string // X user id → handle
	account   *space.Person
	originals []original         // in the order in which they are joined
	copies    []original         // further files for the same pieces: kept, not played
	origin    *origin            // of what is said; nil for loose files
	kept      func(id string)    // told when the library has it
	work      *work              // what there is to be done for it
	compared  bool               // its originals are those that the library has
	listed    *manifest.Manifest // in a dry run: what the playlist tells
}

// audio is what reading an item's originals gave.
type audio struct {
	pieces []*piece
	tl     *timeline.Timeline
	turns  []hydra.SampleTurn
	files  []*output
	file   []int   // of files, for each run of tl
	unit   []int64 // in that file, for each run of tl
	lost   int     // originals that are not among pieces, as they cannot be played
	order  string  // orderClock, or empty
	// contradictions counts pieces that lie over others by the clock and are
	// not the same there.
	contradictions int
}

// describe makes the sidecar of a Space from what was known (or nil), what
// the item says and what the audio is, and changes none of them. Without
// audio the facts about it stay as they were known.
func (im *importer) describe(known *space.Space, it *item, a *audio) *space.Space {
	s := new(space.Space)
	if known != nil {
		*s = *known
	}
	s.Sources = maps.Clone(s.Sources)
	if s.Sources == nil {
		s.Sources = make(map[string]string)
	}
	s.Schema, s.ID = space.Schema, it.id
	if known == nil || a != nil {
		s.WrittenBy = strings.TrimSpace("spaces " + im.version())
	}
	if it.idSource != "" {
		s.Sources["id"] = it.idSource
	}
	if it.account != nil {
		s.Account = it.account
	}
	if it.record != nil {
		s.Record = it.record.Raw
	}
	if it.sidecar != nil {
		s.Sidecar = it.raw
	}
	if it.parts != nil {
		s.Parts = it.parts
	}
	if a != nil {
		describeAudio(s, a)
	}
	describeTimes(s, it, a)
	describePeople(s, it, a)
	describeTitle(s, it)
	describeState(s)
	s.Speakers, s.Pieces, s.Files = nonNil(s.Speakers), nonNil(s.Pieces), nonNil(s.Files)
	s.Hashtags, s.Mentions = nonNil(s.Hashtags), nonNil(s.Mentions)
	s.Timeline, s.Configs, s.FileSHA256, s.Provenance = nonNil(s.Timeline), nonNil(s.Configs), nonNil(s.FileSHA256), nonNil(s.Provenance)
	return s
}

// version is that of the program, as far as it is known.
func (im *importer) version() string {
	if im.lib == nil {
		return ""
	}
	return im.lib.Version()
}

// leftOut returns how many units of its piece are left out before run i of the
// timeline, the first of the piece.
func (a *audio) leftOut(i int) int64 {
	r := a.tl.Runs[i]
	if i > 0 && a.tl.Runs[i-1].Piece == r.Piece {
		return 0
	}
	return r.FirstUnit
}

// nonNil makes JSON say [] where nothing is known, never null.
func nonNil[S ~[]E, E any](s S) S {
	if s == nil {
		return S{}
	}
	return s
}

func describeAudio(s *space.Space, a *audio) {
	d, n := a.tl.Seconds(), a.tl.Samples
	d = space.Seconds(d)
	s.Duration, s.Samples = &d, &n
	s.Sources["duration"] = space.FromFrames

	main := a.files[0]
	s.Audio = &space.Audio{
		Codec: string(main.Config.Codec), SampleRate: main.Config.SampleRate, Channels: main.Config.Channels,
		BitRate: bitRate(main),
	}
	s.Configs = nil
	for _, f := range a.files {
		s.Configs = append(s.Configs, playable.SpaceConfig(f.Config))
	}
	s.Pieces = nil
	for _, p := range a.pieces {
		s.Audio.Video = s.Audio.Video || p.Track.Video
		s.Audio.OtherTracks = max(s.Audio.OtherTracks, p.Track.OtherTracks)
		s.Pieces = append(s.Pieces, p.Piece)
	}
	s.Timeline = nil
	for i, r := range a.tl.Runs {
		s.Timeline = append(s.Timeline, space.Run{
			Piece: r.Piece, PieceUnit: a.leftOut(i), File: a.file[i], FirstUnit: a.unit[i],
			SampleRate: r.SampleRate, Channels: r.Channels,
			FirstSample: r.First, Samples: r.Samples, Skip: r.Skip, Trim: r.Trim,
			GapBefore: space.Seconds(r.Gap.Seconds()), Wall: space.Time{Time: r.Start}, Anchors: r.Anchors,
		})
		if r.Gap > 0 && r.Piece > 0 && (i == 0 || a.tl.Runs[i-1].Piece != r.Piece) {
			s.Pieces[r.Piece].GapBefore = space.Seconds(r.Gap.Seconds())
		}
	}
	s.Damage, s.Order = a.damage(), a.order
}

func bitRate(f *output) int {
	if f.Total == 0 {
		return 0
	}
	return int((8*f.bytes*int64(f.Config.SampleRate) + f.Total/2) / f.Total)
}

// sumDamage adds up what is wrong with the pieces.
func sumDamage(pieces []space.Piece) *space.Damage {
	var sum *space.Damage
	for _, p := range pieces {
		d := p.Damage
		if d == nil {
			continue
		}
		if sum == nil {
			sum = &space.Damage{Kinds: map[string]int{}}
		}
		sum.Places += d.Places
		sum.Bytes += d.Bytes
		sum.LostUnits += d.LostUnits
		sum.LostSeconds = space.Seconds(sum.LostSeconds + d.LostSeconds)
		for k, n := range d.Kinds {
			sum.Kinds[k] += n
		}
	}
	return sum
}

// describeState derives the state from the rest. A recording that begins or
// ends inside a frame is as X cuts them, and not damaged for that.
func describeState(s *space.Space) {
	switch {
	case len(s.Pieces) == 0:
		s.State = space.NoAudio
	case s.Damage != nil && !edgesOnly(s.Damage):
		s.State = space.Damaged
	case s.Record == nil:
		s.State = space.NoRecord
	default:
		s.State = space.Complete
	}
}

// DescribeState derives the state of a Space from the rest of what is known.
func DescribeState(s *space.Space) { describeState(s) }

func edgesOnly(d *space.Damage) bool {
	for k := range d.Kinds {
		if k != string(track.CutStart) && k != string(track.CutEnd) {
			return false
		}
	}
	return d.LostUnits <= d.Places
}

func describeTimes(s *space.Space, it *item, a *audio) {
	set := func(start, end time.Time, source string) {
		if !start.IsZero() {
			s.StartedAt, s.Sources["started_at"] = space.Time{Time: start.UTC()}, source
		}
		if !end.IsZero() {
			s.EndedAt, s.Sources["ended_at"] = space.Time{Time: end.UTC()}, source
		}
	}
	settled := s.Sources["started_at"] == space.FromHost || hasClock(s) && a == nil
	if !settled {
		set(it.named, time.Time{}, space.FromName)
		if it.sidecar != nil {
			set(it.sidecar.StartedAt, it.sidecar.EndedAt, space.FromSidecar)
		}
		if it.record != nil {
			set(it.record.CreatedAt, it.record.EndedAt, space.FromRecord)
		}
		if a != nil {
			start, end, source := audioTimes(a.tl)
			if a.byPlaylist() {
				source = space.FromPlaylist
			}
			set(start, end, source)
		}
	}
	if !it.startedAt.IsZero() {
		set(it.startedAt, time.Time{}, space.FromHost)
		if s.Duration != nil {
			s.EndedAt = space.Time{Time: it.startedAt.UTC().Add(time.Duration(*s.Duration * float64(time.Second)))}
			s.Sources["ended_at"] = space.FromHost
		}
	}
	if !s.EndedAt.IsZero() && s.EndedAt.Before(s.StartedAt.Time) {
		s.EndedAt = space.Time{}
		delete(s.Sources, "ended_at")
		if s.Duration != nil {
			s.EndedAt = space.Time{Time: s.StartedAt.Add(time.Duration(*s.Duration * float64(time.Second)))}
			s.Sources["ended_at"] = space.FromFrames
		}
	}
}

// audioTimes returns when the first sample was heard and when the last one
// had been, by the clock in the audio. Where the clock was set back on the way,
// the end is counted from the start.
func audioTimes(tl *timeline.Timeline) (start, end time.Time, source string) {
	if len(tl.Runs) == 0 || tl.Runs[0].Start.IsZero() {
		return time.Time{}, time.Time{}, space.FromClock
	}
	start, end = tl.Runs[0].Start, tl.Runs[len(tl.Runs)-1].End()
	if least := start.Add(tl.Duration()); !end.IsZero() && end.Before(least.Add(-timeline.MinGap)) {
		end = least
	}
	return start, end, space.FromClock
}

// describeTitle picks the best title that the item offers.
func describeTitle(s *space.Space, it *item) {
	offers := []title.Offer{{Title: it.nameTitle, Source: space.TitleFile, From: space.FromName}}
	if it.post != nil {
		offers = append(offers, title.Offer{Title: it.post.Title, Source: space.TitlePost, From: "post " + it.post.PostID})
		s.Hashtags, s.Mentions = union(s.Hashtags, it.post.Hashtags), union(s.Mentions, it.post.Mentions)
	}
	if it.record != nil {
		offers = append(offers, title.Offer{Title: it.record.Title, Source: space.TitleSidecar, From: space.FromRecord})
	}
	// Voice memos have "New Recording 12" in their tags, whatever they are renamed to.
	if it.record == nil && it.sidecar == nil && (it.nameTitle == "" || !title.MadeUp(it.fileTitle)) {
		offers = append(offers, title.Offer{Title: it.fileTitle, Source: space.TitleSidecar, From: space.FromFile})
	}
	if it.sidecar != nil {
		offers = append(offers, title.Offer{Title: it.sidecar.Title, Source: space.TitleSidecar, From: space.FromSidecar})
	}
	title.Choose(s, append(offers, title.Offer{Title: it.title, Source: space.TitleHost, From: space.FromHost})...)
}

// union appends to a what of b is not in it, whatever the case.
func union(a, b []string) []string {
	out := slices.Clone(a)
	for _, v := range b {
		if !slices.ContainsFunc(out, func(w string) bool { return strings.EqualFold(v, w) }) {
			out = append(out, v)
		}
	}
	return out
}

// describePeople joins the people of the record, who have ids, with those of
// the timed tags, who have handles, through the names in the archive.
func describePeople(s *space.Space, it *item, a *audio) {
	people := roster{list: slices.Clone(s.Speakers), names: it.names}
	for i := range people.list {
		people.list[i].Handle = people.handle(people.list[i].ID, people.list[i].Handle)
	}
	switch rec := it.record; {
	case rec != nil:
		people.add(rec.CreatorID, "", "host")
		for _, id := range rec.HostIDs {
			people.add(id, "", roleOf(id == rec.CreatorID || rec.CreatorID == "" && len(rec.HostIDs) == 1))
		}
		for _, sp := range rec.Speakers {
			people.add(sp.UserID, "", "speaker")
		}
		s.Sources["host"], s.Sources["speakers"] = space.FromRecord, space.FromRecord
	case it.sidecar != nil && it.sidecar.Host != (archive.Participant{}):
		people.add(it.sidecar.Host.UserID, it.sidecar.Host.Handle, "host")
		s.Sources["host"] = space.FromSidecar
	}
	if it.sidecar != nil {
		for _, p := range it.sidecar.Participants {
			role := "speaker"
			if p.Host {
				role = "co-host"
			}
			people.add(p.UserID, p.Handle, role)
		}
		if len(it.sidecar.Participants) > 0 && s.Sources["speakers"] == "" {
			s.Sources["speakers"] = space.FromSidecar
		}
	}
	if people.host() == nil && it.account != nil && it.sidecar == nil && a != nil {
		people.add(it.account.ID, it.account.Handle, "host")
		s.Sources["host"] = space.FromOwner
	}
	if a != nil {
		describeStage(s, &people, a)
	}
	if h := people.host(); h != nil {
		s.Host = &space.Person{ID: h.ID, Handle: h.Handle}
	}
	slices.SortStableFunc(people.list, func(a, b space.Speaker) int { return cmp.Compare(rank(a.Role), rank(b.Role)) })
	s.Speakers = people.list
}

func roleOf(host bool) string {
	if host {
		return "host"
	}
	return "co-host"
}

func rank(role string) int { return slices.Index([]string{"host", "co-host", "speaker"}, role) }

// describeStage adds the people of the timed tags and how long each talked.
func describeStage(s *space.Space, people *roster, a *audio) {
	levels := false
	for _, p := range a.pieces {
		levels = levels || len(p.tags.Ticks) > 0
		for _, q := range p.tags.People {
			people.add("", q.UserName, "speaker")
		}
		if len(p.tags.People) > 0 && s.Sources["speakers"] == "" {
			s.Sources["speakers"] = space.FromTags
		}
	}
	for i := range people.list {
		people.list[i].TalkSeconds = nil
	}
	if !levels {
		return
	}
	s.Sources["talk_seconds"] = space.FromTags + ", approximate"
	talked := make(map[string]int64)
	for _, t := range a.turns {
		talked[strings.ToLower(t.Name)] += t.End - t.Start
	}
	host := people.host()
	for i := range people.list {
		p := &people.list[i]
		key := strings.ToLower(p.Handle)
		if host == p {
			key = "" // the tags do not name the host
		} else if key == "" {
			continue // known by number only: the levels cannot be theirs for sure
		}
		v := space.Seconds(float64(talked[key]) / float64(a.tl.SampleRate))
		p.TalkSeconds = &v
	}
}

// A roster collects people without doubles.
type roster struct {
	list  []space.Speaker
	names map[string]string
}

// handle is the name of a person: the one given, or that of the id.
func (g *roster) handle(id, handle string) string {
	if handle == "" {
		return g.names[id]
	}
	return handle
}

func (g *roster) add(id, handle, role string) {
	handle = g.handle(id, handle)
	if id == "" && handle == "" {
		return
	}
	for i := range g.list {
		p := &g.list[i]
		if id != "" && p.ID == id || handle != "" && strings.EqualFold(p.Handle, handle) {
			if p.ID == "" {
				p.ID = id
			}
			if p.Handle == "" {
				p.Handle = handle
			}
			if rank(role) < rank(p.Role) {
				p.Role = role
			}
			return
		}
	}
	g.list = append(g.list, space.Speaker{ID: id, Handle: handle, Role: role})
}

func (g *roster) host() *space.Speaker {
	for i := range g.list {
		if g.list[i].Role == "host" {
			return &g.list[i]
		}
	}
	return nil
}

// turnsFile makes the content of turns.json, the host under their own name.
func turnsFile(s *space.Space, a *audio) *space.Turns {
	t := &space.Turns{
		Schema: space.Schema, Approximate: true,
		Method: fmt.Sprintf("levels of %d and more in the timed tags, about one a second", hydra.Talking),
		Turns:  []space.Turn{},
	}
	host := ""
	if s.Host != nil {
		host = s.Host.Handle
	}
	rate := float64(a.tl.SampleRate)
	for _, u := range a.turns {
		name := u.Name
		if name == "" {
			name = host
		}
		t.Turns = append(t.Turns, space.Turn{Handle: name, Start: space.Seconds(float64(u.Start) / rate), End: space.Seconds(float64(u.End) / rate)})
	}
	return t
}
