package media_test

import (
	"archive/zip"
	"bytes"
	"fmt"
	"io"

	"github.com/spaces-cli/spaces/internal/media"
	"github.com/spaces-cli/spaces/internal/media/track"
)

// Open finds the format by the content and returns the track.Reader of it. The
// access units come one by one, and the timed tags before the unit they precede.
func ExampleOpen() {
	z, err := zip.OpenReader("../../testdata/sample-archive.zip")
	if err != nil {
		fmt.Println(err)
		return
	}
	defer z.Close()
	f, err := z.Open("data/spaces_media/space-1RDxlaZNRDLJL_0.ts")
	if err != nil {
		fmt.Println(err)
		return
	}
	sound, err := io.ReadAll(f)
	if err != nil {
		fmt.Println(err)
		return
	}

	events := 0
	r, err := media.Open(bytes.NewReader(sound), int64(len(sound)), track.Options{
		OnEvent: func(*track.Event) error { events++; return nil },
	})
	if err != nil {
		fmt.Println(err)
		return
	}
	var p track.Packet
	units := 0
	for {
		err := r.Next(&p)
		if err == io.EOF {
			break
		}
		if err != nil {
			fmt.Println(err)
			return
		}
		units++ // p.Data is what a decoder is given
	}
	t := r.Track() // complete only now
	fmt.Println(t.Format, t.Runs[0].Config)
	fmt.Printf("%d units, %.1f s, %d frames of timed tags, %d damaged places\n", units, t.Seconds(), events, t.Damage.Count)
	// Output:
	// adts aac-lc 48000 Hz 2 ch
	// 750 units, 16.0 s, 70 frames of timed tags, 0 damaged places
}
