package intake

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"hash"
	"hash/crc32"
	"io"
	"sync"

	"github.com/spaces-cli/spaces/internal/archive/hydra"
	"github.com/spaces-cli/spaces/internal/library"
	"github.com/spaces-cli/spaces/internal/library/layout"
	"github.com/spaces-cli/spaces/internal/library/playable"
	"github.com/spaces-cli/spaces/internal/library/space"
	"github.com/spaces-cli/spaces/internal/media"
	"github.com/spaces-cli/spaces/internal/media/track"
	"github.com/spaces-cli/spaces/internal/stream"
)

// An original is one file on its way into the library.
type original struct {
	name   string // under which it is kept
	member string // under which it came
	piece  int    // its number among the pieces of the Space
	size   int64  // as declared
	crc    string // CRC-32 as declared, 8 hex digits, or empty
	origin *origin
	open   func(context.Context) (io.ReadCloser, error)
	chunks *chunks // that it was joined from; nil for others
}

// far reports whether the original lies on a server.
func (o *original) far() bool { return o.origin != nil && o.origin.far }

// A piece is an original that lies in the staging folder, hashed and read
// through.
type piece struct {
	space.Piece
	playable.Scan
	tags *hydra.Tags
	// chunks is what it was joined from, or nil.
	chunks *chunks
	// drop is how many units at the beginning are left out, as the piece before
	// holds them too.
	drop int64
	// unread is why it is not (all) audio: a *media.NotAudioError or another
	// error of a format's reader.
	unread error
	// broken is why the source ended early: a wrong CRC, damaged deflate data.
	broken error
}

// stageOriginal copies one original to dir/original and in the same pass hashes it,
// finds its access units, with their hashes if hashed is set, and collects its
// timed tags. It leaves flushing the
// file to the medium to flushes. A source that breaks
// off is kept as far as it came: nothing that was there is lost. The error is
// for what stops the import: the library's own disk, or ctx.
func (im *importer) stageOriginal(ctx context.Context, o original, hashed bool, work *work, g *library.Stage, flushes *flushes) (*piece, error) {
	p := &piece{tags: new(hydra.Tags)}
	p.Hashed = hashed
	p.Name, p.Member, p.chunks = o.name, o.member, o.chunks
	if o.chunks != nil {
		p.Marks = o.chunks.Offsets()
	}
	src, err := o.open(ctx)
	if err != nil {
		p.broken = err
		return p, nil
	}
	defer src.Close()

	name := layout.OriginalIn("", o.name)
	w, err := g.Create(name)
	if err != nil {
		return nil, err
	}
	in := stream.NewReader(ctx, src, work)
	ahead, stop := readAhead(in)
	sums := newSums(w)
	err = p.scanStream(io.TeeReader(ahead, sums))
	if err == nil {
		_, err = io.Copy(io.Discard, io.TeeReader(ahead, sums)) // what the scan left
	}
	stop()
	if ctx.Err() != nil {
		err = ctx.Err()
	} else if err == nil {
		err = sums.err
	}
	if err != nil {
		w.Discard()
		return nil, err
	}
	p.broken = in.Err()
	if err := w.Flush(); err != nil {
		w.Discard()
		return nil, err
	}
	flushes.start(w.Commit)
	p.Bytes, p.SHA256 = in.Bytes(), sums.sha()
	if o.crc != "" {
		p.CRC32 = sums.crc()
		if p.broken == nil && p.CRC32 != o.crc {
			p.broken = fmt.Errorf("its CRC-32 is %s, but the archive says %s", p.CRC32, o.crc)
		}
	}
	if o.chunks != nil {
		if err := o.chunks.stage(g, o.name); err != nil {
			return nil, err
		}
		if p.broken == nil && p.SHA256 != o.chunks.SHA256 {
			p.broken = fmt.Errorf("its SHA-256 is %s, but its manifest says %s", p.SHA256, o.chunks.SHA256)
		}
	}
	if errors.Is(p.unread, media.ErrNeedsFile) {
		p.unread = guard(func() error { return p.scanFile(ctx, g, name) })
		if ctx.Err() != nil {
			return nil, ctx.Err()
		}
	}
	if p.unread == nil && p.Track.Units() == 0 {
		p.unread = errors.New("no audio found in it")
	}
	if p.unread == nil {
		p.describe()
	}
	im.withhold.tags(p.tags)
	return p, nil
}

