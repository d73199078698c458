package moments

import (
	"bytes"
	"encoding/binary"
	"os"
	"path/filepath"
	"reflect"
	"testing"
	"time"

	"github.com/spaces-cli/spaces/internal/library"
	"github.com/spaces-cli/spaces/internal/library/intake"
	"github.com/spaces-cli/spaces/internal/library/layout"
	"github.com/spaces-cli/spaces/internal/recording"
)

// writeWAV writes the made sound to a file.
func (r *conversation) writeWAV(t *testing.T, name string) {
	t.Helper()
	var b bytes.Buffer
	// RIFF, 16 kHz, mono, 16 bits; the sizes are filled in below.
	head := []byte("RIFF\x00\x00\x00\x00WAVEfmt \x10\x00\x00\x00\x01\x00\x01\x00\x80\x3e\x00\x00\x00\x7d\x00\x00\x02\x00\x10\x00data\x00\x00\x00\x00")
	size := uint32(r.seconds * madeRate * 2)
	binary.LittleEndian.PutUint32(head[4:], size+36)
	binary.LittleEndian.PutUint32(head[40:], size)
	b.Write(head)
	for n := range r.seconds {
		for _, v := range r.second(n) {
			b.Write(binary.LittleEndian.AppendUint16(nil, uint16(int16(32767*max(-1, min(1, v))))))
		}
	}
	if err := os.WriteFile(name, b.Bytes(), 0o666); err != nil {
		t.Fatal(err)
	}
}

// Through a library: planted moments are found, what was heard is kept and used
// again, and made anew when it is damaged.
func TestFindInALibrary(t *testing.T) {
	r := made(4, 240)
	dir := t.TempDir()
	file := filepath.Join(dir, "talk.wav")
	r.writeWAV(t, file)
	w, err := library.OpenWrite(t.Context(), library.Options{Dir: filepath.Join(dir, "lib"), Version: "test"})
	if err != nil {
		t.Fatal(err)
	}
	defer w.Close()
	id := ""
	_, err = intake.Import(t.Context(), w, []string{file}, intake.Options{}, func(e intake.Event) {
		if e.Recording != nil {
			id = e.Recording.ID
		}
	})
	if err != nil {
		t.Fatal(err)
	}
	rec, err := recording.Open(w, id, "test")
	if err != nil {
		t.Fatal(err)
	}
	defer rec.Close()
	find := func(jobs int) []Moment {
		t.Helper()
		list, err := Find(t.Context(), rec, r.tagged(), Options{Top: 5, Jobs: jobs})
		if err != nil {
			t.Fatal(err)
		}
		return list
	}
	first := find(2)
	if n := found(t, r, first); n < 4 {
		t.Errorf("%d of five planted moments are found", n)
	}
	cache := filepath.Join(rec.Dir, filepath.FromSlash(layout.MomentsIn("")))
	kept, err := os.ReadFile(cache)
	if err != nil {
		t.Fatal(err)
	}
	for _, damage := range []func(){
		func() {},
		func() { os.Remove(cache) },
		func() { os.WriteFile(cache, kept[:len(kept)/2], 0o666) },
		func() { os.WriteFile(cache, append([]byte("x"), kept[1:]...), 0o666) },
	} {
		damage()
		if again := find(1); !reflect.DeepEqual(again, first) {
			t.Fatalf("%+v, at first %+v", again, first)
		}
		if now, err := os.ReadFile(cache); err != nil || !bytes.Equal(now, kept) {
			t.Fatalf("what is kept has changed: %v", err)
		}
	}
	// What is kept is used: it is believed even where the sound is another.
	quiet := append(kept[:0:0], kept...)
	f := &features{rate: rec.Rate, samples: rec.Samples, hops: make([]hop, countHops(rec.Samples, rec.Rate))}
	copy(quiet, cacheBytes(identity(rec), f))
	if err := os.WriteFile(cache, quiet, 0o666); err != nil {
		t.Fatal(err)
	}
	if list := find(1); len(list) > 0 {
		t.Errorf("what is kept is not used: %+v", list)
	}

	for _, o := range []Options{{Top: -1}, {Top: MaxTop + 1}, {Length: time.Second}, {Length: time.Hour}, {Speaker: "nobody"}} {
		if _, err := Find(t.Context(), rec, r.tagged(), o); err == nil {
			t.Errorf("%+v is taken", o)
		}
	}
}
