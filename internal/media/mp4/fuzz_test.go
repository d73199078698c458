package mp4

import (
	"bytes"
	"encoding/binary"
	"slices"
	"testing"

	"github.com/spaces-cli/spaces/internal/media/tags"
	"github.com/spaces-cli/spaces/internal/media/track"
)

// FuzzReader reads any bytes as a file; see check for what must be true then.
func FuzzReader(f *testing.F) {
	units := randomUnits(60)
	for i := range units {
		units[i] = units[i][:1+len(units[i])/10]
	}
	m := movieOf(stereo48, units)
	m.Tags = tags.Tags{Title: "title", Free: []tags.Pair{{Name: "iTunSMPB", Value: " 00000000 00000840 000001CA 000000000000F000"}}}
	m.Edits = []Edit{{1024, 20000}, {30000, 20000}}
	file := write(f, m, units)
	f.Add(file)
	m.Chapters = []tags.Chapter{{Start: 0, Title: "a"}, {Start: 25000, Title: "b"}}
	f.Add(write(f, m, units))
	f.Add(bytes.Replace(file, []byte("elst"), []byte("free"), 1))
	f.Add(bytes.Replace(file, []byte("stsz"), []byte("stz2"), 1))
	f.Add(bytes.Replace(file, []byte("stco"), []byte("co64"), 1))
	f.Add(bytes.Replace(file, []byte("mp4a"), []byte("fLaC"), 1))
	f.Add(bytes.Replace(file, []byte("mp4a"), []byte(".mp3"), 1))
	for _, kind := range []string{"twos", "sowt", "raw ", "lpcm", "ulaw", "ipcm"} {
		f.Add(bytes.Replace(file, []byte("mp4a"), []byte(kind), 1))
	}
	f.Add(fragmented(units, 9, tfhdBaseDataOffset, trunDataOffset|trunSize|trunDuration))
	f.Add(fragmented(units, 20, tfhdBaseIsMoof, trunDataOffset|trunSize))
	f.Add(fragmented(units, 20, tfhdDefaultSize, 0))
	twice := fragmented(units, 20, tfhdBaseIsMoof, trunDataOffset|trunSize)
	f.Add(slices.Concat(twice, bytes.Replace(twice, []byte("mp4a"), []byte("enca"), 1), twice))
	f.Fuzz(func(t *testing.T, data []byte) {
		check(t, data)
		MediaStart(bytes.NewReader(data), int64(len(data)))
	})
}

// FuzzWriter writes a file from any plan that NewWriter takes and reads back
// what went in.
func FuzzWriter(f *testing.F) {
	f.Add([]byte{0, 1, 2, 3, 200}, uint16(0), uint32(0), uint32(0), uint32(0), uint32(0), "title", "name", "value")
	f.Add(bytes.Repeat([]byte{7}, 500), uint16(2), uint32(1024), uint32(99), uint32(5000), uint32(1<<18), "é", "", "")
	configs := []track.Config{
		stereo48,
		{Codec: track.AACLC, SampleRate: 44100, Channels: 1, UnitSamples: 1024, Specific: "\x12\x08"},
		{Codec: track.AACLC, SampleRate: 8000, Channels: 2, UnitSamples: 1024, Specific: "\x15\x90"},
	}
	f.Fuzz(func(t *testing.T, sizes []byte, config uint16, start1, samples1, start2, samples2 uint32, title, name, value string) {
		units := make([][]byte, len(sizes))
		for i, n := range sizes {
			units[i] = binary.BigEndian.AppendUint64(nil, uint64(i)+uint64(n)<<32)
			units[i] = append(units[i], make([]byte, 2*int(n))...)
		}
		m := movieOf(configs[int(config)%len(configs)], units)
		if samples1 > 0 {
			m.Edits = append(m.Edits, Edit{int64(start1), int64(samples1)})
		}
		if samples2 > 0 {
			m.Edits = append(m.Edits, Edit{int64(start2), int64(samples2)})
		}
		m.Tags = tags.Tags{Title: title, Comment: value, Free: []tags.Pair{{Name: name, Value: value}}}
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
		total := int64(len(units)) * 1024
		want := m.Edits
		if len(want) == 0 {
			want = []Edit{{0, total}}
		}
		if !slices.Equal(r.Edits(), want) {
			t.Errorf("edits %v, want %v", r.Edits(), want)
		}
		from, to := playSpan(want, total)
		if run := r.Track().Runs[0]; run.Config != m.Config || run.Skip != from || run.Trim != total-to {
			t.Errorf("run %+v; %v planned", run, want)
		}
		if got := r.Track().Tags["title"]; got != text(typeUTF8, []byte(title)[:min(len(title), maxText-8)]) {
			t.Errorf("title %q, want %q", got, title)
		}
		if !r.Track().Damage.Empty() {
			t.Errorf("damage %+v", r.Track().Damage)
		}
	})
}
