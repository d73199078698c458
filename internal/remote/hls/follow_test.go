package hls

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"net/url"
	"os"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/spaces-cli/spaces/internal/durable"
	"github.com/spaces-cli/spaces/internal/durable/faults"
)

// A server that does everything wrong now and then lists one chunk after the
// other, and in the end what there is is the same. SPACES_LONG makes more of it.
func TestFollow(t *testing.T) {
	seeds := 10
	if os.Getenv("SPACES_LONG") != "" {
		seeds = 200
	}
	for seed := range seeds {
		t.Run(fmt.Sprint(seed), func(t *testing.T) {
			way, window := ways[seed%len(ways)], 0
			if way == "plain" {
				window = 12
			}
			rec := record(rand.New(rand.NewPCG(uint64(seed), 13)), way, 30)
			synctest.Test(t, func(t *testing.T) {
				s, stop := live(t, rec)
				defer stop()
				s.window, s.seed, s.rate = window, uint64(seed), 0.25
				m, err := s.follow(t.Context(), t)
				if err != nil {
					t.Fatal(err)
				}
				check(t, s.folders, rec, m)
			})
		})
	}
}

// The playlist is asked for again when it may be (RFC 8216, 6.3.4).
func TestFollowReloads(t *testing.T) {
	rec := record(rand.New(rand.NewPCG(1, 14)), "plain", 5)
	synctest.Test(t, func(t *testing.T) {
		s, stop := live(t, rec)
		defer stop()
		s.window = 3
		if _, err := s.follow(t.Context(), t); err != nil {
			t.Fatal(err)
		}
		// Twice at first, as half a playlist is one too; then after 4 s, the
		// longest chunk. At 12 s the last chunk has just come.
		if got, want := fmt.Sprint(s.asked), "[0s 0s 4s 8s 12s]"; got != want {
			t.Errorf("asked at %s, want %s", got, want)
		}
	})
	synctest.Test(t, func(t *testing.T) {
		s, stop := live(t, rec)
		defer stop()
		s.ends = false
		m, err := s.follow(t.Context(), t)
		if err != nil {
			t.Fatal(err)
		}
		for n, at := range s.asked[5:] {
			if want := 16*time.Second + time.Duration(n)*2*time.Second; at != want {
				t.Fatalf("nothing new: asked at %s, want %s", at, want)
			}
		}
		if last := s.asked[len(s.asked)-1]; last < 5*time.Minute || last > 6*time.Minute {
			t.Errorf("it was followed for %s", last)
		}
		if m.Ended || len(m.Chunks) != 5 || len(s.events) != 1 || s.events[0].Kind != GaveUp || s.events[0].Waiting < leastPatience {
			t.Errorf("%+v, %+v", m, s.events)
		}
	})
}

// A server that goes away for a while: what its playlist has dropped meanwhile
// is a gap with its time.
func TestFollowAway(t *testing.T) {
	rec := record(rand.New(rand.NewPCG(1, 15)), "plain", 60)
	for _, window := range []int{0, 4} {
		synctest.Test(t, func(t *testing.T) {
			s, stop := live(t, rec)
			defer stop()
			s.window = window
			s.down = func(at time.Duration) bool { return at > 30*time.Second && at < 90*time.Second }
			m, err := s.follow(t.Context(), t)
			if err != nil {
				t.Fatal(err)
			}
			told := fmt.Sprint(kinds(s.events))
			if window == 0 {
				check(t, s.folders, rec, m)
				if want := fmt.Sprint([]EventKind{Away, Back}); told != want {
					t.Errorf("told %s, want %s", told, want)
				}
				return
			}
			if want := fmt.Sprint([]EventKind{Away, Back, Missed}); told != want {
				t.Errorf("told %s, want %s", told, want)
			}
			checkMissed(t, s, rec, m)
			// The server makes a replay of it, with all chunks.
			s.window = 0
			u, _ := url.Parse(named)
			list, err := Open(t.Context(), s.Options, u)
			if err != nil {
				t.Fatal(err)
			}
			if m, err = Download(t.Context(), s.Options, list, s.work, s.out, "a.aac"); err != nil {
				t.Fatal(err)
			}
			check(t, s.folders, rec, m)
		})
	}
}

func kinds(events []Event) (list []EventKind) {
	for _, e := range events {
		list = append(list, e.Kind)
	}
	return list
}

// checkMissed fails unless a manifest has one gap, with its time, and the file
// everything else.
func checkMissed(t *testing.T, s *stage, rec *recording, m *Manifest) {
	t.Helper()
	if len(m.Gaps) != 1 {
		t.Fatalf("gaps: %+v", m.Gaps)
	}
	g := m.Gaps[0]
	first := int(g.Sequence) - 17
	var want []byte
	for n, c := range rec.plain {
		if n < first || n >= first+int(g.Chunks) {
			want = append(want, c...)
		}
	}
	if !bytes.Equal(s.folders.read(t, "a.aac"), want) {
		t.Error("the file is not what the server had without the gap")
	}
	long := float64(g.Chunks) * 2.98667
	if g.Chunks < 10 || g.Reason != "missed" || g.Time == nil || g.Time.Sub(recorded(first)).Abs() > time.Millisecond || g.Seconds < long-0.01 || g.Seconds > long+0.01 {
		t.Errorf("%+v", g)
	}
	if want := float64(len(rec.plain)) * 2.98667; m.Seconds < want-0.01 || m.Seconds > want+0.01 || !m.Ended {
		t.Errorf("%g s, ended: %t", m.Seconds, m.Ended)
	}
}

