package hls

import (
	"errors"
	"net/url"
	"testing"
	"time"

	"github.com/spaces-cli/spaces/internal/playlist"
)

// A live playlist that names new chunks with each answer has an end here.
func TestEndlessListing(t *testing.T) {
	f := newFolders(t)
	l := listing{work: f.work}
	defer l.close()
	for i := range int64(mostListed) {
		l.entries = append(l.entries, &entry{Sequence: i})
	}
	u := &url.URL{Scheme: "https", Host: "host", Path: "/a.aac"}
	_, _, err := l.merge(&playlist.Media{Segments: []playlist.Segment{{URI: u, Sequence: mostListed, Duration: time.Second}}}, true)
	var large *TooLargeError
	if !errors.As(err, &large) {
		t.Errorf("%d chunks are remembered: %v", len(l.entries), err)
	}
}
