package mp4

import (
	"bytes"
	"encoding/binary"
	"errors"
	"slices"
	"strings"
	"testing"

	"github.com/spaces-cli/spaces/internal/media/opus"
	"github.com/spaces-cli/spaces/internal/media/track"
)

// opusOf is a configuration of Opus.
func opusOf(channels byte, gain int16) track.Config {
	head := append([]byte("OpusHead\x01"), channels, 0, 0, 0, 0, 0, 0)
	head = append(binary.LittleEndian.AppendUint16(head, uint16(gain)), 0)
	return track.Config{Codec: track.Opus, SampleRate: opus.Rate, Channels: int(channels), Specific: string(head)}
}

// packetsOf are packets of these kinds: the first five bits of a header each
// (RFC 6716 §3.1), in one frame; told apart by what follows.
func packetsOf(kinds []byte) [][]byte {
	units := make([][]byte, len(kinds))
	for i, k := range kinds {
		units[i] = binary.BigEndian.AppendUint32([]byte{k << 3}, uint32(i))
	}
	return units
}

// opusMovie is a movie of packets.
func opusMovie(c track.Config, units [][]byte) *Movie {
	m := movieOf(c, units)
	m.Lengths.Usual = c.Usual()
	for _, u := range units {
		n, _ := opus.Samples(u)
		m.Lengths.Add(n)
	}
	return m
}

// kinds of packets: CELT of 2.5, 5, 10 and 20 ms, SILK of 60 and 40 ms.
const celt2, celt5, celt10, celt20, silk60, silk40 = 28, 29, 30, 31, 3, 2

func TestOpusRoundTrip(t *testing.T) {
	for _, c := range []struct {
		name  string
		kinds []byte
		edits []Edit
		stts  string // entries: units, samples
		roll  int16
	}{
		{"one packet", []byte{celt20}, nil, "\x00\x00\x00\x01\x00\x00\x03\xC0", -4},
		{"one length", bytes.Repeat([]byte{celt20}, 123), []Edit{{312, 122*960 - 312}}, "\x00\x00\x00\x7B\x00\x00\x03\xC0", -4},
		{"short packets", bytes.Repeat([]byte{celt2}, 500), nil, "\x00\x00\x01\xF4\x00\x00\x00\x78", -32},
		{"long packets", bytes.Repeat([]byte{silk60}, 70), nil, "\x00\x00\x00\x46\x00\x00\x0B\x40", -2},
		{"changing lengths", slices.Concat(bytes.Repeat([]byte{silk40}, 3), bytes.Repeat([]byte{celt10}, 2), bytes.Repeat([]byte{silk40}, 100)), []Edit{{100, 5000}, {9000, 20000}},
			"\x00\x00\x00\x03\x00\x00\x07\x80\x00\x00\x00\x02\x00\x00\x01\xE0\x00\x00\x00\x64\x00\x00\x07\x80", -8},
	} {
		t.Run(c.name, func(t *testing.T) {
			units := packetsOf(c.kinds)
			m := opusMovie(opusOf(2, -256), units)
			m.Edits, m.Tags = c.edits, allTags
			file := write(t, m, units)
			r, got := readAll(t, file)
			sameUnits(t, got, units)
			tr := r.Track()
			if len(tr.Runs) != 1 || tr.Runs[0].Config != m.Config || tr.Runs[0].Samples != m.Lengths.Total() || !tr.Damage.Empty() {
				t.Fatalf("%+v", tr)
			}
			want := c.edits
			if want == nil {
				want = []Edit{{0, m.Lengths.Total()}}
			}
			if !slices.Equal(r.Edits(), want) {
				t.Errorf("edits %v, want %v", r.Edits(), want)
			}
			times := string(file[bytes.Index(file, []byte("stts"))+12:])
			if !strings.HasPrefix(times, c.stts+"\x00\x00\x00") || !strings.HasPrefix(times[len(c.stts)+4:], "stsc") {
				t.Errorf("stts %x, want %x", times[:len(c.stts)], c.stts)
			}
			group := file[bytes.Index(file, []byte("sgpd")):]
			if roll := int16(binary.BigEndian.Uint16(group[20:])); string(group[8:12]) != "roll" || roll != c.roll {
				t.Errorf("roll distance %d, want %d", roll, c.roll)
			}
			box := file[bytes.Index(file, []byte("dOps")):]
			if want := "dOps\x00\x02\x00\x00\x00\x00\x00\x00\xFF\x00\x00"; string(box[:len(want)]) != want {
				t.Errorf("%x", box[:len(want)])
			}
		})
	}
}

