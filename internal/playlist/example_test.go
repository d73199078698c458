package playlist_test

import (
	"fmt"
	"net/url"
	"strings"

	"github.com/spaces-cli/spaces/internal/playlist"
)

// Parse reads either kind of playlist. Of a master playlist, Sound is the one
// to read next.
func ExampleParse() {
	base, _ := url.Parse("https://host.example/space/playlist.m3u8?type=replay")
	p, err := playlist.Parse(strings.NewReader(`#EXTM3U
#EXT-X-MEDIA-SEQUENCE:7
#EXTINF:3,
chunk_7.aac
#EXTINF:2.5,
chunk_8.aac
`), base)
	if err != nil {
		fmt.Println(err)
		return
	}
	for _, s := range p.Media.Segments {
		fmt.Println(s.Sequence, s.Start, s.URI)
	}
	fmt.Println(p.Media.Duration(), "ended:", p.Media.Ended)
	// Output:
	// 7 0s https://host.example/space/chunk_7.aac
	// 8 3s https://host.example/space/chunk_8.aac
	// 5.5s ended: false
}
