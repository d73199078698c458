// Package space holds the words in which the library speaks about a Space:
// the recording as scripts see it (list --json), and the sidecar space.json
// that keeps all that is known; and the arithmetic of its timeline.
//
// Times are RFC 3339 in UTC with milliseconds, durations are seconds, samples
// count at the sample rate named in Audio.
package space

import (
	"encoding/json"
	"strings"
	"time"
)

// Schema is the version of the JSON shapes in this package.
const Schema = 1

// A State says what the library has of a Space. The words appear in JSON.
type State string

const (
	Complete State = "complete"
	Damaged  State = "damaged"   // playable; the damage is listed
	NoAudio  State = "no-audio"  // a record, but no audio
	NoRecord State = "no-record" // audio, but no record
	Missing  State = "missing"   // the library's own file is gone
)

// States lists all states in the order in which they are documented.
var States = [...]State{Complete, Damaged, NoAudio, NoRecord, Missing}

// A TitleSource says where a title comes from, best first.
type TitleSource string

const (
	TitleHost    TitleSource = "host"     // given by the host: a flag or an edit
	TitleSidecar TitleSource = "sidecar"  // another tool's JSON file
	TitlePost    TitleSource = "post"     // the host's post that links the Space
	TitleFile    TitleSource = "filename" // the name of the file
	TitleDate    TitleSource = "date"     // none known: made from the date
)

// Rank orders title sources: a higher one replaces a lower one.
func (s TitleSource) Rank() int {
	switch s {
	case TitleHost:
		return 4
	case TitleSidecar:
		return 3
	case TitlePost:
		return 2
	case TitleFile:
		return 1
	}
	return 0
}

// Time is a time.Time that marshals as UTC with exactly three fraction
// digits, and as null when zero.
type Time struct{ time.Time }

const layout = "2006-01-02T15:04:05.000Z"

func (t Time) MarshalJSON() ([]byte, error) {
	if t.IsZero() {
		return []byte("null"), nil
	}
	return []byte(t.UTC().Format(`"` + layout + `"`)), nil
}

func (t Time) String() string {
	if t.IsZero() {
		return ""
	}
	return t.UTC().Format(layout)
}

// UnmarshalJSON accepts null and RFC 3339.
func (t *Time) UnmarshalJSON(b []byte) error {
	if string(b) == "null" || string(b) == `""` {
		*t = Time{}
		return nil
	}
	return t.Time.UnmarshalJSON(b)
}

// A Person is somebody on stage.
type Person struct {
	ID     string `json:"id,omitempty"` // X user id, where known
	Handle string `json:"handle,omitempty"`
}

// A Speaker is a person with the part they had.
type Speaker struct {
	Handle string `json:"handle,omitempty"`
	ID     string `json:"id,omitempty"`
	Role   string `json:"role"` // "host", "co-host" or "speaker"
	// TalkSeconds is how long they spoke, estimated from the levels in the
	// timed tags; nil when the audio has none.
	TalkSeconds *float64 `json:"talk_seconds,omitempty"`
}

// Audio describes the playable audio.
type Audio struct {
	Codec      string `json:"codec"`
	SampleRate int    `json:"sample_rate"`
	Channels   int    `json:"channels"`
	BitRate    int    `json:"bit_rate"` // bits per second, of the units alone
	Video      bool   `json:"video,omitempty"`
	// OtherTracks is how many further tracks of sound the original has: one is
	// played, the others are in the original only.
	OtherTracks int `json:"other_tracks,omitempty"`
}

// A Piece is one original file of a recording, in the order they are joined.
type Piece struct {
	Name     string  `json:"name"` // in the recording's original folder
	Bytes    int64   `json:"bytes"`
	SHA256   string  `json:"sha256"`
	CRC32    string  `json:"crc32,omitempty"` // as the ZIP stated and as verified
	Format   string  `json:"format"`
	Units    int64   `json:"units"`
	Samples  int64   `json:"samples"`
	Duration float64 `json:"duration"`
	// GapBefore is how many seconds of wall clock are missing between the
	// piece before and this one.
	GapBefore float64 `json:"gap_before"`
	// Overlap is how many seconds at its beginning stand in pieces before it
	// too and are played once.
	Overlap float64 `json:"overlap,omitempty"`
	Member  string  `json:"member,omitempty"`  // its name in the archive, or the loose file's
	Archive string  `json:"archive,omitempty"` // SHA-256 of the archive
	// Playlist says of a piece that was joined from the chunks of an HLS playlist
	// where it comes from and what of it is missing.
	Playlist *Playlist `json:"playlist,omitempty"`
	Damage   *Damage   `json:"damage,omitempty"`
}

// A Playlist is one of HLS that a piece was joined from. Of its address there is
// the host, and the last part of the path as the piece's Member: the rest may be
// a secret.
type Playlist struct {
	Host string `json:"host,omitempty"` // none: it was saved on a disk
	// Key is the same for the same address. Nothing can be read from it.
	Key            string  `json:"key,omitempty"`
	Ended          bool    `json:"ended"` // it said that no chunk is going to be added
	Chunks         int     `json:"chunks"`
	MissingChunks  int     `json:"missing_chunks"`
	MissingSeconds float64 `json:"missing_seconds"`
	Manifest       File    `json:"manifest"` // which chunk is where in the piece
}

