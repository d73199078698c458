package mp4

import (
	"encoding/binary"
	"fmt"
	"math"
	"strings"

	"github.com/spaces-cli/spaces/internal/media/tags"
)

// Two kinds of players read chapters in two forms, and both get them: a text
// track that the sound refers to (QuickTime File Format, "Chapter lists"; all
// of Apple's players), and Nero's list in the user data (VLC, many car radios
// and podcast programs), which ends at 255.

const (
	maxChapters = 1 << 16
	// maxChapterTitle is how long a title may be in bytes, in the list and,
	// so that both say the same, in the track.
	maxChapterTitle = 255
	// maxListed is how many chapters Nero's list can hold.
	maxListed = 255
)

// textEncoding follows each title of the track: it is in UTF-8 (QuickTime
// File Format, "Text sample extensions").
var textEncoding = []byte{0, 0, 0, 12, 'e', 'n', 'c', 'd', 0, 0, 1, 0}

// chapterTitle returns a title as it is stored.
func chapterTitle(s string) string {
	return shorten(strings.ToValidUTF8(s, "\uFFFD"), maxChapterTitle)
}

// chapterText checks the chapters and makes the samples of their track.
func (p *plan) chapterText() error {
	if len(p.Chapters) > maxChapters {
		return fmt.Errorf("mp4: cannot write %d chapters", len(p.Chapters))
	}
	next := int64(0)
	for i, c := range p.Chapters {
		if c.Start < next || c.Start >= p.played {
			return fmt.Errorf("mp4: chapter %d cannot begin at sample %d of %d: it must be after the previous chapter and before the end", i+1, c.Start, p.played)
		}
		next = c.Start + 1
		title := chapterTitle(c.Title)
		p.text = binary.BigEndian.AppendUint16(p.text, uint16(len(title)))
		p.text = append(p.text, title...)
		p.text = append(p.text, textEncoding...)
	}
	return nil
}

// textStart returns where in the file the samples of the chapter track begin:
// in a media data box of their own behind the sound, which thus stays in one
// piece that begins where MediaStart says.
func (p *plan) textStart() int64 {
	return p.start + p.bytes + int64(len(mediaHeader(int64(len(p.text)))))
}

// chapterReference appends to the sound's track which track has its chapters
// (§8.3.3; the kind "chap" is Apple's).
func (b *builder) chapterReference(p *plan) {
	if len(p.Chapters) > 0 {
		b.box("tref", func() {
			b.box("chap", func() { b.u32(chapterTrack) })
		})
	}
}

// chapterTrack appends the track of the chapters. It is not enabled, or
// players would show it as subtitles.
func (b *builder) chapterTrack(p *plan) {
	if len(p.Chapters) == 0 {
		return
	}
	first := p.Chapters[0].Start
	b.box("trak", func() {
		b.trackHeader(p, chapterTrack, 2) // in the movie
		b.box("edts", func() {
			// Before the first chapter nothing: an empty edit.
			edits := []Edit{{Samples: p.played - first}}
			if first > 0 {
				edits = append([]Edit{{Start: -1, Samples: first}}, edits...)
			}
			b.editList(edits)
		})
		b.box("mdia", func() {
			b.mediaHeader(p, p.Config.SampleRate, p.played-first)
			b.handler("text", "", "ChapterHandler")
			b.box("minf", func() {
				b.box("gmhd", func() { b.baseMedia() })
				b.dataInformation()
				b.box("stbl", func() { b.chapterTable(p) })
			})
		})
	})
}

// baseMedia appends what stands in the gmhd box of text (QuickTime File
// Format, "Base media information header atom", "Text media information atom").
func (b *builder) baseMedia() {
	b.fullBox("gmin", 0, 0, func() {
		b.u16(0x40) // graphics mode: dither copy
		b.u16(0x8000)
		b.u16(0x8000)
		b.u16(0x8000)
		b.zero(2 + 2) // balance
	})
	b.box("text", func() { b.matrix() })
}

// chapterTable appends what stands in the stbl box of the chapters. All of
// them are one chunk.
func (b *builder) chapterTable(p *plan) {
	n := uint32(len(p.Chapters))
	b.fullBox("stsd", 0, 0, func() {
		b.u32(1)
		b.textEntry()
	})
	b.fullBox("stts", 0, 0, func() {
		b.u32(n)
		for i, c := range p.Chapters {
			end := p.played
			if i+1 < len(p.Chapters) {
				end = p.Chapters[i+1].Start
			}
			b.u32(1)
			b.u32(uint32(min(end-c.Start, math.MaxUint32)))
		}
	})
	b.fullBox("stsc", 0, 0, func() {
		b.u32(1)
		b.u32(1)
		b.u32(n)
		b.u32(1)
	})
	b.fullBox("stsz", 0, 0, func() {
		b.u32(0)
		b.u32(n)
		for _, c := range p.Chapters {
			b.u32(uint32(2 + len(chapterTitle(c.Title)) + len(textEncoding)))
		}
	})
	b.chunkOffsets(p, 1, p.writeTextOffset)
}

// textEntry appends the description of QuickTime's text samples (QuickTime
// File Format, "Text sample description").
func (b *builder) textEntry() {
	b.box("text", func() {
		b.zero(6)
		b.u16(1)          // data_reference_index
		b.u32(1)          // display flags: do not scale
		b.u32(0)          // justification
		b.zero(6 + 8 + 8) // background, text box, reserved
		b.u16(1)          // font number
		b.zero(2 + 1 + 2) // face, reserved
		b.zero(6 + 1)     // colour, no font name
	})
}

// chapterList returns Nero's chpl box, or nothing if there are no chapters or
// more than it can hold. It has never been published; this is how its readers
// read it: version 1, four bytes reserved, a count, and for each chapter its
// time in units of 100 ns and its title.
func chapterList(list []tags.Chapter, rate int) []byte {
	if len(list) == 0 || len(list) > maxListed {
		return nil
	}
	b := &builder{}
	b.fullBox("chpl", 1, 0, func() {
		b.u32(0)
		b.u8(byte(len(list)))
		for _, c := range list {
			title := chapterTitle(c.Title)
			b.u64(uint64(rescale(c.Start, 1e7, int64(rate))))
			b.u8(byte(len(title)))
			b.str(title)
		}
	})
	return b.buf
}
