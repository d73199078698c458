// Package track holds the words in which the format packages speak about
// audio: what a file holds, how its access units are coded, where they lie,
// which timed tags stand between them and what is damaged. It contains types
// and their arithmetic only; it reads no format.
//
// Units used throughout: byte offsets count from the start of the source
// file; samples are sample frames (one value per channel) at the sample rate
// of the run they belong to; an access unit is the smallest coded piece a
// decoder takes (an AAC raw_data_block, an MPEG audio frame, a block of PCM).
package track

import "fmt"

// A Codec names how access units are coded. The words appear in JSON.
type Codec string

const (
	AACLC Codec = "aac-lc"
	// HEAAC is AAC with SBR or PS, signalled or found in the units.
	HEAAC Codec = "he-aac"
	// AACOther is any AAC object type but LC, SBR and PS (Main, LTP, …).
	AACOther Codec = "aac"
	MP3      Codec = "mp3" // MPEG-1, -2 and -2.5 audio, Layer III
	PCM      Codec = "pcm" // integer or float PCM, as Config.Specific says
	FLAC     Codec = "flac"
	Opus     Codec = "opus"
	ALAC     Codec = "alac" // Apple Lossless
	Vorbis   Codec = "vorbis"
	MP1      Codec = "mp1" // MPEG-1 and -2 audio, Layer I
	MP2      Codec = "mp2" // Layer II
)

// A Format names the container that units were found in. The words appear in
// JSON.
type Format string

const (
	ADTS    Format = "adts"
	MPEGTS  Format = "mpegts"
	MP4     Format = "mp4"
	MP3File Format = "mp3"
	WAV     Format = "wav"
	FLACRaw Format = "flac"
	Ogg     Format = "ogg"

	Matroska Format = "matroska" // WebM too
	AIFF     Format = "aiff"
	FLV      Format = "flv"
	CAF      Format = "caf"
	AU       Format = "au"
	W64      Format = "w64"
	AVI      Format = "avi"
	Layer12  Format = "mpeg-layer-1-2" // frames of MPEG audio Layer I or II
)

// Config says how the access units of a run are decoded. It is comparable:
// two units belong to the same run exactly when their configs are equal.
type Config struct {
	Codec      Codec
	SampleRate int // samples per second
	Channels   int
	// UnitSamples is how many samples every access unit lasts (1024 for AAC,
	// 1152 or 576 for MP3, PCMUnit for PCM), or 0 where units differ.
	UnitSamples int
	// Specific is what a decoder needs beyond that, as bytes: for AAC the
	// AudioSpecificConfig (ISO/IEC 14496-3, 1.6.2.1), for PCM the body of the
	// WAVE fmt chunk, for FLAC the STREAMINFO block, for Opus the
	// identification header without look-ahead and input rate, for ALAC the cookie,
	// for Vorbis the first and the last header, for MPEG audio nothing.
	Specific string
}

// Varies reports whether units of the coding need not last equally long, so that
// only a list of their lengths tells where a sample lies.
func (c Codec) Varies() bool { return c == PCM || c == FLAC || c == Opus }

// Usual is how many samples units last as good as always, or 0 if that is not
// known: UnitSamples, and of Opus the 20 ms that every encoder makes unless told
// otherwise.
func (c Config) Usual() int {
	if c.Codec == Opus && c.UnitSamples == 0 {
		return c.SampleRate / 50
	}
	return c.UnitSamples
}

// PCMUnit is how many samples the readers of PCM put into one unit.
const PCMUnit = 1024

func (c Config) String() string {
	return fmt.Sprintf("%s %d Hz %d ch", c.Codec, c.SampleRate, c.Channels)
}

// A Packet is one access unit as a Reader finds it.
type Packet struct {
	// Offset is where the unit's first byte lies in the source: its header,
	// if the format has one. In formats that scatter a unit (MPEG-TS) it is
	// where the first part lies.
	Offset int64
	// Data is what a decoder is given: for AAC the raw_data_block without
	// ADTS header and CRC, for MP3 the whole frame, header included. It is
	// valid until the next call of Next.
	Data []byte
	// Run is the index in Track.Runs of the run the unit belongs to.
	Run int
	// Samples is how many samples the unit lasts.
	Samples int
}

