package moments

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/binary"
	"fmt"
	"hash/crc32"
	"io"
	"os"

	"github.com/spaces-cli/spaces/internal/durable"
	"github.com/spaces-cli/spaces/internal/library/layout"
	"github.com/spaces-cli/spaces/internal/recording"
	"github.com/spaces-cli/spaces/internal/stream"
)

// The file, in big-endian order: magic with the version of the way of listening, SHA-256 of
// what was listened to, sample rate and samples (64 bits each), the hops, and
// the CRC-32 (IEEE) of all of it. The version goes up when the same audio would
// make other hops.
const (
	magic      = "SPMOMNT2"
	headBytes  = len(magic) + sha256.Size + 16
	crcBytes   = 4
	maxSeconds = 1000 * 3600
)

// load returns the hops of a recording: those that are kept, or by listening to
// all of it.
func load(ctx context.Context, r *recording.Recording, jobs int, p stream.Progress) (*features, error) {
	if r.Samples/int64(r.Rate) > maxSeconds {
		return nil, fmt.Errorf("%s is longer than %d hours", r.Space.ID, maxSeconds/3600)
	}
	key := identity(r)
	root, err := os.OpenRoot(r.Dir)
	if err != nil {
		return nil, err
	}
	defer root.Close()
	if f, err := readCache(root, key, r.Rate, r.Samples); err == nil {
		return f, nil
	}
	f, err := scan(ctx, r.Rate, r.Samples, runsOf(r), jobs, p)
	if err != nil {
		return nil, err
	}
	// What was found is right whether it can be kept or not: on a read-only or
	// full disk the next call listens again.
	_ = writeCache(root, key, f)
	return f, nil
}

// identity is the hash of what is listened to: the originals, and how they are
// laid out.
func identity(r *recording.Recording) [sha256.Size]byte {
	h := sha256.New()
	for _, p := range r.Space.Pieces {
		fmt.Fprintln(h, p.SHA256)
	}
	for _, t := range r.Space.Timeline {
		fmt.Fprintln(h, t.Piece, t.File, t.SampleRate, t.Channels, t.FirstUnit, t.FirstSample, t.Samples, t.Skip, t.Trim)
	}
	return [sha256.Size]byte(h.Sum(nil))
}

// header is what stands before the hops.
func header(key [sha256.Size]byte, rate int, samples int64) []byte {
	b := append([]byte(magic), key[:]...)
	b = binary.BigEndian.AppendUint64(b, uint64(rate))
	return binary.BigEndian.AppendUint64(b, uint64(samples))
}

// readCache reads the file, if it is whole and about this very sound.
func readCache(root *os.Root, key [sha256.Size]byte, rate int, samples int64) (*features, error) {
	in, err := root.Open(layout.MomentsIn(""))
	if err != nil {
		return nil, err
	}
	defer in.Close()
	info, err := in.Stat()
	if err != nil {
		return nil, err
	}
	n := countHops(samples, rate)
	if info.Size() != int64(headBytes+n*hopBytes+crcBytes) {
		return nil, errCache
	}
	b := make([]byte, info.Size())
	if _, err := io.ReadFull(in, b); err != nil {
		return nil, err
	}
	return parseCache(b, key, rate, samples)
}

var errCache = fmt.Errorf("%s is damaged or belongs to another recording", layout.MomentsIn(""))

func parseCache(b []byte, key [sha256.Size]byte, rate int, samples int64) (*features, error) {
	n := countHops(samples, rate)
	if len(b) != headBytes+n*hopBytes+crcBytes || !bytes.HasPrefix(b, header(key, rate, samples)) {
		return nil, errCache
	}
	body, crc := b[:len(b)-crcBytes], b[len(b)-crcBytes:]
	if crc32.ChecksumIEEE(body) != binary.BigEndian.Uint32(crc) {
		return nil, errCache
	}
	f := &features{rate: rate, samples: samples, hops: make([]hop, n)}
	for i := range f.hops {
		h := body[headBytes+i*hopBytes:]
		f.hops[i] = hop{h[0], h[1], h[2], h[3]}
	}
	return f, nil
}

// cacheBytes is the content of the file.
func cacheBytes(key [sha256.Size]byte, f *features) []byte {
	b := make([]byte, 0, headBytes+len(f.hops)*hopBytes+crcBytes)
	b = append(b, header(key, f.rate, f.samples)...)
	for _, h := range f.hops {
		b = append(b, h.level, h.noise, h.voice, h.flags)
	}
	return binary.BigEndian.AppendUint32(b, crc32.ChecksumIEEE(b))
}

func writeCache(root *os.Root, key [sha256.Size]byte, f *features) error {
	d, err := durable.Create(root, layout.MomentsIn(""))
	if err != nil {
		return err
	}
	defer d.Discard()
	if _, err := d.Write(cacheBytes(key, f)); err != nil {
		return err
	}
	return d.Commit(true)
}
