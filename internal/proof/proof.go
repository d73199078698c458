// Package proof traces what a library has made back to what X sent, and
// checks every step on the way instead of believing what was noted: it hashes
// files again, counts frames again, and compares the access units of a clip
// with those of the original. Against compares a whole library with archives.
package proof

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"hash/crc32"
	"io"
	"io/fs"
	"os"
	"slices"

	"github.com/spaces-cli/spaces/internal/archive"
	"github.com/spaces-cli/spaces/internal/episode"
	"github.com/spaces-cli/spaces/internal/library"
	"github.com/spaces-cli/spaces/internal/library/space"
	"github.com/spaces-cli/spaces/internal/publish"
	"github.com/spaces-cli/spaces/internal/recording"
	"github.com/spaces-cli/spaces/internal/stream"
)

// ErrUnknown means that nothing in the library has made a file.
var ErrUnknown = errors.New("the library has no record of this file")

// A SubjectKind says what is proved. The words appear in JSON.
type SubjectKind string

const (
	Clip      SubjectKind = "clip"
	Episode   SubjectKind = "episode"
	Recording SubjectKind = "recording" // a Space, with all of its files
	Playable  SubjectKind = "playable"  // the file to play of a recording
	Original  SubjectKind = "original"
)

// A Result is what became of a check. The words appear in JSON.
type Result string

const (
	Holds      Result = "holds"
	Fails      Result = "fails"
	NotChecked Result = "not-checked"
)

// A Check is one step of a proof.
type Check struct {
	What   string `json:"what"` // file, record, original, frames, clock, units, samples, remade, archive, member, receipt, transcript
	Of     string `json:"of"`   // the name of what was looked at
	Result Result `json:"result"`
	Detail string `json:"detail,omitempty"`
}

// A Trace is a stretch of an original that is in what is proved, with where
// that original came from.
type Trace struct {
	Piece       string     `json:"piece"`
	Bytes       int64      `json:"bytes"`
	SHA256      string     `json:"sha256"`
	CRC32       string     `json:"crc32,omitempty"`
	FirstUnit   int64      `json:"first_unit"` // of the original
	Units       int64      `json:"units"`
	Start       int64      `json:"start"` // position in the recording
	Samples     int64      `json:"samples"`
	Member      string     `json:"member,omitempty"`
	Archive     string     `json:"archive,omitempty"` // SHA-256
	ArchiveName string     `json:"archive_name,omitempty"`
	ArchiveMade space.Time `json:"archive_made"`
}

// A Made is a file that was made of a recording.
type Made struct {
	Kind   SubjectKind `json:"kind"`
	File   string      `json:"file"` // below the library
	SHA256 string      `json:"sha256"`
}

// A Proof says where something comes from and where it went, and what of that
// was checked.
type Proof struct {
	Kind       SubjectKind `json:"kind"`
	ID         string      `json:"id"`
	Title      string      `json:"title"`
	File       string      `json:"file"` // as it was named, or below the library
	Bytes      int64       `json:"bytes"`
	SHA256     string      `json:"sha256,omitempty"`
	Start      int64       `json:"start"` // position of the first sample
	Samples    int64       `json:"samples"`
	SampleRate int         `json:"sample_rate"`
	At         float64     `json:"at"`     // seconds
	Length     float64     `json:"length"` // seconds
	// Kept are the stretches of the recording that are in a clip or an episode,
	// and Omitted those in which somebody spoke who had not agreed: cut out, or
	// silent. Duration is that of the file, in seconds.
	Kept      []episode.Kept      `json:"kept"`
	Omitted   []recording.Omitted `json:"omitted,omitempty"`
	Duration  float64             `json:"duration"`
	Intro     *episode.Added      `json:"intro,omitempty"` // files of the host's in an episode
	Outro     *episode.Added      `json:"outro,omitempty"`
	StartedAt space.Time          `json:"started_at"`
	EndedAt   space.Time          `json:"ended_at"`
	Lossless  bool                `json:"lossless"`
	Gain      *Gain               `json:"gain,omitempty"` // of frames that are the recording's but for it
	Settings  any                 `json:"settings,omitempty"`
	WrittenBy string              `json:"written_by"`
	Sources   []Trace             `json:"sources"`
	Made      []Made              `json:"made"`
	Receipts  []*publish.Receipt  `json:"receipts"`
	Checks    []Check             `json:"checks"`
}

