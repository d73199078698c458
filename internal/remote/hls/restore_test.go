package hls

import (
	"bytes"
	"math/rand/v2"
	"testing"
)

// What was joined before is not fetched again: the folder of the next download
// gets its chunks from the joined file, checked, and only one is asked for.
func TestRestore(t *testing.T) {
	for _, way := range ways {
		t.Run(way, func(t *testing.T) {
			rec := record(rand.New(rand.NewPCG(3, 4)), way, 17)
			s, f := serve(t, rec), newFolders(t)
			o := options(t, s)
			media := s.open(t, o)
			m, err := Download(t.Context(), o, media, f.work, f.out, "a.aac")
			if err != nil {
				t.Fatal(err)
			}
			joined := f.read(t, "a.aac")
			if !Lists(media, m) {
				t.Error("the manifest does not list what the playlist does")
			}

			// One was missing, and the bytes of another have changed on the disk.
			have := *m
			have.Chunks = append(have.Chunks[:4:4], have.Chunks[5:]...)
			if Lists(media, &have) {
				t.Error("nothing is missing")
			}
			joined[have.Chunks[7].Offset]++
			next := newFolders(t)
			n, err := Restore(t.Context(), o, media, next.work, &have, bytes.NewReader(joined))
			if err != nil || n != 16 {
				t.Fatalf("%d chunks, %v", n, err)
			}
			before := s.count()
			if m, err = Download(t.Context(), o, media, next.work, next.out, "a.aac"); err != nil {
				t.Fatal(err)
			}
			check(t, next, rec, m)
			if n := s.count() - before; n < 2 || n > 2+4 { // and their keys
				t.Errorf("%d requests", n)
			}
		})
	}
}
