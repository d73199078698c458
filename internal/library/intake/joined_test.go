package intake

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/spaces-cli/spaces/internal/fixture"
	"github.com/spaces-cli/spaces/internal/library"
	"github.com/spaces-cli/spaces/internal/library/layout"
	"github.com/spaces-cli/spaces/internal/library/space"
	"github.com/spaces-cli/spaces/internal/playlist/manifest"
	"github.com/spaces-cli/spaces/internal/stream"
)

// join writes what somebody has who downloaded a replay: the joined file and its
// manifest. It is told with the fixture's own words, not by the downloader.
func join(t *testing.T, r fixture.Replay, key string) Joined {
	t.Helper()
	files, truth, err := r.Files()
	if err != nil {
		t.Fatal(err)
	}
	m := manifest.Manifest{Version: 1, Ended: !r.Live, Chunks: []manifest.Chunk{}, Gaps: []manifest.Gap{}}
	var all []byte
	data := files[2:]
	run := 0
	for i, c := range truth.Chunks {
		if i > 0 && slices.Contains(r.Breaks, i) {
			run++
		}
		if c.Missing {
			m.Gaps = append(m.Gaps, manifest.Gap{Name: c.Name, Sequence: int64(i), Run: run, Offset: int64(len(all)), Start: c.Start, Seconds: c.Seconds, Reason: "not-found"})
			continue
		}
		k := manifest.Chunk{Name: c.Name, Sequence: int64(i), Run: run, Offset: int64(len(all)), Length: int64(c.Bytes), SHA256: c.SHA256, Start: c.Start, Seconds: c.Seconds}
		if r.Dates {
			k.Time = &c.Time
		}
		m.Chunks = append(m.Chunks, k)
		all, data = append(all, data[0].Data...), data[1:]
	}
	sum := sha256.Sum256(all)
	m.Length, m.SHA256, m.Seconds = int64(len(all)), hex.EncodeToString(sum[:]), truth.Recording.Seconds
	b, err := json.Marshal(m)
	name := filepath.Join(t.TempDir(), "joined")
	if err := errors.Join(err, os.WriteFile(name, all, 0o666), os.WriteFile(layout.ManifestOf(name), b, 0o666)); err != nil {
		t.Fatal(err)
	}
	return Joined{Path: name, Name: "playlist_1.m3u8", Host: "prod.example", Key: key}
}

