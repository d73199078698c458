package encode

import (
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
	add("DATE", t.Date)
	add("COMMENT", t.Comment)
	for _, p := range t.Free {
		add(p.Name, p.Value)
	}
	return list
}

// ID3 is the tag of an .mp3 that plays so many samples at a rate.
func (o *Options) ID3(samples int64, rate int) ([]byte, error) {
	tag := id3.Tag{Frames: id3Frames(o.Tags, o.Cover)}
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

func id3Frames(t mp4.Tags, cover []byte) []id3.Frame {
	var list []id3.Frame
	add := func(id, name, text string) {
		if text != "" {
			list = append(list, id3.Frame{ID: id, Name: name, Value: []byte(text)})
		}
	}
	add("TIT2", "", t.Title)
	add("TPE1", "", t.Artist)
	add("TALB", "", t.Album)
	if len(t.Date) == len("2021-06-14") { // ID3v2.3 has no TDRC
		add("TYER", "", t.Date[:4])
		add("TDAT", "", t.Date[8:10]+t.Date[5:7])
	}
	add("COMM", "", t.Comment)
	for _, p := range t.Free {
		add("TXXX", p.Name, p.Value)
	}
	if len(cover) > 0 {
		// Text encoding, MIME type, picture type 3 (front), no description
		// (ID3v2.3 §4.15).
		body := append([]byte("\x00"+imageType(cover)+"\x00\x03\x00"), cover...)
		list = append(list, id3.Frame{ID: "APIC", Value: body})
	}
	return list
}

// imageType is the MIME type of a picture.
func imageType(b []byte) string {
	if strings.HasPrefix(string(b[:min(len(b), 4)]), "\x89PNG") {
		return "image/png"
	}
	return "image/jpeg"
}
