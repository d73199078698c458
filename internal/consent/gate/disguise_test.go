package gate

import (
	"encoding/binary"
	"errors"
	"slices"
	"testing"

	"github.com/spaces-cli/spaces/internal/consent"
)

// What a player would play and the program does not compare is the sound of
// nobody knows whom, also behind or beside sound that all have agreed to.
func TestFileBesideKnownSound(t *testing.T) {
	s := newTestLibrary(t)
	voice, free := s.Path(s.guarded.File), s.Path(s.free.File)
	beside := func(codec, name string) func(t *testing.T) string {
		return func(t *testing.T) string {
			return s.ffmpeg(t, free, name, "-i", voice, "-map", "0:a", "-map", "1:a", "-map_metadata", "-1", "-c:a:0", "copy", "-c:a:1", codec, "-t", "5")
		}
	}
	behind := func(name string, args ...string) func(t *testing.T) string {
		return func(t *testing.T) string {
			first := s.ffmpeg(t, free, "a.aac", "-vn", "-c", "copy")
			second := s.ffmpeg(t, voice, name, append([]string{"-vn", "-t", "5"}, args...)...)
			return s.write("b.aac", slices.Concat(s.read(first), s.read(second)))
		}
	}
	picture := func(wrap func(sound []byte) []byte) func(t *testing.T) string {
		return func(t *testing.T) string {
			sound := s.read(s.ffmpeg(t, voice, "a.mp3", "-vn", "-t", "5", "-b:a", "64k", "-write_xing", "0", "-id3v2_version", "0"))
			return s.write("a.jpg", wrap(sound[:min(len(sound), 60_000)]))
		}
	}
	jpg, pic := pictures()
	for _, tt := range []struct {
		name string
		file func(t *testing.T) string
	}{
		{"AAC as the second track of a transport stream", beside("aac", "a.ts")},
		{"MP2 as the second track of a transport stream", beside("mp2", "a.ts")},
		{"Opus as the second track of a transport stream", beside("libopus", "a.ts")},
		{"AC-3 behind it", behind("b.ac3")},
		{"layer II behind it", behind("b.mp2")},
		{"in a segment of a JPEG", picture(func(b []byte) []byte {
			head := binary.BigEndian.AppendUint16([]byte("\xff\xd8\xff\xef"), uint16(len(b)+2))
			return slices.Concat(head, b, jpg[2:])
		})},
		{"in a block of a PNG", picture(func(b []byte) []byte {
			const end = 12 // IEND
			head := append(binary.BigEndian.AppendUint32(nil, uint32(len(b))), "tEXt"...)
			return slices.Concat(pic[:len(pic)-end], head, b, make([]byte, 4), pic[len(pic)-end:])
		})},
	} {
		t.Run(tt.name, func(t *testing.T) {
			g := s.gate(Options{Policy: consent.Policy{consent.SendingAll: consent.Require}})
			uses, err := g.File(t.Context(), tt.file(t))
			if err != nil {
				t.Fatal(err)
			}
			if !slices.ContainsFunc(uses, func(u Use) bool { return u.Why != "" }) {
				t.Errorf("all of it is known: %+v", uses)
			}
		})
	}
}

// A reason that nobody can read is none.
func TestReasonWithoutWords(t *testing.T) {
	s := newTestLibrary(t)
	for _, reason := range []string{"", " \t", "\u200b\u00a0", ".", "\u2060\ufeff", "123"} {
		g := s.gate(Options{Policy: consent.Policy{consent.SendingAll: consent.Require}, Reason: reason})
		if _, err := g.Check(t.Context(), consent.SendingAll, Use{Recording: s.guarded.ID}); !errors.As(err, new(*consent.Refused)) {
			t.Errorf("with the reason %q: %v", reason, err)
		}
	}
}
