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

// Chunks that are listed before those that are known come before them.
func TestListedBefore(t *testing.T) {
	l := listing{work: newFolders(t).work}
	defer l.close()
	u := &url.URL{Scheme: "https", Host: "host", Path: "/a.aac"}
	for _, first := range []int64{10, 7, 12} {
		m := &playlist.Media{Segments: make([]playlist.Segment, 4)}
		for i := range m.Segments {
			m.Segments[i] = playlist.Segment{URI: u, Sequence: first + int64(i), Duration: time.Second}
		}
		if _, _, err := l.merge(m, true); err != nil {
			t.Fatal(err)
		}
	}
	for i, e := range l.entries {
		if e.Sequence != int64(7+i) {
			t.Errorf("chunk %d is in place %d", e.Sequence, i)
		}
	}
	if len(l.entries) != 9 {
		t.Errorf("%d chunks", len(l.entries))
	}
}
