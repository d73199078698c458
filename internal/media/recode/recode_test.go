package recode

import (
	"bytes"
	"encoding/binary"
	"errors"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/spaces-cli/spaces/internal/media/flac"
	"github.com/spaces-cli/spaces/internal/media/matroska"
	"github.com/spaces-cli/spaces/internal/media/mp4"
	"github.com/spaces-cli/spaces/internal/media/ogg"
	"github.com/spaces-cli/spaces/internal/media/track"
	"github.com/spaces-cli/spaces/internal/media/track/readertest"
)

// written writes what a Reader finds as a .flac file and returns its name.
func written(t testing.TB, r *Reader) string {
	t.Helper()
	var sizes track.Sizes
	var lengths track.Lengths
	units, err := readertest.Read(t, r, func(p *track.Packet) {
		sizes = append(sizes, uint32(len(p.Data)))
		lengths.Add(p.Samples)
	})
	if err != nil || len(r.Track().Runs) != 1 {
		t.Fatalf("%d runs, %v", len(r.Track().Runs), err)
	}
	var out bytes.Buffer
	w, err := flac.NewWriter(&out, flac.Plan{Config: r.Track().Runs[0].Config, Sizes: sizes, Lengths: lengths})
	if err != nil {
		t.Fatal(err)
	}
	for _, u := range units {
		if err := w.WriteUnit(u); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	name := filepath.Join(t.TempDir(), "out.flac")
	if err := os.WriteFile(name, out.Bytes(), 0o600); err != nil {
		t.Fatal(err)
	}
	return name
}

// open returns a Reader of a file and closes it at the end of the test.
func open(t testing.TB, name string) *Reader {
	t.Helper()
	b, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	var src track.Reader
	switch filepath.Ext(name) {
	case ".mka", ".webm":
		src, err = matroska.NewReader(bytes.NewReader(b), int64(len(b)), track.Options{})
	case ".ogg":
		src, err = ogg.NewReader(bytes.NewReader(b), int64(len(b)), track.Options{})
	default:
		src, err = mp4.NewReader(bytes.NewReader(b), int64(len(b)), track.Options{})
	}
	if err != nil {
		t.Fatal(err)
	}
	r, err := New(src)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

func TestALACIsKeptToTheBit(t *testing.T) {
	const (
		tone    = "sine=f=700:r=44100:d=1,volume=0.9"
		noise   = "anoisesrc=r=48000:d=0.6:a=1:seed=3" // cannot be predicted: packets of plain numbers
		silence = "anullsrc=r=44100:d=0.5,atrim=0:0.5"
	)
	for _, c := range []struct{ name, source, args string }{
		{"a.m4a", tone, "-ac 1 -sample_fmt s16p"},
		{"a.m4a", tone, "-ac 2 -sample_fmt s32p"},
		{"a.mov", noise, "-ac 2 -sample_fmt s16p"},
		{"a.mov", noise, "-ac 1 -sample_fmt s32p"},
		{"a.mka", noise + ",volume=0.01", "-ac 2 -sample_fmt s32p"},
		{"a.m4a", silence, "-ac 2 -sample_fmt s16p"},
		{"a.m4a", tone + ",aeval=val(0)|0.5*val(0)|0|-val(0)|0.1*val(0)|0.2*val(0):c=5.1", "-sample_fmt s16p"},
		{"a.m4a", tone, "-ac 2 -sample_fmt s16p -movflags frag_keyframe+empty_moov -frag_duration 200000"},
	} {
		t.Run(c.name+" "+c.args, func(t *testing.T) {
			args := append([]string{"-f", "lavfi", "-i", c.source, "-c:a", "alac"}, strings.Fields(c.args)...)
			name := readertest.Make(t, c.name, args...)
			r := open(t, name)
			ours := written(t, r)
			if d := r.Track().Damage; d.Count > 0 {
				t.Errorf("damage %+v", d)
			}
			want := readertest.FFmpeg(t, "-i", name, "-f", "s32le", "-")
			if got := readertest.FFmpeg(t, "-i", ours, "-f", "s32le", "-"); got != want {
				t.Errorf("%d bytes that differ from the %d of ffmpeg", len(got), len(want))
			}
		})
	}
}

func TestVorbisSoundsAsFFmpegDecodesIt(t *testing.T) {
	const source = "aevalsrc=0.4*sin(700*t)*lt(mod(t\\,0.5)\\,0.1)+0.1*random(0)|0.5*sin(1100*t)+0.1*random(1):s=44100:d=2.3"
	for _, c := range []struct{ name, args string }{
		{"a.ogg", "-q:a 4"}, {"a.ogg", "-q:a 0 -ac 1 -ar 22050"}, {"a.ogg", "-q:a 9 -ar 48000"}, {"a.webm", "-q:a 3"},
	} {
		t.Run(c.name+" "+c.args, func(t *testing.T) {
			args := append([]string{"-f", "lavfi", "-i", source, "-c:a", "libvorbis"}, strings.Fields(c.args)...)
			name := readertest.Make(t, c.name, args...)
			r := open(t, name)
			ours := written(t, r)
			if d := r.Track().Damage; d.Count > 0 {
				t.Errorf("damage %+v", d)
			}
			want := readertest.FFmpeg(t, "-i", name, "-f", "s16le", "-")
			got := readertest.FFmpeg(t, "-i", ours, "-f", "s16le", "-")
			if len(got) != len(want) && (strings.HasSuffix(name, ".ogg") || len(got)-len(want) > 2*2*1024) {
				t.Fatalf("%d bytes, not the %d of ffmpeg", len(got), len(want))
			}
			worst := 0
			for i := 0; i+1 < min(len(got), len(want)); i += 2 {
				a, b := int16(binary.LittleEndian.Uint16([]byte(got[i:i+2]))), int16(binary.LittleEndian.Uint16([]byte(want[i:i+2])))
				worst = max(worst, int(a)-int(b), int(b)-int(a))
			}
			if worst > 1 {
				t.Errorf("samples differ by up to %d", worst)
			}
		})
	}
}

// A packet that is damaged is silence of its length.
func TestDamagedPackets(t *testing.T) {
	name := readertest.Make(t, "a.mov", "-f", "lavfi", "-i", "anoisesrc=r=44100:d=2:a=0.5:seed=3", "-c:a", "alac", "-movflags", "faststart")
	b, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	whole := open(t, name)
	if _, err := readertest.Read(t, whole, nil); err != nil {
		t.Fatal(err)
	}
	at := len(b) / 2
	for i := range 40 {
		b[at+i] ^= byte(0x55 + i)
	}
	if err := os.WriteFile(name, b, 0o600); err != nil {
		t.Fatal(err)
	}
	r := open(t, name)
	if _, err := readertest.Read(t, r, nil); err != nil {
		t.Fatal(err)
	}
	if got, want := r.Track().Runs[0].Samples, whole.Track().Runs[0].Samples; got != want {
		t.Errorf("%d samples, not %d; damage %+v", got, want, r.Track().Damage)
	}
}

// units is a Reader of units that are given.
type units struct {
	track  track.Track
	config track.Config
	list   [][]byte
	length int
	trim   int64
}

func (u *units) Track() *track.Track { return &u.track }

func (u *units) Next(p *track.Packet) error {
	if len(u.list) == 0 {
		for i := range u.track.Runs {
			u.track.Runs[i].Trim = u.trim
		}
		return io.EOF
	}
	run, err := u.track.AddUnit(u.config, u.length, len(u.list[0]))
	*p = track.Packet{Data: u.list[0], Run: run, Samples: u.length}
	u.list = u.list[1:]
	return err
}

// What is not to be played of the start and the end is left out.
func TestSkipAndTrim(t *testing.T) {
	cookie := []byte{0, 0, 0x10, 0, 0, 16, 40, 10, 14, 1, 0, 255, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0x1F, 0x40}
	plain := append([]byte{0, 0, 2}, make([]byte, 2*4096-1)...) // mono without prediction, all 0
	plain = append(plain, 1, 0xC0)
	u := &units{config: track.Config{Codec: track.ALAC, SampleRate: 8000, Channels: 1, UnitSamples: 4096, Specific: string(cookie)}, length: 4096, trim: 5000}
	for range 10 {
		u.list = append(u.list, plain)
	}
	u.track.Runs = []track.Run{{Config: u.config, Skip: 6000}}
	r, err := New(u)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := readertest.Read(t, r, nil); err != nil {
		t.Fatal(err)
	}
	if run := r.Track().Runs[0]; run.Samples != 10*4096-6000-5000 || run.Skip != 0 || run.Trim != 0 || r.Track().Damage.Count > 0 {
		t.Errorf("%+v", r.Track())
	}
}

func TestRefusesWhatFLACCannotHold(t *testing.T) {
	cookie := []byte{0, 0, 0x10, 0, 0, 32, 40, 10, 14, 1, 0, 255, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0x1F, 0x40}
	u := &units{config: track.Config{Codec: track.ALAC, SampleRate: 8000, Channels: 1, UnitSamples: 4096, Specific: string(cookie)}, length: 4096}
	u.list = [][]byte{{0}}
	if _, err := New(u); !errors.Is(err, ErrUnsupported) {
		t.Error(err)
	}
}
