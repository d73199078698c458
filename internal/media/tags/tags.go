// Package tags holds what a file of sound says of itself, whatever its format,
// and how each family of formats spells that.
package tags

import (
	"cmp"
	"strconv"
	"time"

	"github.com/spaces-cli/spaces/internal/media/id3"
)

// Tags are the standing tags of a file. Empty ones are left out.
type Tags struct {
	Title       string
	Artist      string
	AlbumArtist string
	Album       string
	Genre       string
	Date        string // ISO 8601, "2021-06-14" or "2021-06-14T18:00:00Z"
	Comment     string
	Description string
	Encoder     string // the program that made the file
	TrackNumber int    // from 1
	// Free are tags of other names. In MP4 they are "----:com.apple.iTunes:NAME",
	// in ID3 TXXX frames. Several of one name are allowed.
	Free []Pair
}

// A Pair is a tag with a name of its own.
type Pair struct{ Name, Value string }

// A Chapter begins at a sample of what is played, and lasts until the next
// one begins.
type Chapter struct {
	Start int64
	Title string
}

// Comments returns tags as Vorbis comments, each a name and a value.
func (t *Tags) Comments() [][2]string {
	var list [][2]string
	add := func(name, value string) {
		if value != "" {
			list = append(list, [2]string{name, value})
		}
	}
	add("TITLE", t.Title)
	add("ARTIST", t.Artist)
	add("ALBUM", t.Album)
	add("ALBUMARTIST", t.AlbumArtist)
	if t.TrackNumber > 0 {
		add("TRACKNUMBER", strconv.Itoa(t.TrackNumber))
	}
	add("GENRE", t.Genre)
	add("DATE", t.Date)
	add("DESCRIPTION", t.Description)
	add("COMMENT", t.Comment)
	for _, p := range t.Free {
		add(p.Name, p.Value)
	}
	return list
}

// An ID3 is what the tag of an .mp3 is made of.
type ID3 struct {
	Tags     Tags
	Chapters []Chapter
	Cover    []byte // JPEG or PNG, or empty
	Version  byte   // 4, or 3, which 0 means too
}

// Append appends the tag of a file that plays so many samples at a rate.
func (d *ID3) Append(b []byte, samples int64, rate int) ([]byte, error) {
	frames, err := d.frames()
	if err != nil {
		return nil, err
	}
	tag := id3.Tag{Version: d.Version, Frames: frames}
	at := func(sample int64) time.Duration {
		return time.Duration(float64(sample) / float64(rate) * float64(time.Second))
	}
	for i, c := range d.Chapters {
		end := samples
		if i+1 < len(d.Chapters) {
			end = d.Chapters[i+1].Start
		}
		tag.Chapters = append(tag.Chapters, id3.Chapter{Start: at(c.Start), End: at(end), Title: c.Title})
	}
	return tag.Append(b)
}

func (d *ID3) frames() ([]id3.Frame, error) {
	var list []id3.Frame
	add := func(id, name, text string) {
		if text != "" {
			list = append(list, id3.Frame{ID: id, Name: name, Value: []byte(text)})
		}
	}
	t := &d.Tags
	add("TIT2", "", t.Title)
	add("TPE1", "", t.Artist)
	add("TPE2", "", t.AlbumArtist)
	add("TALB", "", t.Album)
	if t.TrackNumber > 0 {
		add("TRCK", "", strconv.Itoa(t.TrackNumber))
	}
	add("TCON", "", t.Genre)
	add("TDRC", "", t.Date)
	add("TDES", "", t.Description) // not in the standard: iTunes's, of podcasts
	add("COMM", "", cmp.Or(t.Comment, t.Description))
	for _, p := range t.Free {
		add("TXXX", p.Name, p.Value)
	}
	if len(d.Cover) > 0 {
		picture, err := id3.Cover(d.Cover)
		if err != nil {
			return nil, err
		}
		list = append(list, picture)
	}
	return list, nil
}
