// Package layout has the name of every folder and file in a library, and
// builds those that depend on what is known of a Space. docs/library.md shows
// the whole tree. No other package spells one of these names: internal/house
// has a test for it.
//
// Names are slash-separated and relative to the library, as os.Root and io/fs
// take them.
package layout

import (
	"fmt"
	"path"
	"slices"
	"strings"
)

// What lies in the library's own folder.
const (
	Marks      = "library.json" // makes a folder a library
	Catalog    = "catalog.sqlite"
	Words      = "words.sqlite" // the index of what was said
	Recordings = "recordings"
	Archives   = "archives" // what each imported archive held
	Removed    = "removed"  // what was removed and can be brought back
	Confirmed  = "turns"    // turns that the host has confirmed: beside the recordings, so that no import takes them away
	Partial    = ".partial" // what is being made
	// Transcribing has a folder for each recording that is being transcribed,
	// with what its engine has heard so far.
	Transcribing = ".transcribing"
	// Downloads has a folder for each playlist that is being downloaded, with
	// the chunks that are there so far.
	Downloads   = ".downloads"
	Consent     = "consent"
	Answers     = Consent + "/ledger.jsonl"
	Evidence    = Consent + "/evidence"
	Forgotten   = Consent + "/forgotten.json"
	Uploads     = "uploads"
	Journal     = Uploads + "/journal.jsonl"
	Receipts    = Uploads + "/receipts.jsonl"
	Backups     = Uploads + "/backups.jsonl"
	Resume      = Uploads + "/backup-journal.jsonl" // how far interrupted backups have got
	Made        = "made"                            // what was made of recordings and written elsewhere
	MadeLedger  = Made + "/made.jsonl"
	Show        = "show.json"
	Feed        = "feed"
	Cover       = "cover"    // in Feed, followed by a part of its hash and .jpg or .png
	FeedFile    = "feed.xml" // in Feed, unless somebody says otherwise
	Shows       = "shows"    // has a folder for each show but the first, with a show.json and a feed of its own
	Lock        = ".lock"
	LockDetails = ".lock.json"
)

// Ours are the names of folders and files in the library's own folder by which
// one is known that has lost its marks.
var Ours = []string{Recordings, Archives, Removed, Confirmed, Consent, Uploads, Made, Show, Feed, Shows}

// ShowOf and FeedOf return what is kept of a show and the folder of its feed, by
// its name; the first show of a library has the name "".
func ShowOf(show string) string {
	if show == "" {
		return Show
	}
	return path.Join(Shows, show, Show)
}
func FeedOf(show string) string {
	if show == "" {
		return Feed
	}
	return path.Join(Shows, show, Feed)
}

// IsShowName reports whether a show may have a name: it is that of a folder on
// every system, and part of a command line.
func IsShowName(name string) bool {
	const most = 40
	if len(name) > most || strings.Trim(name, "abcdefghijklmnopqrstuvwxyz0123456789-") != "" || strings.Trim(name, "-") != name {
		return false
	}
	return SafeName(name, most) == name
}

// BesideFeed returns the name that a file has in the folder of a feed; ok is
// false of one that lies elsewhere.
func BesideFeed(name string) (rest string, ok bool) {
	if rest, ok = strings.CutPrefix(name, Feed+"/"); ok {
		return rest, true
	}
	parts := strings.SplitN(name, "/", 4)
	if len(parts) == 4 && parts[0] == Shows && parts[2] == Feed {
		return parts[3], true
	}
	return "", false
}

// IsIndex reports whether a file is the catalogue or the index of what was
// said, or belongs to one of them.
func IsIndex(name string) bool {
	for _, index := range [...]string{Catalog, Words} {
		switch suffix, ok := strings.CutPrefix(name, index); {
		case !ok:
		case suffix == "", suffix == "-wal", suffix == "-shm", suffix == "-journal":
			return true
		}
	}
	return false
}

// BackedUp reports whether a backup of a library holds a file or folder. It has
// no index, which is built again, nothing that is being made, and none of
// what tells of runs and of backups themselves.
func BackedUp(name string) bool {
	switch name {
	case Partial, Transcribing, Downloads, LockDetails, Backups, Resume:
		return false
	}
	return !strings.HasPrefix(name, Transcribing+"/") && !strings.HasPrefix(name, Downloads+"/") && !IsIndex(strings.TrimSuffix(name, Partial)) && !isLock(name)
}

// isLock reports whether a file is locked by those who write: the library, its
// ledgers, interrupted jobs, a restore. The host's own yarn.lock is not.
func isLock(name string) bool {
	of, ok := strings.CutSuffix(path.Base(name), Lock)
	dir := path.Dir(name)
	hidden := strings.HasPrefix(of, ".") && (dir == "." || dir == Uploads)
	return ok && (of == "" || hidden || path.Ext(of) == ".jsonl")
}

// What lies in a recording's folder.
const (
	Sidecar    = "space.json"
	Original   = "original"
	Own        = ".spaces" // what can be made again
	Clips      = "clips"
	Episodes   = "episodes"
	Transcript = "transcript"
)

// ByHost are the folders in a recording's folder that hold what the host has
// made of it.
var ByHost = []string{Clips, Episodes}

// Carried are the folders that a recording keeps when the rest of its folder is
// made anew: what the host has made of it, and what was said in it.
var Carried = append(slices.Clip(ByHost), Transcript)

