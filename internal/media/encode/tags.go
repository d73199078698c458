package encode

import (
	"strings"

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

// ID3Frames are tags and a cover as an .mp3 has them.
func ID3Frames(t mp4.Tags, cover []byte) []id3.Frame {
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