// sound verifies a library and returns the only recording of a library.
func sound(t *testing.T, dir, id string) *space.Space {
	t.Helper()
	l, err := library.Open(t.Context(), library.Options{Dir: dir})
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	stats, err := l.Verify(t.Context(), nil, stream.NoProgress{}, func(f library.Finding) { t.Errorf("verify: %+v", f) })
	if err != nil || stats.Recordings != 1 {
		t.Fatalf("%d recordings, %v", stats.Recordings, err)
	}
	s, err := l.Load(id)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func TestJoined(t *testing.T) {
	for _, tt := range []struct {
		name   string
		change func(*fixture.Replay)
		runs   int
		gaps   []space.Gap // without positions
		source string      // of the start
		state  space.State
	}{
		{"whole", func(*fixture.Replay) {}, 1, nil, space.FromClock, space.NoRecord},
		{"a chunk is missing", func(r *fixture.Replay) { r.Gone = []int{1} }, 2, []space.Gap{{At: 3.029, Seconds: 3.029}}, space.FromClock, space.Damaged},
		{"and no clock", func(r *fixture.Replay) { r.Gone, r.Recording.Tags = []int{1}, fixture.NoTags }, 2, []space.Gap{{At: 3.029, Seconds: 3.029}}, space.FromName, space.Damaged},
		{"two in a row", func(r *fixture.Replay) { r.Gone, r.Recording.Tags = []int{1, 2}, fixture.NoTags }, 2, []space.Gap{{At: 3.029, Seconds: 6.059}}, space.FromName, space.Damaged},
		{"the last one", func(r *fixture.Replay) { r.Gone = []int{3} }, 1, nil, space.FromClock, space.Damaged},
		{"the playlist's clock", func(r *fixture.Replay) { r.Gone, r.Recording.Tags, r.Dates = []int{1}, fixture.NoTags, true }, 2,
			[]space.Gap{{At: 3.029, Seconds: 3.029}}, space.FromPlaylist, space.Damaged},
		{"a run begins", func(r *fixture.Replay) { r.Breaks, r.Recording.Tags = []int{2}, fixture.NoTags }, 2, nil, space.FromName, space.NoRecord},
		{"with other parameters", func(r *fixture.Replay) { r.Recording.MonoFrom, r.Breaks = 284, []int{2} }, 2, nil, space.FromClock, space.NoRecord},
	} {
		t.Run(tt.name, func(t *testing.T) {
			r := fixture.ReplayOf(fixture.One())
			tt.change(&r)
			j := join(t, r, "k1")
			var kept string
			j.Kept = func(id string) { kept = id }
			dir := filepath.Join(t.TempDir(), "lib")
			if events, sum := take(t, dir, Options{Joined: []Joined{j}}); sum.Added != 1 || sum.Problems != min(1, len(r.Gone)) {
				t.Fatalf("%+v: %+v", sum, events)
			}
			s := sound(t, dir, kept)
			if len(s.Timeline) != tt.runs || s.State != tt.state || s.Sources["started_at"] != tt.source {
				t.Errorf("%d runs, state %s, start from %s; want %d, %s, %s", len(s.Timeline), s.State, s.Sources["started_at"], tt.runs, tt.state, tt.source)
			}
			gaps := s.Gaps()
			for i := range gaps {
				gaps[i].Position = 0
				gaps[i].At, gaps[i].Seconds = math.Round(gaps[i].At*1000)/1000, math.Round(gaps[i].Seconds*1000)/1000
			}
			if !slices.EqualFunc(gaps, tt.gaps, func(a, b space.Gap) bool { return a.At == b.At && math.Abs(a.Seconds-b.Seconds) < 0.002 }) {
				t.Errorf("gaps %+v, want %+v", gaps, tt.gaps)
			}
			if got, want := s.StartedAt.String(), "2021-06-14T18:00:00.391Z"; got != want {
				t.Errorf("started at %s, want %s", got, want)
			}
			p := s.Pieces[0]
			if p.Playlist == nil || p.Playlist.Host != "prod.example" || !p.Playlist.Ended || p.Playlist.MissingChunks != len(r.Gone) || p.Member != "playlist_1.m3u8" || !strings.HasSuffix(p.Name, ".aac") {
				t.Errorf("piece %+v of %+v", p, p.Playlist)
			}

			before := tree(t, dir)
			if _, sum := take(t, dir, Options{Joined: []Joined{j}}); sum.Unchanged != 1 || sum.Better != 0 {
				t.Errorf("the second time: %+v", sum)
			}
			sameTree(t, tree(t, dir), before)
		})
	}
}

// TestJoinedLater has a chunk come that was missing before.
func TestJoinedLater(t *testing.T) {
	r := fixture.ReplayOf(fixture.One())
	r.Gone, r.Recording.Tags = []int{1}, fixture.NoTags
	dir := filepath.Join(t.TempDir(), "lib")
	var id string
	first := join(t, r, "k1")
	first.Kept = func(is string) { id = is }
	take(t, dir, Options{Joined: []Joined{first}})
	r.Gone = nil
	if _, sum := take(t, dir, Options{Joined: []Joined{join(t, r, "k1")}}); sum.Updated != 1 {
		t.Fatalf("%+v", sum)
	}
	s := sound(t, dir, id)
	if len(s.Earlier) != 2 || len(s.Gaps()) != 0 || s.Pieces[0].Playlist.MissingChunks != 0 || s.Damage != nil {
		t.Errorf("earlier %+v, gaps %v, %+v", s.Earlier, s.Gaps(), s.Pieces[0].Playlist)
	}
	r.Gone = []int{1}
	if _, sum := take(t, dir, Options{Joined: []Joined{join(t, r, "k1")}}); sum.Unchanged != 1 || sum.Better != 1 {
		t.Errorf("the worse one again: %+v", sum)
	}
	// All that can be made again is made again of what was kept.
	if err := os.Remove(filepath.Join(dir, filepath.FromSlash(s.File))); err != nil {
		t.Fatal(err)
	}
	l := write(t, dir)
	err := Remake(t.Context(), l, id, nil)
	l.Close()
	if again := sound(t, dir, id); err != nil || len(again.Timeline) != 1 || again.Pieces[0].Playlist == nil || len(again.Earlier) != 2 {
		t.Errorf("made again: %v, %+v", err, again)
	}
}

// TestJoinedEnds has a playlist end of which the last chunks were there before.
func TestJoinedEnds(t *testing.T) {
	r := fixture.ReplayOf(fixture.One())
	r.Live = true
	dir := filepath.Join(t.TempDir(), "lib")
	var id string
	j := join(t, r, "k1")
	j.Kept = func(is string) { id = is }
	take(t, dir, Options{Joined: []Joined{j}})
	r.Live = false
	if _, sum := take(t, dir, Options{Joined: []Joined{join(t, r, "k1")}}); sum.Updated != 1 || !sound(t, dir, id).Pieces[0].Playlist.Ended {
		t.Errorf("%+v", sum)
	}
}

// TestWhose takes in a replay where the library has records already.
func TestWhose(t *testing.T) {
	other := fixture.One()
	other.Spaces[0].ID = "1RDxlaZNRDLJL"
	other.Spaces[0].Pieces = nil
	noAudio := func(a fixture.Archive) fixture.Archive { a.Spaces[0].Pieces = nil; return a }
	for _, tt := range []struct {
		name     string
		archives []fixture.Archive
		change   func(*fixture.Replay)
		choose   string
		want     string // "f" for one from the content, "" for a question
	}{
		{"its record", []fixture.Archive{noAudio(fixture.One())}, nil, "", "1ypKdEXvkMLGW"},
		{"its record with audio", []fixture.Archive{fixture.One()}, nil, "", "1ypKdEXvkMLGW"},
		{"none", nil, nil, "", "f"},
		{"other people", []fixture.Archive{noAudio(fixture.One())}, func(r *fixture.Replay) { r.Recording.Participants[0].Handle = "stranger" }, "", "f"},
		{"the host is a guest there", []fixture.Archive{noAudio(fixture.One())}, func(r *fixture.Replay) { r.Recording.Participants[0].Handle = "Hostess" }, "", "f"},
		{"another day", []fixture.Archive{noAudio(fixture.One())}, func(r *fixture.Replay) { r.Recording.Start = r.Recording.Start.AddDate(0, 0, 1) }, "", "f"},
		{"no clock", []fixture.Archive{noAudio(fixture.One())}, func(r *fixture.Replay) { r.Recording.Tags = fixture.NoTags }, "", "f"},
		{"two", []fixture.Archive{noAudio(fixture.One()), other}, nil, "", ""},
		{"two, and an answer", []fixture.Archive{noAudio(fixture.One()), other}, nil, "1RDxlaZNRDLJL", "1RDxlaZNRDLJL"},
		{"nobody in the tags", []fixture.Archive{noAudio(fixture.One())}, func(r *fixture.Replay) { r.Recording.Participants, r.Recording.Turns = nil, nil }, "", ""},
	} {
		t.Run(tt.name, func(t *testing.T) {
			dir := filepath.Join(t.TempDir(), "lib")
			for _, a := range tt.archives {
				name := filepath.Join(t.TempDir(), "a.zip")
				if _, err := a.WriteZIP(name); err != nil {
					t.Fatal(err)
				}
				take(t, dir, Options{}, name)
			}
			r := fixture.ReplayOf(fixture.One())
			if tt.change != nil {
				r.Recording.Participants = slices.Clone(r.Recording.Participants)
				tt.change(&r)
			}
			j := join(t, r, "k1")
			got := ""
			j.Kept = func(id string) { got = id }
			o := Options{Joined: []Joined{j}}
			if tt.choose != "" {
				o.Choose = func(_ context.Context, q Question) (string, error) {
					if len(q.Candidates) != 2 || q.Start.IsZero() || !slices.Equal(q.People, []string{"guest1"}) {
						t.Errorf("question: %+v", q)
					}
					return tt.choose, nil
				}
			}
			_, sum := take(t, dir, o)
			if tt.want == "f" && strings.HasPrefix(got, "f") {
				got = "f"
			}
			if got != tt.want || (tt.want == "") != (sum.Problems == 1) {
				t.Errorf("it is %q, want %q: %+v", got, tt.want, sum)
			}
		})
	}
}

// TestReplayBeforeArchive has the archive with the record come after the replay.
func TestReplayBeforeArchive(t *testing.T) {
	for _, tt := range []struct {
		name   string
		change func(*fixture.Archive)
		use    bool // a clip was made of the replay
		twice  bool // both recordings stay
	}{
		{"its record", func(a *fixture.Archive) { a.Spaces[0].Pieces = nil }, false, false},
		{"with audio", func(*fixture.Archive) {}, false, false},
		{"another host's", func(a *fixture.Archive) {
			a.Spaces[0].Pieces = nil
			a.Spaces[0].Speakers[1].Person = fixture.Person{ID: "555000333", Handle: "guest3", Name: "Third"}
			a.Spaces[0].Post.Mentions = []fixture.Person{a.Spaces[0].Speakers[1].Person}
		}, false, true},
		{"a clip refers to it", func(a *fixture.Archive) { a.Spaces[0].Pieces = nil }, true, true},
	} {
		t.Run(tt.name, func(t *testing.T) {
			dir := filepath.Join(t.TempDir(), "lib")
			var id string
			j := join(t, fixture.ReplayOf(fixture.One()), "k1")
			j.Kept = func(is string) { id = is }
			take(t, dir, Options{Joined: []Joined{j}})
			if tt.use {
				clips := filepath.Join(dir, filepath.FromSlash(sound(t, dir, id).Folder), layout.Clips)
				if err := errors.Join(os.Mkdir(clips, 0o777), os.WriteFile(filepath.Join(clips, "mine.txt"), nil, 0o666)); err != nil {
					t.Fatal(err)
				}
			}
			a := fixture.One()
			tt.change(&a)
			zip := filepath.Join(t.TempDir(), "a.zip")
			if _, err := a.WriteZIP(zip); err != nil {
				t.Fatal(err)
			}
			for range 2 { // the second time changes nothing
				if events, sum := take(t, dir, Options{}, zip); sum.Problems != 0 {
					t.Fatalf("%+v", events)
				}
				l, err := library.Open(t.Context(), library.Options{Dir: dir})
				if err != nil {
					t.Fatal(err)
				}
				_, gone := l.Load(id)
				s, err := l.Load("1ypKdEXvkMLGW")
				if errors.Is(gone, library.ErrNotFound) == tt.twice || err != nil {
					t.Fatalf("%v, %v", gone, err)
				}
				if state := s.State; (state == space.Complete) == tt.twice || !tt.twice && s.Title == "" {
					t.Errorf("%s %q", state, s.Title)
				}
				l.Close()
			}
			if !tt.twice {
				sound(t, dir, "1ypKdEXvkMLGW")
			}
		})
	}
}

// A replay in the library stays what it is where the host has removed the Space of
// its record: that one stays removed, and nothing of it is saved.
func TestReplayOfRemoved(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "lib")
	zip := filepath.Join(t.TempDir(), "a.zip")
	a := fixture.One()
	if _, err := a.WriteZIP(zip); err != nil {
		t.Fatal(err)
	}
	take(t, dir, Options{}, zip)
	l := write(t, dir)
	_, err := l.Remove(t.Context(), "1ypKdEXvkMLGW", false, "remove")
	if err = errors.Join(err, l.Close()); err != nil {
		t.Fatal(err)
	}
	var id string
	j := join(t, fixture.ReplayOf(fixture.One()), "k1")
	j.Kept = func(is string) { id = is }
	take(t, dir, Options{Joined: []Joined{j}})
	if _, sum := take(t, dir, Options{}, zip); sum.Removed != 1 {
		t.Errorf("%+v", sum)
	}
	sound(t, dir, id)
}
