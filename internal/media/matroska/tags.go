package matroska

import (
	"bytes"
	"strings"
)

// maxTags bounds how many tags of a file are read.
const maxTags = 1024

func cleanText(b []byte) string {
	b, _, _ = bytes.Cut(b, []byte{0})
	return strings.TrimSpace(strings.ToValidUTF8(string(b), "\uFFFD"))
}

// setTag keeps the first value of a name.
func (r *Reader) setTag(name, value string) {
	if name == "" || value == "" || r.t.Tags[name] != "" {
		return
	}
	if r.t.Tags == nil {
		r.t.Tags = make(map[string]string)
	}
	r.t.Tags[name] = value
}

// readInfo reads the title and the length of a tick (RFC 9559 §5.1.2).
func (r *Reader) readInfo(info element) error {
	return r.w.children(info, func(e element) error {
		switch e.id {
		case idTitle:
			text, err := r.w.text(e)
			r.setTag("title", text)
			return err
		case idTimestampScale:
			n, err := r.w.number(e)
			if n > 0 && n <= maxTick {
				r.tick = n
			}
			return err
		}
		return nil
	})
}

// readTags reads the tags of the whole file, not those of a track, chapter or
// attachment (RFC 9559 §5.1.8).
func (r *Reader) readTags(tags element) error {
	return r.w.children(tags, func(tag element) error {
		if tag.id != idTag {
			return nil
		}
		part := false
		return r.w.children(tag, func(e element) error {
			if r.tagsSeen++; r.tagsSeen > maxTags {
				return nil
			}
			switch e.id {
			case idTargets:
				return r.w.children(e, func(e element) error {
					switch e.id {
					case idTagTrackUID, idTagEditionUID, idTagChapterUID, idTagAttachUID:
						uid, err := r.w.number(e)
						part = part || uid != 0
						return err
					}
					return nil
				})
			case idSimpleTag:
				if !part {
					return r.readSimpleTag(e)
				}
			}
			return nil
		})
	})
}

func (r *Reader) readSimpleTag(tag element) error {
	names := map[string]string{
		"TITLE": "title", "ARTIST": "artist", "ALBUM": "album", "DATE": "date", "DATE_RELEASED": "date",
		"COMMENT": "comment", "DESCRIPTION": "comment",
	}
	var name, value string
	err := r.w.children(tag, func(e element) (err error) {
		switch e.id {
		case idTagName:
			name, err = r.w.text(e)
		case idTagString:
			value, err = r.w.text(e)
		}
		return err
	})
	r.setTag(names[strings.ToUpper(name)], value)
	return err
}