// What a run has kept when it is interrupted is there for the next, which
// follows or not, though the playlist has dropped it or is gone.
func TestFollowInterrupted(t *testing.T) {
	rec := record(rand.New(rand.NewPCG(1, 16)), "plain", 60)
	for _, next := range []string{"follow", "follow later", "download", "download, gone", "follow, gone"} {
		t.Run(next, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				s, stop := live(t, rec)
				defer stop()
				s.window = 6
				ctx, cancel := context.WithTimeout(t.Context(), 41*time.Second)
				defer cancel()
				if _, err := s.follow(ctx, t); !errors.Is(err, context.DeadlineExceeded) {
					t.Fatal(err)
				}
				if left, err := s.out.Open("a.aac"); err == nil {
					left.Close()
					t.Error("an interrupted run has joined what there is")
				}
				kept := 0
				s.Fetched = func(int, int) { kept++ }
				switch next {
				case "follow":
					m, err := s.follow(t.Context(), t)
					if err != nil {
						t.Fatal(err)
					}
					check(t, s.folders, rec, m)
					if kept != 60-14 {
						t.Errorf("%d chunks were fetched by the second run", kept)
					}
				case "follow later":
					time.Sleep(time.Minute)
					m, err := s.follow(t.Context(), t)
					if err != nil {
						t.Fatal(err)
					}
					checkMissed(t, s, rec, m)
				case "download":
					time.Sleep(9 * time.Second)
					u, _ := url.Parse(named)
					list, err := Open(t.Context(), s.Options, u)
					if err != nil {
						t.Fatal(err)
					}
					m, err := Download(t.Context(), s.Options, list, s.work, s.out, "a.aac")
					if err != nil {
						t.Fatal(err)
					}
					if got := s.folders.read(t, "a.aac"); m.Ended || len(m.Gaps) != 0 || !bytes.Equal(got, bytes.Join(rec.plain[:17], nil)) {
						t.Errorf("%+v", m)
					}
				default: // the server has forgotten the playlist
					s.rec.gone[list] = true
					defer delete(s.rec.gone, list)
					m, err := s.follow(t.Context(), t)
					if next == "download, gone" {
						m, err = Download(t.Context(), s.Options, nil, s.work, s.out, "a.aac")
					}
					if err != nil {
						t.Fatal(err)
					}
					if got := s.folders.read(t, "a.aac"); m.Ended || len(m.Gaps) != 0 || !bytes.Equal(got, bytes.Join(rec.plain[:14], nil)) {
						t.Errorf("%+v", m)
					}
				}
			})
		})
	}
}

// A server begins to number its chunks anew, with names of before or with
// others: nothing is taken for what it is not.
func TestFollowRestarted(t *testing.T) {
	for _, names := range []string{"same", "other"} {
		for _, clock := range []bool{true, false} {
			t.Run(fmt.Sprint(names, clock), func(t *testing.T) {
				old, next := record(rand.New(rand.NewPCG(1, 17)), "plain", 20), record(rand.New(rand.NewPCG(1, 18)), "plain", 20)
				both := &recording{text: old.text, files: old.files, plain: old.plain, gone: old.gone}
				want := append(bytes.Clone(old.want), next.want...)
				synctest.Test(t, func(t *testing.T) {
					s, stop := live(t, both)
					defer stop()
					s.window, s.ends = 5, false
					s.server.live = func() []byte {
						text := s.text()
						again := time.Since(s.began) > 70*time.Second
						if again {
							at := *s
							at.began, at.ends = s.began.Add(70*time.Second), true
							text = at.text()
							s.mu.Lock()
							for n, c := range next.plain {
								name := fmt.Sprintf("/r/chunk_%d_a.aac", n)
								if names == "other" {
									name = fmt.Sprintf("/r/chunk_%d_b.aac", n)
								}
								both.files[name] = c
							}
							s.mu.Unlock()
							if names == "other" {
								text = bytes.ReplaceAll(text, []byte("_a.aac"), []byte("_b.aac"))
							}
						}
						switch {
						case !clock:
							head, rest, _ := bytes.Cut(text, []byte("#EXT-X-PROGRAM"))
							_, rest, _ = bytes.Cut(rest, []byte("\n"))
							text = append(bytes.Clone(head), rest...)
						case again:
							text = bytes.ReplaceAll(text, []byte("TIME:2022-03-22T19"), []byte("TIME:2022-03-22T20"))
						}
						return text
					}
					m, err := s.follow(t.Context(), t)
					if err != nil {
						t.Fatal(err)
					}
					told := []EventKind{Restarted}
					if clock {
						told = append(told, Missed)
					}
					if got := fmt.Sprint(kinds(s.events)); got != fmt.Sprint(told) {
						t.Errorf("told %s, want %v", got, told)
					}
					if got := s.folders.read(t, "a.aac"); !bytes.Equal(got, want) || !m.Ended {
						t.Errorf("%d bytes, want %d; ended: %t", len(got), len(want), m.Ended)
					}
					if runs := m.Chunks[len(m.Chunks)-1].Run; runs != 1 {
						t.Errorf("%d runs", runs+1)
					}
					if gap := len(m.Gaps) == 1 && m.Gaps[0].Reason == "missed" && m.Gaps[0].Seconds > 3500; gap != clock {
						t.Errorf("gaps: %+v", m.Gaps)
					}
				})
			})
		}
	}
}