// A File is one in the recording's original folder that is no sound.
type File struct {
	Name   string `json:"name"`
	Bytes  int64  `json:"bytes"`
	SHA256 string `json:"sha256"`
}

// Originals returns the files that a piece has in the recording's original
// folder: itself, and its manifest.
func (p *Piece) Originals() []File {
	list := []File{{p.Name, p.Bytes, p.SHA256}}
	if p.Playlist != nil {
		list = append(list, p.Playlist.Manifest)
	}
	return list
}

// Damage sums up what is wrong with a piece or a recording.
type Damage struct {
	Places      int64          `json:"places"`
	Bytes       int64          `json:"bytes"`
	LostUnits   int64          `json:"lost_units"`
	LostSeconds float64        `json:"lost_seconds"`
	Kinds       map[string]int `json:"kinds,omitempty"`
}

// A Recording is a Space with its audio as scripts see it.
type Recording struct {
	Schema      int         `json:"schema"`
	ID          string      `json:"id"`
	Title       string      `json:"title"`
	TitleSource TitleSource `json:"title_source"`
	Note        string      `json:"note,omitempty"`
	// StartedAt is the first sample's time by the audio's own clock, else the
	// record's createdAt. EndedAt likewise.
	StartedAt Time      `json:"started_at"`
	EndedAt   Time      `json:"ended_at"`
	Duration  *float64  `json:"duration"` // seconds of audio; nil when unknown
	Samples   *int64    `json:"samples"`
	Account   *Person   `json:"account,omitempty"` // whose archive it came in
	Host      *Person   `json:"host"`
	Speakers  []Speaker `json:"speakers"`
	Hashtags  []string  `json:"hashtags"`
	Mentions  []string  `json:"mentions"`
	Audio     *Audio    `json:"audio"`
	Pieces    []Piece   `json:"pieces"`
	// Order is "clock" where the clock in the audio contradicts the numbers of
	// the pieces: they are joined as the clock says.
	Order  string  `json:"order,omitempty"`
	State  State   `json:"state"`
	Damage *Damage `json:"damage,omitempty"`
	// Folder, File and Files are slash-separated paths below the library:
	// the recording's folder, its playable file, and all of its playable
	// files.
	Folder string   `json:"folder"`
	File   string   `json:"file,omitempty"`
	Files  []string `json:"files"`
}

// A Run is a stretch of a recording's timeline in which samples follow each
// other without a gap and share one codec configuration.
type Run struct {
	Piece int `json:"piece"` // index in Pieces
	// PieceUnit is how many units of the piece are left out before the run, in
	// the first run of a piece that overlaps one before it.
	PieceUnit   int64   `json:"piece_unit,omitempty"`
	File        int     `json:"file"` // index in Files of the playable that holds it
	SampleRate  int     `json:"sample_rate"`
	Channels    int     `json:"channels"`
	FirstUnit   int64   `json:"first_unit"`   // index in the playable file
	FirstSample int64   `json:"first_sample"` // position in the recording
	Samples     int64   `json:"samples"`      // that are heard
	Skip        int64   `json:"skip,omitempty"`
	Trim        int64   `json:"trim,omitempty"`
	GapBefore   float64 `json:"gap_before,omitempty"` // seconds by the clock
	Wall        Time    `json:"wall"`                 // of its first heard sample
	Anchors     int     `json:"anchors,omitempty"`    // clock tags that Wall is the median of
}

// A Config says how the units of a playable file are decoded.
type Config struct {
	Codec       string `json:"codec"`
	SampleRate  int    `json:"sample_rate"`
	Channels    int    `json:"channels"`
	UnitSamples int    `json:"unit_samples"`
	// Specific is what a decoder needs beyond that (for AAC the
	// AudioSpecificConfig), in base64.
	Specific []byte `json:"specific,omitempty"`
}

// A Turn is a stretch in which one person is heard, estimated from levels.
type Turn struct {
	Handle string  `json:"handle"` // "" where only an id or nothing is known
	Start  float64 `json:"start"`  // seconds from the recording's first sample
	End    float64 `json:"end"`
}

// Turns is the content of .spaces/turns.json.
type Turns struct {
	Schema      int    `json:"schema"`
	Approximate bool   `json:"approximate"`
	Method      string `json:"method"`
	Turns       []Turn `json:"turns"`
}

// A Part is one chunk of a live stream. The chunks of a folder are joined byte
// by byte into one piece, as a player does.
type Part struct {
	Name  string `json:"name"`
	Bytes int64  `json:"bytes"`
}

// An Earlier is an original that a better one has replaced. It stays in the
// original folder.
type Earlier struct {
	Name   string `json:"name"`
	Bytes  int64  `json:"bytes"`
	SHA256 string `json:"sha256"`
	Reason string `json:"reason"`
}

