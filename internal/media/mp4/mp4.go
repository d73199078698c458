// Package mp4 reads the sound of MP4, M4A and QuickTime files, and writes
// .m4a files, and .mp4 files of H.264 pictures with sound (ISO/IEC 14496-12,
// the ISO base media file format; 14496-14, the MP4 format; 14496-15 for H.264
// in it; Apple's QuickTime File Format for what predates them).
//
// It walks the boxes itself, through small windows over an io.ReaderAt, and
// keeps no table of a file in memory: what a damaged or hostile file claims
// about itself costs neither memory nor more time than its bytes are worth.
//
// In comments, §x.y is a clause of ISO/IEC 14496-12:2022.
package mp4

import "errors"

// Errors of NewReader, wrapped with what is known beyond that.
var (
	// ErrNotMP4 means that a file does not begin with a box of this format.
	ErrNotMP4 = errors.New("not an MP4 file")
	// ErrNoMoov means that a file begins as it should but that its movie box,
	// without which nothing in it can be found, is missing or cut. It often
	// stands at the end: a download was cut short.
	ErrNoMoov = errors.New("the file is incomplete: its index (moov) is missing")
	// ErrNoAudio means that a file has no audio track.
	ErrNoAudio = errors.New("no audio track in the file")
	// ErrEncrypted means that the audio track is protected (§8.12).
	ErrEncrypted = errors.New("the audio track is encrypted")
	// ErrCodec means that the audio track is coded in a way that this package
	// does not know, or that what a decoder needs to know of it is missing.
	ErrCodec = errors.New("unsupported audio coding")
)

// An Edit is a stretch of a track that is to be played (§8.6.6). A track
// plays its edits one after the other; samples in none of them are decoded at
// most, as priming or padding is.
type Edit struct {
	Start   int64 // of the stretch on the track's own timeline, in samples
	Samples int64 // how long it lasts
}