// An Event is a tag that stands between the units of a stream.
type Event struct {
	Offset int64 // of the tag's first byte in the source
	Unit   int64 // how many access units of this file come before it
	Run    int   // the run that it falls in: that of the next unit
	Sample int64 // how many samples of that run come before it
	// ID is the ID3v2 frame id, "PRIV", "TIT3" or "TXXX"; in formats with
	// timed metadata of another kind, the id under which that kind is known.
	ID string
	// Name is the frame's description or owner ("JSONMetadata",
	// "com.apple.streaming.transportStreamTimestamp"), or empty.
	Name string
	// Value is the frame's content: text as UTF-8 without terminator, PRIV as
	// its bytes. It is valid during the call only.
	Value []byte
}

// A Run is a stretch of units of one file that share one Config.
type Run struct {
	Config
	FirstUnit int64 // index in the file of the run's first unit
	Units     int64
	Samples   int64 // that the units last, priming and padding included
	Bytes     int64 // of Packet.Data
	// Skip samples at the start of the run are priming that the source
	// declares (an edit list, a LAME tag): decoded, not played.
	Skip int64
	// Trim samples at its end are padding that the source declares.
	Trim int64
}

// Played returns how many samples of the run are to be heard.
func (r Run) Played() int64 { return max(0, r.Samples-r.Skip-r.Trim) }

// MaxRuns bounds how often a file's parameters may change before a Reader
// gives up with ErrTooManyRuns.
const MaxRuns = 4096

// Track is what a whole file holds, known once it is read to its end.
type Track struct {
	Format Format
	Bytes  int64 // size of the source
	Runs   []Run
	Damage DamageList
	// Tags are the standing tags of the whole file (not the timed ones),
	// under the names "title", "artist", "album", "date", "comment".
	Tags map[string]string
	// Encoder is the program that coded the units, if the container names it
	// and files with the same units should: "LAME3.100" in an MP3's Info frame.
	Encoder string
	// Video says that the file has a moving picture too.
	Video bool
	// OtherTracks is how many tracks of sound the file has beside the one that
	// is read.
	OtherTracks int
}

// Units returns the number of access units in all runs.
func (t *Track) Units() int64 {
	var n int64
	for _, r := range t.Runs {
		n += r.Units
	}
	return n
}

// Seconds returns how long the track plays, priming and padding left out.
func (t *Track) Seconds() float64 {
	var s float64
	for _, r := range t.Runs {
		if r.SampleRate > 0 {
			s += float64(r.Played()) / float64(r.SampleRate)
		}
	}
	return s
}

// A Reader walks through the access units of one file, first to last.
type Reader interface {
	// Next puts the next access unit into p. At the end of the file it
	// returns io.EOF. Damage is not an error: it is skipped and noted in the
	// Track. An error other than io.EOF means that reading the source failed
	// or that it cannot be understood at all.
	Next(p *Packet) error
	// Track returns what has been seen so far; after io.EOF, all of it.
	Track() *Track
}

// Options tune a Reader. The zero value is ready to use.
type Options struct {
	// OnEvent, if set, is called for each timed tag, in file order, before
	// Next returns the unit that follows the tag (the last ones before it
	// returns io.EOF). An error from it ends the reading with that error.
	OnEvent func(*Event) error
}

// AddUnit notes one more unit of config c at the end of t, starting a new run
// if the config is not that of the last one, and returns the index of its
// run. It is for the format packages.
func (t *Track) AddUnit(c Config, samples, bytes int) (run int, err error) {
	n := len(t.Runs)
	if n == 0 || t.Runs[n-1].Config != c {
		if n >= MaxRuns {
			return 0, ErrTooManyRuns
		}
		var first int64
		if n > 0 {
			first = t.Runs[n-1].FirstUnit + t.Runs[n-1].Units
		}
		t.Runs = append(t.Runs, Run{Config: c, FirstUnit: first})
		n++
	}
	r := &t.Runs[n-1]
	r.Units++
	r.Samples += int64(samples)
	r.Bytes += int64(bytes)
	return n - 1, nil
}