// An Origin says which archive contributed what.
type Origin struct {
	Archive  string   `json:"archive"` // its Key
	Name     string   `json:"name"`    // the archive's file name when imported
	Made     Time     `json:"made"`    // the archive's generation date
	Supplied []string `json:"supplied"`
	// Compared says how members of an archive on a server were found to be what
	// the library had already, where that was not by reading them.
	Compared string `json:"compared,omitempty"`
}

// A Naming is a title, what kind of title it is, and where it comes from. One
// from the date has no words: they are made of it.
type Naming struct {
	Title  string      `json:"title,omitempty"`
	Kind   TitleSource `json:"title_source"`
	Source string      `json:"source"`
}

// A Space is the content of space.json: the recording and all that is known
// besides. Nothing in it depends on when or how often it was imported.
type Space struct {
	Recording
	// Unedited is the title without that of the host, where they gave one: what
	// there is besides comes from an archive, and the library does not keep that.
	Unedited *Naming `json:"title_unedited,omitempty"`
	// Sources says for each fact (a JSON key) where it comes from.
	Sources  map[string]string `json:"sources"`
	Timeline []Run             `json:"timeline"`
	// Configs say how the playable files are decoded, one for each of Files.
	Configs []Config `json:"configs"`
	// FileSHA256 are the hashes of the playable files, one for each of Files;
	// the packet index of a file bears its hash as its name.
	FileSHA256 []string        `json:"file_sha256"`
	Record     json.RawMessage `json:"record,omitempty"`  // untouched, as X wrote it
	Sidecar    json.RawMessage `json:"sidecar,omitempty"` // untouched, as another tool wrote it
	Parts      []Part          `json:"parts,omitempty"`   // that a piece was joined from
	Earlier    []Earlier       `json:"earlier,omitempty"`
	Provenance []Origin        `json:"provenance"`
	WrittenBy  string          `json:"written_by"` // program and version
}

// An Archive is the content of archives/<hash>.json: what an imported archive
// held.
type Archive struct {
	Schema int `json:"schema"`
	// SHA256 is "" of an archive on a server, of which only parts were read.
	// Listing is the hash of its list of members then, From the server, and ETag
	// what that calls this version of the file.
	SHA256  string        `json:"sha256"`
	Listing string        `json:"listing_sha256,omitempty"`
	From    string        `json:"from,omitempty"`
	ETag    string        `json:"etag,omitempty"`
	Name    string        `json:"name"`
	Bytes   int64         `json:"bytes"`
	Kind    string        `json:"kind"` // "zip", "folder" or "files"
	Account *Person       `json:"account,omitempty"`
	Made    Time          `json:"made"`
	Partial bool          `json:"partial"`
	Section string        `json:"section"` // "none", "empty" or "present"
	Records int           `json:"records"`
	Media   int           `json:"media"`
	Types   []ArchiveType `json:"types"`
	Spaces  []string      `json:"spaces"` // ids
	// Links are the Spaces that the owner's posts link and of which the
	// archive has nothing else: the owner's own or somebody else's.
	Links []Link `json:"links,omitempty"`
}

// listed begins the key of an archive whose SHA-256 is not known.
const listed = "listing-"

// Key is what an archive is known by: its SHA-256, or listing- and that of its
// list of members.
func (a *Archive) Key() string {
	if a.SHA256 == "" && a.Listing != "" {
		return ListingKey(a.Listing)
	}
	return a.SHA256
}

// ListingKey is the key of an archive with that list of members.
func ListingKey(sha256 string) string { return listed + sha256 }

// Listing returns the SHA-256 of the list of members in the key of an archive on
// a server, or "" for another key.
func Listing(key string) string {
	sum, ok := strings.CutPrefix(key, listed)
	if !ok {
		return ""
	}
	return sum
}

// KeyWords says of the key of an archive what it is: "SHA-256 …".
func KeyWords(key string) string {
	if sum := Listing(key); sum != "" {
		return "list of members with SHA-256 " + sum
	}
	return "SHA-256 " + key
}

// A Link is a Space that is known from a post alone.
type Link struct {
	ID       string `json:"id"`
	PostedAt Time   `json:"posted_at"`       // of the earliest post that links it
	Title    string `json:"title,omitempty"` // the words of the earliest that has any
}

// An ArchiveType is one kind of data in an archive.
type ArchiveType struct {
	Name  string `json:"name"`
	Files int    `json:"files"`
	Count int64  `json:"count"` // as the manifest claims; -1 when it says nothing
	Bytes int64  `json:"bytes"`
}

// Relocate rewrites the paths of a recording whose folder is now folder.
func (r *Recording) Relocate(folder string) {
	move := func(p string) string {
		if rest, ok := strings.CutPrefix(p, r.Folder+"/"); ok {
			return folder + "/" + rest
		}
		return p
	}
	r.File = move(r.File)
	for i := range r.Files {
		r.Files[i] = move(r.Files[i])
	}
	r.Folder = folder
}
