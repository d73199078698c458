package episode

import (
	"slices"
	"time"

	"github.com/spaces-cli/spaces/internal/clip"
	"github.com/spaces-cli/spaces/internal/episode/chapters"
	"github.com/spaces-cli/spaces/internal/languages"
	"github.com/spaces-cli/spaces/internal/library"
	"github.com/spaces-cli/spaces/internal/media/format"
	"github.com/spaces-cli/spaces/internal/media/tags"
	"github.com/spaces-cli/spaces/internal/recording"
)

// A Preset is a set of defaults for a purpose.
type Preset string

const (
	// Host is for a podcast host to publish: brought to loudness.
	Host Preset = "host"
	// Untouched is for services that work on the sound themselves: its access
	// units as they are.
	Untouched Preset = "untouched"
	// Archive is for keeping: FLAC, and no sample changed.
	Archive Preset = "archive"
)

// The defaults of Apple's and Google's advice to podcasters.
const (
	TruePeak = -1.0 // dBTP
	// Tolerance is how far from the target a loudness may be for the sound to
	// be left as it is.
	Tolerance = 1.0 // LU
	// MaxGain bounds how much is amplified: beyond it there is little but
	// noise to bring up.
	MaxGain = clip.MaxGain // dB
)

// A Request says what to make an episode of, and how.
type Request struct {
	Recording *recording.Recording
	Library   *library.Library
	Version   string // of the program, for the record
	// Language is that of those who will listen: of the description that is made,
	// and of the notes. nil is English.
	Language *languages.Language

	// Publish lets the episode enter the feed of the show with the name Show;
	// Listing says what else changes of its place there. One that is made anew
	// stays published if it was.
	Publish bool
	Show    string
	Listing Relisting

	Preset Preset
	Format format.Format // "" is that of the preset: m4a or mp3, that of the recording, flac
	// Loudness is the target in LUFS; nil is the default for the number of
	// channels. TruePeak likewise, in dBTP.
	Loudness, TruePeak *float64
	KeepLoudness       bool // change no level at all
	Mono               bool
	BitRate            int    // of lossy formats, bits per second; 0 is 64 kb/s a channel
	Encoder            string // of MP3: lame, ffmpeg, or spaces, which "" is too
	Encode             ReEncoding

	TrimSilence bool
	CutSilence  time.Duration // shorten pauses that are longer than this to it; 0 leaves them
	// Chapters, in seconds of the recording, go into the episode where it has
	// what they mark. ChapterSource says where they come from, for the record.
	Chapters      []chapters.Chapter
	ChapterSource string
	// ChapterDraft is the text of a file beside the episode in which the host can
	// edit chapters that are only a proposal; or empty.
	ChapterDraft []byte
	// RoughChapters says that they come from turns that nobody has confirmed.
	RoughChapters bool

	Transcript Transcript

	// Intro and Outro go before and after the recording; nil: there is none. They and
	// the recording fade into each other for Fade, for less where one is short.
	Intro, Outro *Bumper
	Fade         time.Duration
	// IntroChapter is the title of a chapter at the start of the intro; "" is none.
	IntroChapter string

	KeepGaps bool // silence where the recording has gaps, as long as they are
	Level    bool // bring quiet and loud speakers nearer to each other

	// ConsentMissing are the handles of those who are heard and have not agreed
	// to it; "" is somebody unknown. The notes say so.
	ConsentMissing []string
	// Omit is what is left out, with those who speak in it: whose handle or id is
	// in Unnamed is not named as a speaker.
	Omit    recording.Omission
	Unnamed []string

	Title       string      // "" is that of the Space
	Description string      // template of the description; "" names the day and the host
	Set         []tags.Pair // tags by name
	ID3         string      // version of the tag of an .mp3: 2.3, which "" is too, or 2.4
	// Cover is a JPEG or PNG, checked by package cover. If it is empty the
	// library's is taken, if it has one; NoCover takes none.
	Cover   []byte
	NoCover bool
	Name    string // template of the file's name; "" is DefaultName

	Dir   string // where it goes; "" is the recording's folder episodes
	File  string // name in Dir; "" is made by Name
	Force bool   // replace a file that is not this Space's episode
	Jobs  int
}

// A Status says what Export did. The words appear in JSON.
type Status string

const (
	Written Status = "written"
	Done    Status = "done" // it was there, and up to date
)

