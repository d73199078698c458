package flac

import (
	"bytes"
	"encoding/binary"
	"testing"

	"github.com/spaces-cli/spaces/internal/media/track"
)

// id3 is a tag of ID3v2.3 with n bytes of padding.
func id3Tag(n int) []byte {
	return append([]byte{'I', 'D', '3', 3, 0, 0, byte(n >> 21 & 0x7F), byte(n >> 14 & 0x7F), byte(n >> 7 & 0x7F), byte(n & 0x7F)}, make([]byte, n)...)
}

// What frames say of themselves counts, whatever STREAMINFO says of them, and
// wherever it stands.
func TestFramesCarryTheirOwnFormat(t *testing.T) {
	const info = 8 // where STREAMINFO begins in head
	word := func(b []byte, samples uint64, channels, bits, rate uint64) {
		binary.BigEndian.PutUint64(b[info+10:], rate<<44|(channels-1)<<41|(bits-1)<<36|samples)
	}
	for _, tt := range []struct {
		name   string
		change func(head []byte) []byte
		damage track.DamageKind
	}{
		{"nothing wrong", func(b []byte) []byte { return b }, ""},
		{"no total", func(b []byte) []byte { word(b, 0, 2, 16, 44100); return b }, ""},
		{"a total too small", func(b []byte) []byte { word(b, 5000, 2, 16, 44100); return b }, track.BadIndex},
		{"a total too large", func(b []byte) []byte { word(b, 5000000, 2, 16, 44100); return b }, track.CutEnd},
		{"24 bits", func(b []byte) []byte { word(b, 0, 2, 24, 44100); return b }, ""},
		{"one channel", func(b []byte) []byte { word(b, 0, 1, 16, 44100); return b }, ""},
		{"another rate", func(b []byte) []byte { word(b, 0, 2, 16, 48000); return b }, ""},
		{"blocks of 100 samples", func(b []byte) []byte { copy(b[info:], "\x00\x64\x00\x64"); return b }, ""},
		{"blocks of 0 samples", func(b []byte) []byte { copy(b[info:], "\x00\x00\x00\x00"); return b }, ""},
		{"frames of 10 bytes", func(b []byte) []byte { copy(b[info+4:], "\x00\x00\x0A\x00\x00\x0A"); return b }, ""},
		{"no STREAMINFO", func(b []byte) []byte { return append([]byte("fLaC"), b[info+streamInfoSize:]...) }, ""},
		{"a tag first", func(b []byte) []byte { return append(id3Tag(100000), b...) }, ""},
		{"two tags first", func(b []byte) []byte { return append(append(id3Tag(3), id3Tag(5000000)...), b...) }, ""},
	} {
		t.Run(tt.name, func(t *testing.T) {
			for _, variable := range []bool{false, true} {
				m := newFile(variable, 12)
				r, units := mustRead(t, append(tt.change(m.head(m.samples)), bytes.Join(m.frames, nil)...))
				if !bytes.Equal(bytes.Join(units, nil), bytes.Join(m.frames, nil)) || len(r.Track().Runs) != 1 {
					t.Fatalf("%d frames of 12 in runs %+v, damage %+v", len(units), r.Track().Runs, r.Track().Damage)
				}
				run := r.Track().Runs[0]
				if run.Samples != m.samples || run.SampleRate != 44100 || run.Channels != 2 {
					t.Errorf("%+v", run)
				}
				if s, err := ParseStreamInfo([]byte(run.Specific)); err != nil || s.SampleRate != 44100 || s.Channels != 2 || s.Bits != 16 {
					t.Errorf("decoders are told %+v, %v", s, err)
				}
				d := r.Track().Damage
				if (tt.damage == "") != d.Empty() || !d.Empty() && d.Places[0].Kind != tt.damage {
					t.Errorf("damage %+v, want %q", d, tt.damage)
				}
				// Written again, the file says what is so.
				r, _ = mustRead(t, rewrite(t, append(tt.change(m.head(m.samples)), bytes.Join(m.frames, nil)...), nil))
				s := r.StreamInfo()
				if !r.Track().Damage.Empty() || s.Samples != m.samples || s.MaxBlock < 3500 || s.SampleRate != 44100 || s.Bits != 16 ||
					s.MaxFrame != 0 && s.MaxFrame < 1000 {
					t.Errorf("written as %+v, damage %+v", s, r.Track().Damage)
				}
			}
		})
	}
}

// Where frames say another rate, number of channels or bits, a run begins.
func TestParametersChange(t *testing.T) {
	m := newFile(false, 6)
	for _, f := range m.frames[2:4] {
		f[3] = 0x08 // mono
		size := 4 + 1 + 2
		f[size] = crc8(f[:size])
		binary.BigEndian.PutUint16(f[len(f)-2:], crc16(0, f[:len(f)-2]))
	}
	r, units := mustRead(t, m.file())
	runs := r.Track().Runs
	if len(units) != 6 || len(runs) != 3 || runs[0].Units != 2 || runs[1].Channels != 1 || runs[1].Units != 2 || runs[2].Config != runs[0].Config {
		t.Errorf("%d frames, runs %+v, damage %+v", len(units), runs, r.Track().Damage)
	}
	if !r.Track().Damage.Empty() {
		t.Errorf("damage %+v", r.Track().Damage)
	}
}

// A frame may be as large as 65,535 samples of any kind make it.
func TestLargeFrames(t *testing.T) {
	m := newFile(false, 2)
	for range 3 {
		m.add(65535)
		f := m.frames[len(m.frames)-1]
		f = append(f[:len(f)-2], make([]byte, 200000)...)
		for i := len(f) - 200000; i < len(f); i++ {
			f[i] = byte(m.rnd.Uint32())
		}
		m.frames[len(m.frames)-1] = binary.BigEndian.AppendUint16(f, crc16(0, f))
	}
	r, units := mustRead(t, m.file())
	if len(units) != 5 || !r.Track().Damage.Empty() {
		t.Errorf("%d frames of 5, damage %+v", len(units), r.Track().Damage)
	}
}

// The MD5 of the sound stands in a file that has all of the frames that it is
// of, and in no other.
func TestStreamInfoOfOtherFrames(t *testing.T) {
	s := StreamInfo{MinBlock: 4096, MaxBlock: 4096, MinFrame: 10, MaxFrame: 900, SampleRate: 48000, Channels: 6, Bits: 24, Samples: 10000, MD5: [16]byte{1, 2, 3}}
	p := Plan{Config: track.Config{Specific: string(s.append(nil))}, Sizes: track.Sizes{900, 800, 20}, Lengths: track.Lengths{Usual: 4096}}
	for _, n := range []int{4096, 4096, 1808} {
		p.Lengths.Add(n)
	}
	b, err := p.streamInfo()
	if got, _ := ParseStreamInfo(b); err != nil || got != s {
		t.Errorf("%+v became %+v, %v", s, got, err)
	}
	p.Sizes, p.Lengths = p.Sizes[:2], track.Lengths{Usual: 4096, Units: 2}
	want := s
	want.Samples, want.MD5 = 8192, [16]byte{}
	b, err = p.streamInfo()
	if got, _ := ParseStreamInfo(b); err != nil || got != want {
		t.Errorf("without its last frame %+v became %+v, %v", s, got, err)
	}
}
