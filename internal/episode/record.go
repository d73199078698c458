package episode

import (
	"context"

	"github.com/spaces-cli/spaces/internal/clip"
	ledger "github.com/spaces-cli/spaces/internal/library/made"
	"github.com/spaces-cli/spaces/internal/library/space"
	"github.com/spaces-cli/spaces/internal/recording"
)

// A Record is what is kept of an exported episode, as <file>.json (such as
// talk.m4a.json) beside it in the recording's folder episodes; earlier versions
// called it <name>.json (talk.json). Feeds are built from these records alone.
// Like all sidecars it says nothing of when it was written.
type Record struct {
	Schema int    `json:"schema"`
	ID     string `json:"id"`   // of the Space
	File   string `json:"file"` // name in the folder episodes
	Type   string `json:"type"` // MIME type: audio/x-m4a, audio/mpeg, audio/ogg, audio/flac, audio/wav
	Bytes  int64  `json:"bytes"`
	SHA256 string `json:"sha256"`

	Title       string     `json:"title"`
	Description string     `json:"description"` // plain text, paragraphs parted by empty lines
	Date        space.Time `json:"date"`        // when the Space began
	Duration    float64    `json:"duration"`    // of the episode, in seconds
	Samples     int64      `json:"samples"`
	SampleRate  int        `json:"sample_rate"`
	Channels    int        `json:"channels"`
	BitRate     int        `json:"bit_rate"`

	Host     *space.Person   `json:"host"`
	Speakers []space.Speaker `json:"speakers"`

	// Kept are the stretches of the recording that are in the episode, in
	// order: what was trimmed or cut lies between them. They turn a position
	// in the recording (a clip, a turn) into one in the episode.
	Kept []Kept `json:"kept"`

	// Intro and Outro are files of the host's before and after the recording.
	Intro *Added `json:"intro,omitempty"`
	Outro *Added `json:"outro,omitempty"`

	Chapters    []Chapter `json:"chapters"`
	ChapterFile string    `json:"chapter_file,omitempty"` // JSON 1.2 beside the audio
	// ChapterDraft is the file beside the audio with proposed chapters to edit, in
	// the time of the recording.
	ChapterDraft string   `json:"chapter_draft,omitempty"`
	Transcripts  []string `json:"transcripts,omitempty"` // files beside the audio: .vtt, .srt, .transcript.json, .txt
	// TranscriptLanguage is the code of the language, where it is known, and
	// TranscriptSpeakers how the names in the transcript are: "confirmed" turns,
	// "levels", which are estimates, or the "file" that was given.
	TranscriptLanguage string `json:"transcript_language,omitempty"`
	TranscriptSpeakers string `json:"transcript_speakers,omitempty"`
	Cover              string `json:"cover,omitempty"` // file beside the audio: .jpg or .png
	Notes              string `json:"notes,omitempty"` // file beside the audio: .notes.md

	ReEncoded bool `json:"re_encoded"`
	// Gain says by how much the levels were changed of sound that was not
	// re-encoded; nil where they are as they were.
	Gain   *clip.Shift `json:"gain,omitempty"`
	Before *Levels     `json:"before,omitempty"`
	After  *Levels     `json:"after,omitempty"` // of the file; with Gain as it was computed from the decoded recording
	// Remarks are what the host should know of the sound, such as a loudness that was
	// not reached: an export that finds the episode up to date says it again.
	Remarks []string `json:"remarks,omitempty"`
	// Sidecars are what was written beside it. A file that has another hash by now
	// was changed by the host, and is not written over.
	Sidecars []Sidecar  `json:"sidecars,omitempty"`
	Settings Settings   `json:"settings"`
	Source   []Original `json:"source"`
	// ConsentMissing are the handles of those who are heard and had not agreed
	// to it when it was made; "" is somebody unknown.
	ConsentMissing []string `json:"consent_missing,omitempty"`
	// Omitted are the stretches in which those speak who have not agreed, and
	// who are not heard in it: cut out, or silent.
	Omitted   []recording.Omitted `json:"omitted,omitempty"`
	WrittenBy string              `json:"written_by"`
	// Listing is the episode's place in the library's first show, and Shows that
	// in others, by their names.
	Listing
	Shows map[string]*Listing `json:"shows,omitempty"`
}

