package proof

import (
	"bytes"
	"encoding/json"
	"fmt"
	"math"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/spaces-cli/spaces/internal/clip"
	"github.com/spaces-cli/spaces/internal/episode"
	"github.com/spaces-cli/spaces/internal/library"
	"github.com/spaces-cli/spaces/internal/library/layout"
	"github.com/spaces-cli/spaces/internal/media/format"
	"github.com/spaces-cli/spaces/internal/media/gain"
	"github.com/spaces-cli/spaces/internal/media/track"
	"github.com/spaces-cli/spaces/internal/recording"
)

// tool skips a test for want of a program.
func tool(t *testing.T, names ...string) {
	t.Helper()
	for _, name := range names {
		if _, err := exec.LookPath(name); err != nil {
			t.Skipf("%s is not installed", name)
		}
	}
}

func run(t *testing.T, name string, args ...string) {
	t.Helper()
	if out, err := exec.Command(name, args...).CombinedOutput(); err != nil {
		t.Fatalf("%s %q: %v\n%s", name, args, err, out)
	}
}

// gainLibrary has one recording: X's recorder's of two people, or the same as an MP3.
func gainLibrary(t *testing.T, kind format.Format) (*library.Library, *recording.Recording) {
	t.Helper()
	file := preset(t, "one")
	if kind == format.MP3 {
		tool(t, "ffmpeg", "lame")
		dir := t.TempDir()
		file = filepath.Join(dir, "a.mp3")
		run(t, "ffmpeg", "-v", "error", "-i", preset(t, "loose-ts"), "-ac", "2", "-ar", "44100", filepath.Join(dir, "a.wav"))
		run(t, "lame", "--quiet", "-p", "-b", "96", "--scale", "0.5", filepath.Join(dir, "a.wav"), file)
	}
	l := take(t, file)
	r, err := recording.Open(l, only(t, l), "test")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { r.Close() })
	return l, r
}

// byGain exports an episode of which the gains are changed. Without a folder it is
// the library's.
func byGain(t *testing.T, l *library.Library, r *recording.Recording, dir string) *episode.Result {
	t.Helper()
	res, err := episode.Export(t.Context(), episode.Request{Recording: r, Library: l, Version: "test", Encode: episode.EncodeNever, Dir: dir, NoCover: true}, nil)
	if err != nil {
		t.Fatal(err)
	}
	if res.ReEncoded || res.Gain == nil {
		t.Fatalf("its gains were not changed: %+v", res.Record)
	}
	return res
}

// prove returns the proof of a file with the named check of it, or an empty one.
func prove(t *testing.T, l *library.Library, name, what string) (*Proof, Check) {
	t.Helper()
	p := &Prover{Library: l, Version: "test"}
	proof, err := p.File(t.Context(), name)
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range slices.Backward(proof.Checks) {
		if c.What == what && strings.HasSuffix(name, filepath.Base(c.Of)) {
			return proof, c
		}
	}
	return proof, Check{}
}