// A Result is an episode that was exported.
type Result struct {
	Record
	Path   string   // of the audio, absolute
	Status Status   //
	Notes  []string // what the host should know: a target out of reach, a cover left out
}

// settle fills in what the preset says, and refuses what contradicts it.
func (q *Request) settle() error {
	if q.Preset == "" {
		q.Preset = Host
	}
	processed := q.Mono || q.Level || q.BitRate > 0 || q.Loudness != nil || q.TruePeak != nil
	switch q.Preset {
	case Host:
		if q.Format == "" {
			q.Format = q.usualFormat()
		}
	case Untouched, Archive:
		if b, name := q.bumper(); b != nil {
			return recording.Problemf(BadRequest, Joins, "the preset %s leaves the sound as it is: it cannot have an %s", q.Preset, name)
		}
		if q.Preset == Untouched && q.Encode == EncodeAlways {
			return recording.Problemf(BadRequest, PresetProcessed, "the preset untouched leaves the sound as it is: it cannot be re-encoded")
		}
		if processed {
			return recording.Problemf(BadRequest, PresetProcessed, "the preset %s leaves the sound as it is: its channels, levels, bit rate, loudness and true peak cannot change", q.Preset)
		}
		q.KeepLoudness = true
		if q.Preset == Archive {
			if q.Format != "" && q.Format != format.FLAC {
				return recording.Problemf(BadRequest, PresetFormat, "the preset archive is always FLAC, not %s", q.Format)
			}
			q.Format = format.FLAC
		}
	default:
		return recording.Problemf(BadRequest, "", "unknown preset %q (use host, untouched or archive)", q.Preset)
	}
	switch q.Encode {
	case "", EncodeAuto, EncodeAlways, EncodeNever:
	default:
		return recording.Problemf(BadRequest, "", "unknown encoding %q (use auto, always or never)", q.Encode)
	}
	if q.Preset == Untouched && len(q.Omit.Spans) > 0 {
		return recording.Problemf(BadRequest, PresetUntouched, "the preset untouched leaves the sound as it is: it cannot leave speakers out")
	}
	if q.Preset == Untouched {
		all := recording.Span{Samples: q.Recording.Samples}
		native := clip.Native(q.Recording, all)
		if q.Format == "" {
			q.Format = native
		}
		if q.CutSilence > 0 || q.KeepGaps {
			return recording.Problemf(BadRequest, PresetPauses, "the preset untouched leaves the sound as it is: it cannot cut silence or fill gaps with it")
		}
		if q.Format != native || native != format.FLAC && !clip.Copies(q.Recording, all, q.Format) {
			return recording.Problemf(NotCopied, PresetUntouched, "the audio of %s does not fit into one %s file without re-encoding", q.Recording.Space.ID, q.Format)
		}
	}
	if !slices.Contains(format.Encoded(), q.Format) {
		return recording.Problemf(BadRequest, "", "an episode cannot have the format %q (use %s)", q.Format, format.List(format.Encoded()))
	}
	switch {
	case q.ID3 == "":
	case q.ID3 != "2.3" && q.ID3 != "2.4":
		return recording.Problemf(BadRequest, "", "unsupported ID3 version %q (use 2.3 or 2.4)", q.ID3)
	case q.Format != format.MP3:
		return recording.Problemf(BadRequest, NoID3, ".%s files have no ID3 tag: the version applies to .mp3 only", q.Format)
	}
	if q.KeepLoudness && (q.Loudness != nil || q.TruePeak != nil) {
		return recording.Problemf(BadRequest, LoudnessKept, "the loudness cannot have a target when it is kept as it is")
	}
	return nil
}

// usualFormat is that of an episode for which none is named: .mp3 where frames of
// MP3 can be written, else .m4a.
func (q *Request) usualFormat() format.Format {
	all := recording.Span{Samples: q.Recording.Samples}
	added, _ := q.bumper()
	changed := added != nil || q.CutSilence > 0 || q.KeepGaps || q.BitRate > 0 || len(q.Omit.Spans) > 0 || q.Encode == EncodeAlways || q.Mono && q.Recording.Format().Channels > 1
	if !changed && clip.Native(q.Recording, all) == format.MP3 && clip.Copies(q.Recording, all, format.MP3) {
		return format.MP3
	}
	return format.M4A
}

func (q *Request) language() *languages.Language {
	if q.Language == nil {
		english, _ := languages.For("en")
		return english
	}
	return q.Language
}