// Failed counts the checks that fail.
func (p *Proof) Failed() int {
	n := 0
	for _, c := range p.Checks {
		if c.Result == Fails {
			n++
		}
	}
	return n
}

// A Verdict is what all checks of a proof come to. The words appear in JSON.
type Verdict string

const (
	Proven     Verdict = "proven"
	Unverified Verdict = "not-verified" // nothing contradicts it, and nothing proves it
	Refuted    Verdict = "fails"
)

// Verdict is proven if the content itself was compared with what it is said to
// come from, and nothing fails.
func (p *Proof) Verdict() Verdict {
	if p.Failed() > 0 {
		return Refuted
	}
	decisive := []string{"units", "samples", "remade", "sound"}
	if p.Kind == Original || p.Kind == Recording || p.Kind == Playable {
		decisive = []string{"original"}
	}
	for _, c := range p.Checks {
		if c.Result == Holds && slices.Contains(decisive, c.What) {
			return Proven
		}
	}
	return Unverified
}

// last is the latest check.
func (p *Proof) last() Check {
	if len(p.Checks) == 0 {
		return Check{}
	}
	return p.Checks[len(p.Checks)-1]
}

func (p *Proof) check(what, of string, result Result, format string, args ...any) {
	p.Checks = append(p.Checks, Check{what, of, result, fmt.Sprintf(format, args...)})
}

// A Prover proves files and Spaces of one library.
type Prover struct {
	Library  *library.Library
	Version  string             // of the program
	Archives []*archive.Archive // to compare with, or none
	Progress stream.Progress    // is told of bytes that are read; may be nil
	// Skip, if it is set, is told of records that cannot be read and of Spaces
	// without one that can. What they tell of is unknown then; otherwise a Space is
	// an error, and a record is passed over.
	Skip func(err error)

	known []space.Archive
	sums  map[*archive.Archive]string // SHA-256 of the archives that were asked for
}

// hashes are checksums of a file.
type hashes struct {
	bytes         int64
	sha256, crc32 string
}

// hash reads all of r.
func (p *Prover) hash(ctx context.Context, r io.Reader) (hashes, error) {
	sha, crc := sha256.New(), crc32.NewIEEE()
	n, err := io.CopyBuffer(io.MultiWriter(sha, crc), stream.Until(ctx, r, p.Progress), make([]byte, 256<<10))
	h := hashes{bytes: n}
	if err != nil {
		return h, err
	}
	h.sha256, h.crc32 = hex.EncodeToString(sha.Sum(nil)), fmt.Sprintf("%08x", crc.Sum32())
	return h, nil
}

func (p *Prover) hashFile(ctx context.Context, name string) (hashes, error) {
	f, err := os.Open(name)
	if err != nil {
		return hashes{}, err
	}
	defer f.Close()
	if info, err := f.Stat(); err == nil {
		if !info.Mode().IsRegular() {
			return hashes{}, &fs.PathError{Op: "read", Path: name, Err: errors.New("not a regular file")}
		}
		if p.Progress != nil {
			p.Progress.Expect(info.Size())
		}
	}
	return p.hash(ctx, f)
}

// receipts adds those that fit.
func (p *Prover) receipts(proof *Proof, fits func(*publish.Receipt) bool) error {
	root := p.Library.Root()
	err := publish.Receipts(root, func(r *publish.Receipt) error {
		if fits(r) {
			proof.Receipts = append(proof.Receipts, r)
		}
		return nil
	})
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	return err
}
