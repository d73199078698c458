package mp4

import (
	"bufio"
	"encoding/binary"
	"math"

	"github.com/spaces-cli/spaces/internal/media/track"
)

// fileType appends the ftyp box (§4.3). M4A is iTunes' brand for sound.
func (b *builder) fileType() {
	b.box("ftyp", func() {
		b.str("M4A ")
		b.u32(0x200)
		b.str("M4A isommp42")
	})
}

// version is that of a box with these times: 1 where one needs 64 bits.
func version(times ...int64) byte {
	for _, t := range times {
		if t > math.MaxUint32 {
			return 1
		}
	}
	return 0
}

// movie appends the moov box (§8.2.1).
func (b *builder) movie(p *plan) (err error) {
	b.box("moov", func() {
		length := p.played
		if p.video != nil {
			length = max(length, p.video.shown)
		}
		v := version(p.created, length)
		b.fullBox("mvhd", v, 0, func() { // §8.2.2
			b.time(v, p.created)
			b.time(v, p.created)
			b.u32(uint32(p.Config.SampleRate))
			b.time(v, length)
			b.u32(0x10000) // rate 1
			b.u16(0x100)   // volume 1
			b.zero(2 + 8)
			b.matrix()
			b.zero(6 * 4)
			b.u32(nextTrack(p))
		})
		b.videoTrack(p)
		b.box("trak", func() {
			b.trackHeader(p, audioTrack, enabled)
			b.box("edts", func() { b.editList(p.edits) })
			b.chapterReference(p)
			b.box("mdia", func() { b.media(p) })
		})
		b.chapterTrack(p)
		err = b.userData(&p.Tags, p.Cover, chapterList(p.Chapters, p.Config.SampleRate))
	})
	return err
}

// enabled are the flags of a track that plays: enabled, in the movie and its
// preview (§8.3.2).
const enabled = 7

// Track ids of our files.
const (
	audioTrack   = 1
	chapterTrack = 2
	videoTrack   = 3
)

// nextTrack returns an id that no track has.
func nextTrack(p *plan) uint32 {
	switch {
	case p.video != nil:
		return videoTrack + 1
	case len(p.Chapters) > 0:
		return chapterTrack + 1
	}
	return audioTrack + 1
}

// trackHeader appends a tkhd box (§8.3.2).
func (b *builder) trackHeader(p *plan, id, flags uint32) {
	length := p.played
	if id == videoTrack {
		length = p.video.shown
	}
	v := version(p.created, length)
	volume := uint16(0x100) // 1
	if id != audioTrack {
		volume = 0
	}
	b.fullBox("tkhd", v, flags, func() {
		b.time(v, p.created)
		b.time(v, p.created)
		b.u32(id)
		b.u32(0)
		b.time(v, length)
		b.zero(8 + 2 + 2)
		b.u16(volume)
		b.zero(2)
		b.matrix()
		if id == videoTrack { // in 16.16
			b.u32(uint32(p.video.Width) << 16)
			b.u32(uint32(p.video.Height) << 16)
		} else {
			b.zero(4 + 4)
		}
	})
}

// editList appends an elst box (§8.6.6). Lengths are in units of the movie's
// timescale, starts in those of the media's; ours are the same.
func (b *builder) editList(edits []Edit) {
	var v byte
	for _, e := range edits {
		if e.Samples > math.MaxUint32 || e.Start > math.MaxInt32 {
			v = 1
		}
	}
	b.fullBox("elst", v, 0, func() {
		b.u32(uint32(len(edits)))
		for _, e := range edits {
			b.time(v, e.Samples)
			b.time(v, e.Start)
			b.u32(0x10000) // media_rate 1
		}
	})
}

// media appends what stands in an mdia box (§8.4).
func (b *builder) media(p *plan) {
	b.mediaHeader(p, p.Config.SampleRate, p.duration)
	b.handler("soun", "", "SoundHandler")
	b.box("minf", func() {
		b.fullBox("smhd", 0, 0, func() { b.zero(4) }) // §12.2.2
		b.dataInformation()
		b.box("stbl", func() { b.sampleTable(p) })
	})
}

// mediaHeader appends the mdhd box of a track with a timescale that lasts so
// many units of it (§8.4.2).
func (b *builder) mediaHeader(p *plan, scale int, duration int64) {
	v := version(p.created, duration)
	b.fullBox("mdhd", v, 0, func() {
		b.time(v, p.created)
		b.time(v, p.created)
		b.u32(uint32(scale))
		b.time(v, duration)
		b.u16(('u'-0x60)<<10 | ('n'-0x60)<<5 | ('d' - 0x60)) // language: undetermined
		b.u16(0)
	})
}

// dataInformation appends a dinf box: the data is in this file (§8.7.2).
func (b *builder) dataInformation() {
	b.box("dinf", func() {
		b.fullBox("dref", 0, 0, func() {
			b.u32(1)
			b.fullBox("url ", 0, 1, func() {})
		})
	})
}

