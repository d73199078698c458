package format_test

import (
	"fmt"

	"github.com/spaces-cli/spaces/internal/media/format"
	"github.com/spaces-cli/spaces/internal/media/track"
)

// What a host may ask for comes out of the table, and so do the words of the
// error if it is something else.
func ExampleParse() {
	f, err := format.Parse("flac", format.Sound())
	fmt.Println(f.Ext(), f.Entry().MediaType, f.Entry().Lossless, err)
	_, err = format.Parse("wma", format.Encoded())
	fmt.Println(err)
	// Output:
	// .flac audio/flac true <nil>
	// unknown format "wma" (use m4a, mp3, opus, flac or wav)
}

// The format that keeps the access units of a codec as they are needs no encoder.
func ExampleNative() {
	for _, codec := range []track.Codec{track.AACLC, track.MP3, track.PCM} {
		f, ok := format.Native(codec)
		fmt.Println(codec, f, ok)
	}
	fmt.Println(format.MP3.Keeps(track.AACLC))
	// Output:
	// aac-lc m4a true
	// mp3 mp3 true
	// pcm wav true
	// false
}