// earlier is the folder, in that of the originals, of those that do not belong
// to the timeline.
const earlier = "earlier"

// Earlier is the name, in the folder of the originals, of one that does not
// belong to the timeline.
func Earlier(name string) string { return earlier + "/" + name }

// SidecarIn returns the sidecar of the recording in a folder.
func SidecarIn(folder string) string { return path.Join(folder, Sidecar) }

// OriginalIn returns an original by its name among those of the recording.
func OriginalIn(folder, name string) string { return path.Join(folder, Original, name) }

// EarlierIn returns the folder of the originals that do not belong to the
// timeline.
func EarlierIn(folder string) string { return path.Join(folder, Original, earlier) }

// TurnsIn returns who spoke when by the levels in the audio.
func TurnsIn(folder string) string { return path.Join(folder, Own, "turns.json") }

// TagsIn returns the timed tags of a piece.
func TagsIn(folder string, piece int) string {
	return path.Join(folder, Own, fmt.Sprintf("tags-%d.jsonl", piece))
}

// IndexIn returns the packet index of the playable file with that SHA-256.
func IndexIn(folder, sha256 string) string { return path.Join(folder, Own, sha256+".idx") }

// SoundIn returns the sound index of a playable file. It depends on the units
// alone, so that new tags leave it as it is.
func SoundIn(folder string, file int) string {
	return path.Join(folder, Own, fmt.Sprintf("sound-%d.idx", file))
}

// MeasurementIn and PeaksIn return what measuring a recording finds.
func MeasurementIn(folder string) string { return path.Join(folder, Own, "measure.json") }
func PeaksIn(folder string) string       { return path.Join(folder, Own, "peaks") }

// GainIn returns what measuring finds of a playable file for those who change its
// level without encoding it again.
func GainIn(folder string, file int) string {
	return path.Join(folder, Own, fmt.Sprintf("gain-%d", file))
}

// MomentsIn returns what looking for moments keeps.
func MomentsIn(folder string) string { return path.Join(folder, Own, "moments") }

// ClipIn and EpisodeIn return a clip and a file of an episode.
func ClipIn(folder, name string) string    { return path.Join(folder, Clips, name) }
func EpisodeIn(folder, name string) string { return path.Join(folder, Episodes, name) }

// ChaptersIn returns the chapters of a recording that the host has edited, which no
// import changes.
func ChaptersIn(folder string) string { return path.Join(folder, Episodes, "chapters.json") }

// TranscriptIn returns what was said in a recording; CaptionsIn and TextIn are
// made of it.
func TranscriptIn(folder string) string { return path.Join(folder, Transcript, "transcript.json") }
func CaptionsIn(folder string) string   { return path.Join(folder, Transcript, "transcript.vtt") }
func TextIn(folder string) string       { return path.Join(folder, Transcript, "transcript.txt") }

// RawIn returns what the engine wrote for each piece of the recording, as it
// wrote it.
func RawIn(folder string) string { return path.Join(folder, Transcript, "raw.zip") }

// TranscriptFiles are what was said in a recording with all that is made of it.
// The file that the others are made of comes last.
func TranscriptFiles(folder string) []string {
	return []string{RawIn(folder), CaptionsIn(folder), TextIn(folder), TranscriptIn(folder)}
}

// TranscribingOf returns the folder of a Space that is being transcribed.
func TranscribingOf(id string) string { return path.Join(Transcribing, id) }

// DownloadOf returns the folder of a playlist that is being downloaded, by its
// key.
func DownloadOf(key string) string { return path.Join(Downloads, key) }

// Joined is the file, in that folder, that the chunks are joined to.
const Joined = "joined"

// ManifestOf is the name of the manifest that belongs to a file which was joined
// from chunks.
func ManifestOf(name string) string { return name + ".json" }

// TranscribingLock is the file, in that folder, that is locked by whoever
// transcribes the Space.
const TranscribingLock = "lock"

// Of what was removed, Removed has a folder of its files, a record beside it,
// and while files are being moved a list of the moves.
const (
	removedRecord = ".json"
	removedMoves  = ".moves.json"
)

// RemovedIn returns the folder of something that was removed, by its name there.
func RemovedIn(place string) string { return path.Join(Removed, place) }

// RemovedRecord and RemovedMoves return the record and the moves of it.
func RemovedRecord(place string) string { return path.Join(Removed, place+removedRecord) }
func RemovedMoves(place string) string  { return path.Join(Removed, place+removedMoves) }

// RecordOfRemoved and MovesOfRemoved return of what a file in Removed is the
// record or the moves, by the name of that file.
func RecordOfRemoved(name string) (place string, ok bool) {
	if _, moves := MovesOfRemoved(name); moves || strings.HasPrefix(name, ".") {
		return "", false
	}
	return strings.CutSuffix(name, removedRecord)
}
func MovesOfRemoved(name string) (place string, ok bool) {
	if strings.HasPrefix(name, ".") {
		return "", false
	}
	return strings.CutSuffix(name, removedMoves)
}

// ArchiveOf returns what is noted of the archive with that key.
func ArchiveOf(key string) string { return path.Join(Archives, key+".json") }

// ConfirmedOf returns the turns of a Space that the host has confirmed.
func ConfirmedOf(id string) string { return path.Join(Confirmed, id+".json") }