// Plans that no file can hold are refused.
func TestOpusPlans(t *testing.T) {
	units := packetsOf([]byte{celt20, celt20})
	for name, spoil := range map[string]func(*Movie){
		"no header":        func(m *Movie) { m.Config.Specific = "OpusHead" },
		"other channels":   func(m *Movie) { m.Config.Channels = 1 },
		"other rate":       func(m *Movie) { m.Config.SampleRate = 44100 },
		"too few lengths":  func(m *Movie) { m.Lengths.Units-- },
		"a length of 0":    func(m *Movie) { m.Lengths.Odd = []track.Odd{{Unit: 1}} },
		"more than 120 ms": func(m *Movie) { m.Lengths.Odd = []track.Odd{{Unit: 1, Samples: opus.MaxFrame + 1}} },
		"an edit behind":   func(m *Movie) { m.Edits = []Edit{{1900, 100}} },
	} {
		m := opusMovie(opusOf(2, 0), units)
		spoil(m)
		if _, err := NewWriter(new(bytes.Buffer), m); err == nil {
			t.Errorf("%s was planned", name)
		}
	}
}

// Without an edit list PreSkip says what is not played, and a short last sample
// where the sound ends. A packet that is none is left out and noted.
func TestOpusOfOthers(t *testing.T) {
	units := packetsOf([]byte{celt20, celt20, celt20})
	file := write(t, opusMovie(opusOf(1, 0), units), units)
	file = bytes.Replace(file, []byte("elst"), []byte("free"), 1)
	at := bytes.Index(file, []byte("dOps"))
	binary.BigEndian.PutUint16(file[at+6:], 312)
	r, _ := readAll(t, file)
	if run := r.Track().Runs[0]; run.Skip != 312 || run.Trim != 0 || run.Config != opusOf(1, 0) {
		t.Errorf("%+v", run)
	}
	damaged := bytes.Clone(file)
	i := bytes.LastIndex(damaged, units[1])
	damaged[i], damaged[i+1] = celt20<<3|3, 0 // no frame
	r, got := readAll(t, damaged)
	if len(got) != 2 || r.Track().Damage.Lost != 1 {
		t.Errorf("%d units, %+v", len(got), r.Track().Damage)
	}
	none := bytes.Clone(file)
	none[at+4+1] = 0 // channels
	if _, err := NewReader(bytes.NewReader(none), int64(len(none)), track.Options{}); !errors.Is(err, ErrCodec) {
		// The entry is looked at when its first unit is.
		rd, _ := NewReader(bytes.NewReader(none), int64(len(none)), track.Options{})
		if err := rd.Next(new(track.Packet)); !errors.Is(err, ErrCodec) {
			t.Error(err)
		}
	}
}

// FuzzOpus writes packets of any lengths, with any edits, and reads back what went
// in. Whatever one byte of the file is changed to, reading it ends.
func FuzzOpus(f *testing.F) {
	f.Add([]byte{celt20, celt20, silk60}, byte(2), int16(0), uint32(312), uint32(2000), uint32(99), byte(7))
	f.Add(bytes.Repeat([]byte{celt2, silk40, celt5}, 300), byte(1), int16(-9), uint32(0), uint32(0), uint32(700), byte(255))
	f.Fuzz(func(t *testing.T, kinds []byte, channels byte, gain int16, start, samples, where uint32, change byte) {
		for i := range kinds {
			kinds[i] &= 31
		}
		units := packetsOf(kinds)
		m := opusMovie(opusOf(1+channels&1, gain), units)
		want := []Edit{{0, m.Lengths.Total()}}
		if samples > 0 {
			m.Edits = []Edit{{int64(start), int64(samples)}}
			want = m.Edits
		}
		if _, err := m.plan(); err != nil {
			t.Skip()
		}
		file := write(t, m, units)
		r, err := check(t, file)
		if err != nil {
			t.Fatal(err)
		}
		_, got := readAll(t, file)
		sameUnits(t, got, units)
		if run := r.Track().Runs[0]; run.Config != m.Config || run.Samples != m.Lengths.Total() || !slices.Equal(r.Edits(), want) || !r.Track().Damage.Empty() {
			t.Errorf("%+v, edits %v, want %v", run, r.Edits(), want)
		}
		file[int(where)%len(file)] ^= change
		check(t, file)
	})
}