// sampleTable appends what stands in an stbl box (§8.5).
func (b *builder) sampleTable(p *plan) {
	units := p.Units
	b.fullBox("stsd", 0, 0, func() {
		b.u32(1)
		b.sampleEntry(p)
	})
	b.fullBox("stts", 0, 0, func() { // §8.6.1.2
		b.u32(uint32(len(p.times)))
		b.table(8*int64(len(p.times)), p.writeTimes)
	})
	b.fullBox("stsc", 0, 0, func() { b.chunkShape(p.Units, p.perChunk) })
	b.sampleSizes(units, p.Size)
	b.chunkOffsets(p, p.chunks(), p.writeOffsets)
	// To play from a unit on, decoding begins so many earlier (§10.1).
	b.fullBox("sgpd", 1, 0, func() {
		b.str("roll")
		b.u32(2) // default_length
		b.u32(1)
		b.u16(uint16(-p.roll)) // roll_distance
	})
	b.fullBox("sbgp", 0, 0, func() {
		b.str("roll")
		b.u32(1)
		b.u32(uint32(units))
		b.u32(1)
	})
}

// chunkOffsets appends an stco or co64 box (§8.7.5) of n entries that write
// will produce.
func (b *builder) chunkOffsets(p *plan, n int64, write func(w *bufio.Writer) error) {
	kind, width := "stco", int64(4)
	if p.long {
		kind, width = "co64", 8
	}
	b.fullBox(kind, 0, 0, func() {
		b.u32(uint32(n))
		b.table(width*n, write)
	})
}

// sampleSizes appends an stsz box of so many sizes (§8.7.3.2).
func (b *builder) sampleSizes(units int64, size func(i int64) int) {
	b.fullBox("stsz", 0, 0, func() {
		b.u32(0)
		b.u32(uint32(units))
		b.table(4*units, func(w *bufio.Writer) error {
			var e []byte
			for i := range units {
				e = binary.BigEndian.AppendUint32(e[:0], uint32(size(i)))
				if _, err := w.Write(e); err != nil {
					return err
				}
			}
			return nil
		})
	})
}

// chunkShape appends the entries of an stsc box (§8.7.4): all chunks are of
// one length, but the last one may be shorter.
func (b *builder) chunkShape(units, perChunk int64) {
	full, rest := units/perChunk, units%perChunk
	type entry struct{ first, units int64 }
	var list []entry
	if full > 0 {
		list = append(list, entry{1, perChunk})
	}
	if rest > 0 {
		list = append(list, entry{full + 1, rest})
	}
	b.u32(uint32(len(list)))
	for _, e := range list {
		b.u32(uint32(e.first))
		b.u32(uint32(e.units))
		b.u32(1)
	}
}

// sampleEntry appends an mp4a box (ISO/IEC 14496-14, 6.7.2), or that of Opus.
func (b *builder) sampleEntry(p *plan) {
	if p.Config.Codec == track.Opus {
		b.opusEntry(p)
		return
	}
	b.box("mp4a", func() {
		b.zero(6)
		b.u16(1) // data_reference_index
		b.zero(8)
		b.u16(uint16(p.Config.Channels))
		b.u16(16) // samplesize, a template
		b.zero(4)
		rate := uint32(p.Config.SampleRate)
		if rate > math.MaxUint16 {
			rate = 0 // does not fit; the decoder configuration has it
		}
		b.u32(rate << 16)
		b.fullBox("esds", 0, 0, func() { b.elementaryStream(p) })
	})
}

// elementaryStream appends an ES_Descriptor (ISO/IEC 14496-1, 7.2.6.5) with
// what a decoder of the track needs.
func (b *builder) elementaryStream(p *plan) {
	special := int(len(p.Config.Specific))
	const header = 5 // tag and length
	decoder := 13 + header + special
	b.descriptor(tagES, 3+header+decoder+header+1)
	b.u16(0) // ES_ID, 0 in files (ISO/IEC 14496-14, 3.1.2)
	b.u8(0)
	b.descriptor(tagDecoderConfig, decoder)
	b.u8(0x40)     // objectTypeIndication: MPEG-4 audio
	b.u8(5<<2 | 1) // streamType: audio
	b.u8(0)        // bufferSizeDB, 24 bits: a unit is below 2^16
	b.u16(uint16(p.largest))
	b.u32(uint32(min(p.peakRate, math.MaxUint32)))
	b.u32(uint32(min(p.bitRate, math.MaxUint32)))
	b.descriptor(tagDecoderSpecial, special)
	b.str(p.Config.Specific)
	b.descriptor(tagSLConfig, 1)
	b.u8(2) // the predefined configuration of MP4 files
}

// descriptor appends a tag and a length, in the four bytes that QuickTime
// writes and some players insist on (ISO/IEC 14496-1, 8.3.3).
func (b *builder) descriptor(tag byte, length int) {
	b.u8(tag)
	b.u8(0x80 | byte(length>>21)&0x7F)
	b.u8(0x80 | byte(length>>14)&0x7F)
	b.u8(0x80 | byte(length>>7)&0x7F)
	b.u8(byte(length) & 0x7F)
}
