package encode

import (
	"cmp"
	"strconv"
	"strings"
	"time"

	"github.com/spaces-cli/spaces/internal/media/id3"
	"github.com/spaces-cli/spaces/internal/media/mp4"
)

// comments are the tags as Vorbis comments.
func comments(t mp4.Tags) [][2]string {
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

// ID3 is the tag of an .mp3 that plays so many samples at a rate.
func (o *Options) ID3(samples int64, rate int) ([]byte, error) {
	frames, err := id3Frames(o.Tags, o.Cover)
	if err != nil {
		return nil, err
	}
	tag := id3.Tag{Version: o.ID3Version, Frames: frames}
	at := func(sample int64) time.Duration {
		return time.Duration(float64(sample) / float64(rate) * float64(time.Second))
	}
	for i, c := range o.Chapters {
		end := samples
		if i+1 < len(o.Chapters) {
			end = o.Chapters[i+1].Start
		}
		tag.Chapters = append(tag.Chapters, id3.Chapter{Start: at(c.Start), End: at(end), Title: c.Title})
	}
	return tag.Append(nil)
}

func id3Frames(t mp4.Tags, cover []byte) ([]id3.Frame, error) {
	var list []id3.Frame
	add := func(id, name, text string) {
		if text != "" {
			list = append(list, id3.Frame{ID: id, Name: name, Value: []byte(text)})
		}
	}
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
	if len(cover) > 0 {
		picture, err := id3.Cover(cover)
		if err != nil {
			return nil, err
		}
		list = append(list, picture)
	}
	return list, nil
}

// imageType is the MIME type of a picture.
func imageType(b []byte) string {
	if strings.HasPrefix(string(b[:min(len(b), 4)]), "\x89PNG") {
		return "image/png"
	}
	return "image/jpeg"
}