// An older copy of the playlist, as one of the machines of a content network
// may have, changes nothing.
func TestFollowOldCopy(t *testing.T) {
	rec := record(rand.New(rand.NewPCG(1, 19)), "plain", 40)
	synctest.Test(t, func(t *testing.T) {
		s, stop := live(t, rec)
		defer stop()
		s.window = 6
		n := 0
		s.server.live = func() []byte {
			if n++; n%3 == 0 {
				at := *s
				at.began = at.began.Add(30 * time.Second)
				if time.Since(at.began) > 0 {
					return at.text()
				}
			}
			return s.text()
		}
		m, err := s.follow(t.Context(), t)
		if err != nil {
			t.Fatal(err)
		}
		check(t, s.folders, rec, m)
		if len(s.events) != 0 {
			t.Errorf("told %v", s.events)
		}
	})
}

// When the address of the chunks' playlist has ended, the master playlist tells
// the next one.
func TestFollowMoved(t *testing.T) {
	rec := record(rand.New(rand.NewPCG(1, 23)), "plain", 40)
	synctest.Test(t, func(t *testing.T) {
		s, stop := live(t, rec)
		defer stop()
		s.window = 12
		s.route = func(at time.Duration, path string) (string, string) {
			now := "/r/first.m3u8"
			if at > 40*time.Second {
				now = "/r/second.m3u8"
			}
			switch path {
			case "/r/master.m3u8":
				return "", "#EXTM3U\n#EXT-X-STREAM-INF:BANDWIDTH=1\n" + now + "?token=s3cret\n"
			case now:
				return list, ""
			}
			return path, ""
		}
		m, err := s.follow(t.Context(), t)
		if err != nil {
			t.Fatal(err)
		}
		check(t, s.folders, rec, m)
	})
}

// Each step on the disk fails while a playlist is followed, alone and with all
// that come after it; the next run makes it good.
func TestFollowDiskFails(t *testing.T) {
	rec := record(rand.New(rand.NewPCG(1, 20)), "plain", 3)
	faults.Each(t, func(t *testing.T, trace durable.Trace) (failed error) {
		synctest.Test(t, func(t *testing.T) {
			s, stop := live(t, rec)
			defer stop()
			var mu sync.Mutex // the playlist is remembered while a chunk comes
			s.window, s.Connections = 2, 1
			s.Trace = func(step, name string) error {
				mu.Lock()
				defer mu.Unlock()
				return trace(step, name)
			}
			_, failed = s.follow(t.Context(), t)
			s.Trace = nil
			m, err := s.follow(t.Context(), t)
			if err != nil {
				t.Fatal(err)
			}
			check(t, s.folders, rec, m)
		})
		return failed
	})
}

// Of a record that a killed program left, the lines that are whole are read.
func TestListingTorn(t *testing.T) {
	rec := record(rand.New(rand.NewPCG(1, 21)), "plain", 3)
	s, f := serve(t, rec), newFolders(t)
	rec.files[list] = bytes.TrimSuffix([]byte(rec.text), []byte("#EXT-X-ENDLIST\n"))
	o := options(t, s)
	if _, err := Download(t.Context(), o, s.open(t, o), f.work, f.out, "a.aac"); err != nil {
		t.Fatal(err)
	}
	text, err := f.work.ReadFile(listName)
	if err != nil || bytes.Count(text, []byte("\n")) != 3 {
		t.Fatalf("%v\n%s", err, text)
	}
	for _, secret := range []string{"s3cret", "token", "http", "?"} {
		if bytes.Contains(text, []byte(secret)) {
			t.Errorf("the record contains %q", secret)
		}
	}
	for _, cut := range []int{len(text) - 1, len(text) - 30} {
		if err := f.work.WriteFile(listName, text[:cut], 0o600); err != nil {
			t.Fatal(err)
		}
		m, err := Download(t.Context(), o, nil, f.work, f.out, "a.aac")
		if err != nil || len(m.Chunks) != 2 || !bytes.Equal(f.read(t, "a.aac"), bytes.Join(rec.plain[:2], nil)) {
			t.Fatalf("%v, %+v", err, m)
		}
	}
	rec.files[list] = []byte(rec.text)
	m, err := Download(t.Context(), o, s.open(t, o), f.work, f.out, "a.aac")
	if err != nil {
		t.Fatal(err)
	}
	check(t, f, rec, m)
}