// A Sidecar is a file beside the audio, as it was written.
type Sidecar struct {
	File   string `json:"file"`
	SHA256 string `json:"sha256"`
}

// SidecarSHA256 is the hash of a file beside the audio as it was written, or ""
// if the record has none.
func (r *Record) SidecarSHA256(file string) string {
	for _, s := range r.Sidecars {
		if s.File == file {
			return s.SHA256
		}
	}
	return ""
}

// A Kept is a stretch of the recording that is in the episode.
type Kept struct {
	Start   float64 `json:"start"`   // in the recording, in seconds
	Seconds float64 `json:"seconds"` // how long
	At      float64 `json:"at"`      // where it begins in the episode
}

// A Chapter is a mark in the episode.
type Chapter struct {
	Start float64 `json:"start"` // seconds
	Title string  `json:"title"`
}

// Levels are the measured loudness of the audio.
type Levels struct {
	Integrated *float64 `json:"integrated"` // LUFS; null when silent
	Range      *float64 `json:"range"`      // LU
	TruePeak   *float64 `json:"true_peak"`  // dBTP
	// TruePeakAtLeast says that the decoder cut the sound off at full scale, where
	// access units cannot be shifted: the true peak is 0 dBTP or more.
	TruePeakAtLeast bool `json:"true_peak_at_least,omitempty"`
}

// Settings are what the episode was asked for. The same source and settings
// give the same bytes.
type Settings struct {
	Preset      string   `json:"preset"`
	Format      string   `json:"format"`
	BitRate     int      `json:"bit_rate,omitempty"`
	Mono        bool     `json:"mono,omitempty"`
	Loudness    *float64 `json:"loudness,omitempty"`  // LUFS; null: as it is
	TruePeak    *float64 `json:"true_peak,omitempty"` // dBTP
	TrimSilence bool     `json:"trim_silence,omitempty"`
	CutSilence  float64  `json:"cut_silence,omitempty"` // seconds
	KeepGaps    bool     `json:"keep_gaps,omitempty"`
	Level       bool     `json:"level,omitempty"`
	Encode      string   `json:"encode,omitempty"` // always, never; "" is auto
	Chapters    string   `json:"chapters,omitempty"`
	Transcript  string   `json:"transcript,omitempty"` // hash of its words and their times in the recording
	Encoder     string   `json:"encoder,omitempty"`
	ID3         string   `json:"id3,omitempty"`   // version of the tag of an .mp3, if not 2.3
	Tags        string   `json:"tags,omitempty"`  // hash of title, cover and all other tags
	Intro       string   `json:"intro,omitempty"` // SHA-256 of the file
	Outro       string   `json:"outro,omitempty"`
	Fade        float64  `json:"fade,omitempty"` // seconds that were asked for
}

// An Original is an original that the episode was made from.
type Original struct {
	Archive string `json:"archive,omitempty"` // SHA-256
	Member  string `json:"member,omitempty"`
	SHA256  string `json:"sha256"`
}

// remember keeps in the library what was written elsewhere: how the file can be
// told from others, and what of the recording is in it. It holds no names.
func (e *export) remember(ctx context.Context, look bool) {
	r := &e.rec
	err := ledger.Add(ctx, e.Library.Dir(), ledger.Episode, r.SHA256, &Record{
		Schema: r.Schema, ID: r.ID, Type: r.Type, Bytes: r.Bytes, SHA256: r.SHA256,
		Date: r.Date, Duration: r.Duration, Samples: r.Samples, SampleRate: r.SampleRate, Channels: r.Channels, BitRate: r.BitRate,
		Kept: r.Kept, Intro: r.Intro, Outro: r.Outro, ReEncoded: r.ReEncoded, Gain: r.Gain, Before: r.Before, After: r.After, Settings: r.Settings, Omitted: r.Omitted, WrittenBy: r.WrittenBy,
	}, look)
	if err != nil {
		e.note("the library could not record this file, so it may not be possible to prove its origin later: %v", err)
	}
}

// Locate turns a position in the recording into one in the episode. What was
// cut out maps to where the cut is; ok is false for it.
func (r *Record) Locate(at float64) (in float64, ok bool) {
	for _, k := range r.Kept {
		if at < k.Start {
			return k.At, false
		}
		if at < k.Start+k.Seconds {
			return k.At + at - k.Start, true
		}
		in = k.At + k.Seconds
	}
	return in, false
}
