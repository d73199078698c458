// Package post prepares a post on X: the clip and its captions as X takes them,
// whose voices it holds, and the login that posts it. Package x makes the post.
package post

import (
	"bytes"
	"context"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"regexp"
	"sync"

	"github.com/spaces-cli/spaces/internal/consent/gate"
	"github.com/spaces-cli/spaces/internal/library"
	"github.com/spaces-cli/spaces/internal/proof"
	"github.com/spaces-cli/spaces/internal/publish"
	"github.com/spaces-cli/spaces/internal/publish/x"
	"github.com/spaces-cli/spaces/internal/transcript"
)

// inAddress finds the id in the address of a post.
var inAddress = sync.OnceValue(func() *regexp.Regexp {
	return regexp.MustCompile(`^https?://(?:www\.|mobile\.)?(?:x|twitter)\.com/(?:i/web|[A-Za-z0-9_]+)/status/([0-9]{1,19})(?:[/?#].*)?$`)
})

// ID returns the id of a post out of its address, or the id itself.
func ID(text string) (id string, ok bool) {
	if m := inAddress().FindStringSubmatch(text); m != nil {
		text = m[1]
	}
	return text, x.ValidID(text)
}

// A Draft is a post and the clip that goes with it. Its methods are called in
// the order in which they stand here.
type Draft struct {
	Post   x.Post
	File   string     // the clip's name below the library, or its absolute path
	Uses   []gate.Use // of the recordings that are heard in it
	Clip   *x.Clip    // what the file says of itself
	Checks []x.Check  // of Clip

	file   *os.File
	looked string // SHA-256 of what the gate has looked at
}

// ErrNotFile means that a clip is a folder or a device.
var ErrNotFile = errors.New("is not a file")

// Open opens the clip and takes its hash. p is the post but for that.
func Open(ctx context.Context, name string, p x.Post) (*Draft, error) {
	abs, err := filepath.Abs(name)
	if err != nil {
		return nil, err
	}
	f, err := os.Open(abs)
	if err != nil {
		return nil, err
	}
	info, err := f.Stat()
	if err == nil && !info.Mode().IsRegular() {
		err = fmt.Errorf("%s %w", name, ErrNotFile)
	}
	var sum [32]byte
	if err == nil {
		sum, err = publish.Digest(ctx, f, info.Size())
	}
	if err != nil {
		f.Close()
		return nil, err
	}
	p.Body, p.Size, p.SHA256 = f, info.Size(), hex.EncodeToString(sum[:])
	return &Draft{Post: p, File: abs, file: f}, nil
}

// Path is where the clip lies.
func (d *Draft) Path() string { return d.file.Name() }

// Close closes the clip.
func (d *Draft) Close() error { return d.file.Close() }

// Look finds whose voices the clip holds.
func (d *Draft) Look(ctx context.Context, lib *library.Library, g *gate.Gate) (err error) {
	if rel, err := filepath.Rel(lib.Dir(), d.File); err == nil && filepath.IsLocal(rel) {
		d.File = filepath.ToSlash(rel)
	}
	d.Uses, d.looked, err = g.Opened(ctx, d.Path(), d.file)
	return err
}

// Inspect compares the clip with what X takes. The error wraps x.ErrNotMP4 if it
// is no video at all, and publish.ErrChanged if it is not what the gate has
// looked at.
func (d *Draft) Inspect(l x.Limits) (err error) {
	if d.Clip, err = x.Inspect(d.file, d.Post.Size); err != nil {
		return err
	}
	d.Checks = l.Check(d.Clip)
	if d.Post.SHA256 != d.looked {
		return fmt.Errorf("%s: %w", d.File, publish.ErrChanged)
	}
	return nil
}

// OwnCaptions returns the name of the captions that were written beside the clip,
// and the code of their language if that is known. file is "" if there are none:
// what only has the same name is not the clip's.
func (d *Draft) OwnCaptions(ctx context.Context, lib *library.Library) (file, language string, err error) {
	err = (&proof.Prover{Library: lib}).EachKnown(ctx, func(sha string, k *proof.Known) {
		if sha != d.Post.SHA256 || k.Clip == nil || file != "" {
			return
		}
		name := k.Clip.CaptionsBeside(d.Path())
		if name == "" {
			return
		}
		if info, err := os.Stat(name); err == nil && info.Mode().IsRegular() {
			file, language = name, k.Clip.Settings.Video.Language
		}
	})
	return file, language, err
}

// SetCaptions reads captions and keeps them as X takes them. They must be those
// of the clip, not of the recording that it was cut from. It returns what was
// changed.
func (d *Draft) SetCaptions(r io.Reader, o transcript.Options) ([]transcript.Note, error) {
	read, err := transcript.Parse(r, o)
	if err == nil {
		err = read.Fit(d.Clip.Seconds)
	}
	if err != nil {
		return nil, err
	}
	var b bytes.Buffer
	if err := transcript.WriteSRT(&b, read.Cues); err != nil {
		return nil, err
	}
	d.Post.Captions = b.Bytes()
	return read.Notes, nil
}

// LookAtCaptions adds whose words stand in the captions: they may be those of
// others than the clip's.
func (d *Draft) LookAtCaptions(ctx context.Context, g *gate.Gate) error {
	uses, err := g.Words(ctx, d.Post.Captions)
	d.Uses = append(d.Uses, uses...)
	return err
}

// With lists the checks that have a result.
func (d *Draft) With(r x.Result) []x.Check {
	var list []x.Check
	for _, c := range d.Checks {
		if c.Result == r {
			list = append(list, c)
		}
	}
	return list
}

// Receipt is what is known of the post's receipt before it is made.
func (d *Draft) Receipt(place, version string) publish.Receipt {
	r := publish.Receipt{File: d.File, Target: "x", Place: place, Bytes: d.Post.Size, SHA256: d.Post.SHA256, WrittenBy: version}
	if len(d.Uses) > 0 {
		r.ID = d.Uses[0].Recording
	}
	return r
}