// packets returns the access units of a file and where they lie in it.
func packets(t *testing.T, name string) (units [][]byte, at []int64, c track.Config) {
	t.Helper()
	tr, err := scan(t.Context(), name, track.Options{}, func(p *track.Packet) error {
		units, at = append(units, bytes.Clone(p.Data)), append(at, p.Offset)
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return units, at, tr.Runs[0].Config
}

// forge changes the bytes of a file, and has the record beside it say so.
func forge(t *testing.T, name string, change func(b []byte)) {
	t.Helper()
	b, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	was, err := (&Prover{}).hashFile(t.Context(), name)
	if err != nil {
		t.Fatal(err)
	}
	change(b)
	if err := os.WriteFile(name, b, 0o600); err != nil {
		t.Fatal(err)
	}
	now, err := (&Prover{}).hashFile(t.Context(), name)
	if err != nil {
		t.Fatal(err)
	}
	record(t, name, was.sha256, now.sha256)
}

// record replaces a text in the record beside a file, if there is one.
func record(t *testing.T, name, text, by string) {
	t.Helper()
	b, err := os.ReadFile(name + ".json")
	if os.IsNotExist(err) {
		return
	}
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Contains(b, []byte(text)) {
		t.Fatalf("no %q in %s", text, b)
	}
	if err := os.WriteFile(name+".json", bytes.ReplaceAll(b, []byte(text), []byte(by)), 0o600); err != nil {
		t.Fatal(err)
	}
}

// shiftAll shifts some units of a file in place.
func shiftAll(t *testing.T, name string, steps func(i int) int) func(b []byte) {
	t.Helper()
	units, at, c := packets(t, name)
	return func(b []byte) {
		for i, u := range units {
			s, err := gain.NewShifter(c, []gain.Run{{Steps: steps(i)}})
			if err == nil {
				err = s.Shift(u)
			}
			if err != nil {
				t.Fatalf("unit %d: %v", i, err)
			}
			copy(b[at[i]:], u)
		}
	}
}

// An episode of which only the gains were changed is proved by its frames, wherever
// it lies and whatever tells of it.
func TestGainIsProven(t *testing.T) {
	t.Parallel()
	for _, kind := range []format.Format{format.M4A, format.MP3} {
		t.Run(string(kind), func(t *testing.T) {
			t.Parallel()
			l, r := gainLibrary(t, kind)
			inside := byGain(t, l, r, "")
			outside := byGain(t, l, r, t.TempDir())
			most := 0.0 // that the frames are raised by
			proven := func(what, name string) {
				t.Helper()
				proof, units := prove(t, l, name, "units")
				sound(t, what, proof, "units", "frames", "original")
				if proof.Verdict() != Proven || !proof.Lossless || !strings.Contains(units.Detail, "identical to the recording's, apart from their gains (") {
					t.Errorf("%s: %s, lossless: %t, %+v", what, proof.Verdict(), proof.Lossless, proof.Checks)
				}
				if proof.Gain == nil || proof.Gain.Least < inside.Gain.Least || proof.Gain.Most > inside.Gain.Most {
					t.Fatalf("%s: %+v, and the record says %+v", what, proof.Gain, inside.Gain)
				}
				most = proof.Gain.Most
			}
			proven("in the library", inside.Path)
			proven("elsewhere", outside.Path)
			if err := os.Remove(outside.Path + ".json"); err != nil {
				t.Fatal(err)
			}
			proven("without the record beside it", outside.Path)
			if err := os.RemoveAll(filepath.Join(l.Dir(), filepath.Dir(layout.MadeLedger))); err != nil {
				t.Fatal(err)
			}
			proven("by its tags alone", outside.Path)

			// A whole number of steps more is another program's, and as good.
			if kind == format.MP3 {
				tool(t, "mp3gain")
				run(t, "mp3gain", "-q", "-g", "-2", outside.Path)
			} else {
				forge(t, outside.Path, shiftAll(t, outside.Path, func(int) int { return -2 }))
			}
			proof, _ := prove(t, l, outside.Path, "units")
			sound(t, "with other gains", proof, "units")
			now := 0.0
			if proof.Gain != nil {
				now = proof.Gain.Most
			}
			if math.Abs(most-now-3.01) > 0.015 || proof.Verdict() != Proven {
				t.Errorf("from %+.2f dB: %+v, %+v", most, proof.Gain, proof.Checks)
			}

			// What nothing tells of is unknown.
			stripped := filepath.Join(t.TempDir(), "stripped."+string(kind))
			tool(t, "ffmpeg")
			run(t, "ffmpeg", "-v", "error", "-i", inside.Path, "-map_metadata", "-1", "-c", "copy", stripped)
			if _, err := (&Prover{Library: l, Version: "test"}).File(t.Context(), stripped); err != ErrUnknown {
				t.Errorf("without any tag: %v", err)
			}
		})
	}
}

// One bit that no shift makes fails, with the number of the frame.
func TestGainIsNotBelieved(t *testing.T) {
	t.Parallel()
	for _, kind := range []format.Format{format.M4A, format.MP3} {
		t.Run(string(kind), func(t *testing.T) {
			t.Parallel()
			l, r := gainLibrary(t, kind)
			res := byGain(t, l, r, t.TempDir())
			units, at, c := packets(t, res.Path)
			const frame = 300
			u := units[frame]
			original, err := os.ReadFile(res.Path)
			if err != nil {
				t.Fatal(err)
			}
			rec, err := os.ReadFile(res.Path + ".json")
			if err != nil {
				t.Fatal(err)
			}
			for _, beside := range []bool{true, false} {
				for _, test := range []struct {
					name   string
					change func(b []byte)
					want   string
				}{
					{"spectrum", func(b []byte) { b[at[frame]+int64(len(u)/2)] ^= 4 }, "1 of its"},
					{"one channel's gain", func(b []byte) { b[at[frame]+gainByte(t, c, u)] ^= gainBit(t, c, u) }, "1 of its"},
					{"two frames exchanged", func(b []byte) {
						n := len(units[frame])
						k := frame + 1
						for len(units[k]) != n {
							k++
						}
						copy(b[at[frame]:], units[k])
						copy(b[at[k]:], u)
					}, "2 of its"},
				} {
					if err := os.WriteFile(res.Path, original, 0o600); err != nil {
						t.Fatal(err)
					}
					if err := os.WriteFile(res.Path+".json", rec, 0o600); err != nil {
						t.Fatal(err)
					}
					if !beside {
						os.Remove(res.Path + ".json")
					}
					forge(t, res.Path, test.change)
					proof, check := prove(t, l, res.Path, "units")
					if proof.Verdict() != Refuted || check.Result != Fails || !strings.Contains(check.Detail, test.want) || !strings.HasSuffix(check.Detail, "starting at frame 300") {
						t.Errorf("%s, a record beside it: %t: %s, %+v", test.name, beside, proof.Verdict(), proof.Checks)
					}
				}
			}
		})
	}
}

// gainByte and gainBit find the lowest bit of the last global_gain of a unit: the
// one that shifting by a step changes, and that comes last.
func gainByte(t *testing.T, c track.Config, u []byte) int64 { at, _ := lastGain(t, c, u); return at }
func gainBit(t *testing.T, c track.Config, u []byte) byte   { _, bit := lastGain(t, c, u); return bit }

func lastGain(t *testing.T, c track.Config, u []byte) (at int64, bit byte) {
	t.Helper()
	for _, steps := range []int{1, -1} { // one of the two changes only the lowest bits
		s, err := gain.NewShifter(c, []gain.Run{{Steps: steps}})
		if err != nil {
			t.Fatal(err)
		}
		b := bytes.Clone(u)
		if err := s.Shift(b); err != nil {
			t.Fatal(err)
		}
		for i := len(u) - 1; i >= 0; i-- {
			if x := b[i] ^ u[i]; x != 0 {
				return int64(i), x & -x
			}
		}
	}
	t.Fatal("the unit cannot be shifted")
	return 0, 0
}

// A record says which gains the frames have.
func TestRecordOfGains(t *testing.T) {
	t.Parallel()
	l, r := gainLibrary(t, format.M4A)
	res := byGain(t, l, r, t.TempDir())
	text := func(v any) string {
		b, err := json.Marshal(v)
		if err != nil {
			t.Fatal(err)
		}
		return string(b)
	}
	was, err := os.ReadFile(res.Path + ".json")
	if err != nil {
		t.Fatal(err)
	}
	original, err := os.ReadFile(res.Path)
	if err != nil {
		t.Fatal(err)
	}
	// The ledger knows the file by its hash, and would be believed.
	if err := os.RemoveAll(filepath.Join(l.Dir(), filepath.Dir(layout.MadeLedger))); err != nil {
		t.Fatal(err)
	}
	for _, test := range []struct {
		name, what string
		change     func()
	}{
		{"another least gain", "record", func() { record(t, res.Path, `"least": `+text(res.Gain.Least), `"least": `+text(res.Gain.Least+1.51)) }},
		{"another greatest gain", "record", func() { record(t, res.Path, `"most": `+text(res.Gain.Most), `"most": `+text(res.Gain.Most-1.51)) }},
		{"no gain", "units", func() { record(t, res.Path, `"gain": {`, `"was": {`) }},
		{"another gain", "record", func() { forge(t, res.Path, shiftAll(t, res.Path, func(int) int { return 1 })) }},
		{"a word that is gone", "record", func() {
			forge(t, res.Path, shiftAll(t, res.Path, func(i int) int {
				if i/20 == 10 {
					return -30
				}
				return 0
			}))
		}},
	} {
		for name, b := range map[string][]byte{res.Path: original, res.Path + ".json": was} {
			if err := os.WriteFile(name, b, 0o600); err != nil {
				t.Fatal(err)
			}
		}
		test.change()
		proof, check := prove(t, l, res.Path, test.what)
		if proof.Verdict() != Refuted || check.Result != Fails {
			t.Errorf("%s: %s, %+v", test.name, proof.Verdict(), proof.Checks)
		}
	}
	// A record that fits, but that anybody can have written, does not prove it, and
	// neither does none.
	proof, _ := prove(t, l, res.Path, "units")
	record(t, res.Path, `"least": `+text(res.Gain.Least), `"least": `+text(proof.Gain.Least))
	record(t, res.Path, `"changes": `+text(res.Gain.Changes), `"changes": `+text(proof.Gain.Changes))
	for _, what := range []string{"with a record that fits", "without a record"} {
		proof, check := prove(t, l, res.Path, "units")
		if proof.Verdict() != Unverified || !strings.Contains(check.Detail, "words can be hidden that way") {
			t.Errorf("%s: %s, %+v", what, proof.Verdict(), proof.Checks)
		}
		os.Remove(res.Path + ".json")
	}
}

// A clip of which another program has changed the gains has the recording's frames.
func TestGainsOfClips(t *testing.T) {
	t.Parallel()
	for _, kind := range []format.Format{format.M4A, format.AAC, format.MP3} {
		t.Run(string(kind), func(t *testing.T) {
			t.Parallel()
			source := kind
			if kind == format.AAC {
				source = format.M4A
			}
			l, r := gainLibrary(t, source)
			name := filepath.Join(t.TempDir(), "a."+string(kind))
			span := recording.Span{Start: r.Samples/2 - 77, Samples: r.Samples / 4}
			if _, err := clip.Cut(t.Context(), clip.Request{Recording: r, Span: span, Format: kind, File: name}); err != nil {
				t.Fatal(err)
			}
			forge(t, name, shiftAll(t, name, func(i int) int { return i / 30 % 3 }))
			if kind == format.AAC { // which has no tags: nothing knows it any more
				if _, err := (&Prover{Library: l, Version: "test"}).File(t.Context(), name); err != ErrUnknown {
					t.Errorf("%v", err)
				}
				return
			}
			proof, check := prove(t, l, name, "units")
			sound(t, name, proof, "units", "frames")
			if proof.Verdict() != Proven || !strings.Contains(check.Detail, "apart from their gains (+0.0 to +3.0 dB)") || proof.Gain == nil || math.Abs(proof.Gain.Most-3.01) > 1e-9 {
				t.Errorf("%+v, %+v", proof.Checks, proof.Gain)
			}
		})
	}
}

// Clips that were brought to a loudness are made again as they were made: by their
// gains, or encoded, as versions before did.
func TestNormalizedClips(t *testing.T) {
	t.Parallel()
	for _, kind := range []format.Format{format.M4A, format.AAC, format.MP3} {
		for _, encoded := range []bool{false, true} {
			if encoded && kind == format.AAC {
				continue // it holds nothing that was encoded
			}
			t.Run(fmt.Sprintf("%s, encoded: %t", kind, encoded), func(t *testing.T) {
				t.Parallel()
				source := kind
				if kind == format.AAC {
					source = format.M4A
				}
				l, r := gainLibrary(t, source)
				lufs := -19.0
				q := clip.Request{Recording: r, Span: recording.Span{Start: r.Samples / 4, Samples: r.Samples / 2}, Format: kind, ReEncode: encoded, Note: true}
				q.Normalize = &lufs
				inside, err := clip.Cut(t.Context(), q)
				if err != nil {
					t.Fatal(err)
				}
				if inside.Lossless == encoded || (inside.Gain == nil) != encoded {
					t.Fatalf("%+v", inside)
				}
				q.File = filepath.Join(t.TempDir(), "a."+string(kind))
				if _, err := clip.Cut(t.Context(), q); err != nil {
					t.Fatal(err)
				}
				proven := func(what, name string, checks ...string) {
					t.Helper()
					proof, units := prove(t, l, name, "units")
					sound(t, what, proof, checks...)
					if proof.Verdict() != Proven || proof.Lossless == encoded || !encoded && !strings.Contains(units.Detail, "apart from their gains (") {
						t.Errorf("%s: %s, lossless: %t, %+v", what, proof.Verdict(), proof.Lossless, proof.Checks)
					}
				}
				all := []string{"remade"}
				if !encoded {
					all = append(all, "units")
				}
				proven("in the library", inside.File, all...)
				if encoded { // it has none of the frames that a record could claim
					record(t, inside.File, `"lossless": false`, `"lossless": true`)
					if proof, _ := prove(t, l, inside.File, "units"); proof.Verdict() != Refuted {
						t.Errorf("said to be lossless: %+v", proof.Checks)
					}
				}
				if err := os.RemoveAll(filepath.Dir(inside.File)); err != nil {
					t.Fatal(err)
				}
				proven("by the ledger", q.File, all...)
				if kind == format.AAC {
					return // it has no tags
				}
				if err := os.RemoveAll(filepath.Join(l.Dir(), filepath.Dir(layout.MadeLedger))); err != nil {
					t.Fatal(err)
				}
				proven("by its tags", q.File)
			})
		}
	}
}
