package library

import (
	"bufio"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"hash"
	"hash/crc32"
	"io"
	"path"
	"sync"

	"github.com/spaces-cli/spaces/internal/archive/hydra"
	"github.com/spaces-cli/spaces/internal/library/space"
	"github.com/spaces-cli/spaces/internal/media"
	"github.com/spaces-cli/spaces/internal/media/track"
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
}

// landed is an original that lies in the staging folder, hashed and read
// through.
type landed struct {
	space.Piece
	track *track.Track
	tags  *hydra.Tags
	sizes track.Sizes
	// hashes tell units apart, to find those that two pieces hold; drop is how
	// many of them at the beginning are left out for that.
	hashes []uint32
	hashed bool // whether they are wanted
	drop   int64
	// lengths are those of the units, one list for each run.
	lengths []track.Lengths
	// unread is why it is not (all) audio: a *media.NotAudioError or another
	// error of a format's reader.
	unread error
	// broken is why the source ended early: a wrong CRC, damaged deflate data.
	broken error
}

// land copies one original to dir/original and in the same pass hashes it,
// finds its access units, with their hashes if hashed is set, and collects its
// timed tags. It leaves flushing the
// file to the medium to flushes. A source that breaks
// off is kept as far as it came: nothing that was there is lost. The error is
// for what stops the import: the library's own disk, or ctx.
func (im *importer) land(ctx context.Context, o original, hashed bool, dir string, flushes *flushes) (*landed, error) {
	p := &landed{tags: new(hydra.Tags), hashed: hashed}
	p.Name, p.Member = o.name, o.member
	src, err := o.open(ctx)
	if err != nil {
		p.broken = err
		return p, nil
	}
	defer src.Close()

	name := path.Join(dir, "original", o.name)
	w, err := im.lib.disk.create(name)
	if err != nil {
		return nil, err
	}
	in := &source{ctx: ctx, r: src, progress: im.progress}
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
	p.broken = in.err
	if err := w.Flush(); err != nil {
		w.Discard()
		return nil, err
	}
	flushes.start(w.Commit)
	p.Bytes, p.SHA256 = in.n, sums.sha()
	if o.crc != "" {
		p.CRC32 = sums.crc()
		if p.broken == nil && p.CRC32 != o.crc {
			p.broken = fmt.Errorf("its CRC-32 is %s where the archive says %s", p.CRC32, o.crc)
		}
	}
	if errors.Is(p.unread, media.ErrNeedsFile) {
		p.unread = guard(func() error { return im.lib.scanFile(ctx, name, p) })
		if ctx.Err() != nil {
			return nil, ctx.Err()
		}
	}
	if p.unread == nil && p.track.Units() == 0 {
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

// source is the stream of an original. It counts what comes, looks at the
// context, and turns a failing source into an early end that is remembered.
type source struct {
	ctx      context.Context
	r        io.Reader
	progress Progress
	n        int64
	err      error
}

func (s *source) Read(p []byte) (int, error) {
	if err := s.ctx.Err(); err != nil {
		return 0, err
	}
	n, err := s.r.Read(p)
	s.n += int64(n)
	s.progress.Add(int64(n))
	if err != nil && err != io.EOF {
		s.err, err = err, io.EOF
	}
	return n, err
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
func (p *landed) scanStream(r io.Reader) error {
	src := &errKeeper{r: r}
	err := guard(func() error {
		rd, err := media.NewReader(src, track.Options{OnEvent: p.tags.Add})
		if err == nil {
			err = p.scan(rd)
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
func (l *Library) scanFile(ctx context.Context, name string, p *landed) error {
	f, err := l.disk.root.Open(name)
	if err != nil {
		return err
	}
	defer f.Close()
	*p.tags = hydra.Tags{}
	rd, err := media.Open(&readerAt{ctx, f}, p.Bytes, track.Options{OnEvent: p.tags.Add})
	if err != nil {
		return err
	}
	return p.scan(rd)
}

// scan reads to the end and keeps the sizes.
func (p *landed) scan(rd track.Reader) error {
	p.track = rd.Track()
	p.sizes, p.hashes, p.lengths = p.sizes[:0], p.hashes[:0], nil
	var u track.Packet
	for {
		switch err := rd.Next(&u); {
		case err == io.EOF:
			p.track = rd.Track()
			return nil
		case err != nil:
			return err
		case len(u.Data) > track.MaxListedSize:
			return fmt.Errorf("an access unit of %d bytes at %d: too large for audio", len(u.Data), u.Offset)
		}
		p.sizes = append(p.sizes, uint32(len(u.Data)))
		for len(p.lengths) <= u.Run {
			p.lengths = append(p.lengths, track.Lengths{Usual: rd.Track().Runs[len(p.lengths)].UnitSamples})
		}
		p.lengths[u.Run].Add(u.Samples)
		if p.hashed {
			p.hashes = append(p.hashes, crc32.Checksum(u.Data, castagnoli))
		}
	}
}

// readerAt makes a file's reads end with a context.
type readerAt struct {
	ctx context.Context
	r   io.ReaderAt
}

func (r *readerAt) ReadAt(p []byte, off int64) (int, error) {
	if err := r.ctx.Err(); err != nil {
		return 0, err
	}
	return r.r.ReadAt(p, off)
}

// describe fills in what the sidecar says of a piece.
func (p *landed) describe() {
	p.Format = string(p.track.Format)
	p.Units = p.track.Units()
	for _, r := range p.track.Runs {
		p.Samples += r.Played()
	}
	p.Duration = seconds(p.track.Seconds())
	d := p.track.Damage
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
	if r := p.track.Runs[0]; r.SampleRate > 0 {
		p.Damage.LostSeconds = seconds(float64(d.Lost) * float64(r.UnitSamples) / float64(r.SampleRate))
	}
}

// seconds rounds to microseconds: finer than any sample, and short in JSON.
func seconds(s float64) float64 {
	const micro = 1e6
	return float64(int64(s*micro+0.5)) / micro
}

// writeTags keeps what the timed tags of a piece say, one JSON object a line:
// the position in the piece, the clock, the levels, and who is on stage when
// that changes.
func (im *importer) writeTags(name string, p *landed) error {
	w, err := im.lib.disk.create(name)
	if err != nil {
		return err
	}
	bw := bufio.NewWriter(w)
	enc := json.NewEncoder(bw)
	enc.SetEscapeHTML(false)
	var stage *hydra.Stage
	for _, t := range p.tags.Ticks {
		l := tagLine{Run: t.Run, Sample: t.Sample, NTP: float64(t.Clock.Milliseconds()) / 1000}
		for _, v := range t.Levels {
			l.Levels = append(l.Levels, int(v))
		}
		if t.Stage != stage {
			stage = t.Stage
			l.Stage = []string{}
			for _, q := range stage.Participants {
				l.Stage = append(l.Stage, q.UserName)
			}
		}
		if err = enc.Encode(l); err != nil {
			break
		}
	}
	if err == nil {
		err = bw.Flush()
	}
	if err != nil {
		w.Discard()
		return err
	}
	return w.Commit()
}