// flushes are files on their way to the medium, which takes time that is
// better used.
type flushes struct {
	running sync.WaitGroup
	mu      sync.Mutex
	err     error
}

func (f *flushes) start(commit func() error) {
	f.running.Go(func() {
		if err := guard(commit); err != nil {
			f.mu.Lock()
			f.err = errors.Join(f.err, err)
			f.mu.Unlock()
		}
	})
}

// wait returns when all files are there, or with why they are not.
func (f *flushes) wait() error {
	f.running.Wait()
	return f.err
}

// sums passes on what is written and computes both checksums of it. It never
// fails a Write, so that a TeeReader over it always ends with its source; the
// writer's error is in err.
type sums struct {
	w      io.Writer
	sha256 hash.Hash
	crc32  hash.Hash32
	err    error
}

func newSums(w io.Writer) *sums {
	return &sums{w: w, sha256: sha256.New(), crc32: crc32.NewIEEE()}
}

func (s *sums) Write(p []byte) (int, error) {
	if s.err == nil {
		s.err = guard(func() error {
			_, err := s.w.Write(p)
			return err
		})
	}
	if s.err != nil {
		return 0, s.err
	}
	s.sha256.Write(p)
	s.crc32.Write(p)
	return len(p), nil
}

func (s *sums) sha() string { return hex.EncodeToString(s.sha256.Sum(nil)) }
func (s *sums) crc() string { return fmt.Sprintf("%08x", s.crc32.Sum32()) }

// scanStream reads the units of a stream. The error is that of the stream;
// what the format's reader does not understand goes to p.unread.
func (p *piece) scanStream(r io.Reader) error {
	src := &errKeeper{r: r}
	err := guard(func() error {
		rd, err := media.NewReader(src, track.Options{OnEvent: p.tags.Add})
		if err == nil {
			err = p.Read(rd)
		}
		return err
	})
	if src.err != nil {
		return src.err
	}
	p.unread = err
	return nil
}

// errKeeper remembers the error of a reader, so that it can be told from
// those of whoever interprets what is read.
type errKeeper struct {
	r   io.Reader
	err error
}

func (k *errKeeper) Read(p []byte) (int, error) {
	n, err := k.r.Read(p)
	if err != nil && err != io.EOF {
		k.err = err
	}
	return n, err
}

// scanFile reads the units of a file that has to be seekable.
func (p *piece) scanFile(ctx context.Context, g *library.Stage, name string) error {
	f, err := g.Open(name)
	if err != nil {
		return err
	}
	defer f.Close()
	*p.tags = hydra.Tags{}
	rd, err := media.Open(&stream.ReaderAt{Context: ctx, File: f}, p.Bytes, track.Options{OnEvent: p.tags.Add})
	if err != nil {
		return err
	}
	return p.Read(rd)
}

// describe fills in what the sidecar says of a piece.
func (p *piece) describe() {
	p.Format = string(p.Track.Format)
	p.Units = p.Track.Units()
	for _, r := range p.Track.Runs {
		p.Samples += r.Played()
	}
	p.Duration = space.Seconds(p.Track.Seconds())
	d := p.Track.Damage
	defer func() {
		if p.chunks != nil {
			p.chunks.describe(p)
		}
	}()
	if d.Empty() && p.broken == nil {
		return
	}
	p.Damage = &space.Damage{Places: d.Count, Bytes: d.Bytes, LostUnits: d.Lost, Kinds: map[string]int{}}
	for _, place := range d.Places {
		p.Damage.Kinds[string(place.Kind)]++
	}
	if p.broken != nil {
		p.Damage.Places++
		p.Damage.Kinds["bad-source"]++
	}
	if r := p.Track.Runs[0]; r.SampleRate > 0 {
		p.Damage.LostSeconds = space.Seconds(float64(d.Lost) * float64(r.Usual()) / float64(r.SampleRate))
	}
}
