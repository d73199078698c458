package hls

import (
	"bytes"
	"encoding/binary"
	"slices"
	"sync"
	"time"
)

// A walker looks at a chunk while it passes and says whether its end is
// missing. HTTP tells only if the server's own idea of the length was right.
// It knows ADTS with ID3 tags between the frames, MP4 boxes and transport
// streams; of anything else it says nothing.
type walker struct {
	form  form
	first []byte // of the chunk
	head  []byte // of the next frame, tag or box, as far as it has come
	skip  int64  // what is left of the current one
	total int64

	samples int64
	rate    int64 // samples a second; 0: no frame yet
}

type form int

const (
	start form = iota
	unknown
	adts
	boxes
	transport
)

// rates are those of ADTS (ISO/IEC 14496-3, table 1.18).
var rates = [...]int64{96000, 88200, 64000, 48000, 44100, 32000, 24000, 22050, 16000, 12000, 11025, 8000, 7350}

// Write never fails.
func (w *walker) Write(p []byte) (int, error) {
	size := len(p)
	w.total += int64(size)
	if n := 16 - len(w.first); n > 0 {
		w.first = append(w.first, p[:min(n, len(p))]...)
	}
	for len(p) > 0 && w.form != unknown && w.form != transport {
		if w.skip > 0 {
			n := min(w.skip, int64(len(p)))
			w.skip -= n
			p = p[n:]
			continue
		}
		w.head = append(w.head, p[0])
		p = p[1:]
		w.step()
	}
	return size, nil
}

// step looks at the head of a frame, tag or box, and forgets it when it knows
// where the next one is.
func (w *walker) step() {
	h := w.head
	if w.form == start && len(h) == 8 {
		switch {
		case h[0] == 0x47:
			w.form = transport
			return
		case bytes.HasPrefix(h, []byte("ID3")), isADTS(h):
			w.form = adts
		case isBox(string(h[4:8])):
			w.form = boxes
		default:
			w.form = unknown
			return
		}
	}
	switch {
	case w.form == boxes && len(h) == 8:
		switch n := int64(binary.BigEndian.Uint32(h)); {
		case n == 1: // the length follows
		case n < 8: // 0: up to the end
			w.form = unknown
		default:
			w.next(n)
		}
	case w.form == boxes && len(h) == 16:
		if n := binary.BigEndian.Uint64(h[8:]); n < 16 || n > 1<<50 {
			w.form = unknown
		} else {
			w.next(int64(n))
		}
	case w.form == adts && len(h) == 8 && !bytes.HasPrefix(h, []byte("ID3")):
		n := int64(h[3]&3)<<11 | int64(h[4])<<3 | int64(h[5])>>5
		rate := int(h[2] >> 2 & 15)
		if !isADTS(h) || n < 8 || rate >= len(rates) {
			w.form = unknown
			return
		}
		w.rate = rates[rate]
		w.samples += 1024 * int64(h[6]&3+1)
		w.next(n)
	case w.form == adts && len(h) == 10:
		// ID3v2.4, 3.1: seven bits of each byte, and a footer if it is announced.
		n := int64(10)
		for i, b := range h[6:10] {
			n += int64(b&0x7f) << (7 * (3 - i))
		}
		if h[5]&0x10 != 0 {
			n += 10
		}
		w.next(n)
	}
}

// next skips what is left of a frame, tag or box of n bytes.
func (w *walker) next(n int64) {
	w.skip = n - int64(len(w.head))
	w.head = w.head[:0]
}

// isADTS reports whether a frame of AAC begins (ISO/IEC 14496-3, 1.A.3.2).
func isADTS(h []byte) bool { return h[0] == 0xff && h[1]&0xf6 == 0xf0 }

func isBox(kind string) bool {
	return slices.Contains([]string{"styp", "ftyp", "moof", "moov", "sidx", "emsg", "prft", "free"}, kind)
}

// isCut reports whether the chunk seems to end too early: in the middle of a
// frame, tag, box or packet, or before it has lasted as long as the playlist
// says.
func (w *walker) isCut(want time.Duration) bool {
	switch w.form {
	case unknown:
		return false
	case transport:
		return w.total%188 != 0
	}
	if w.skip > 0 || len(w.head) > 0 {
		return true
	}
	if w.form != adts || w.rate == 0 { // without a frame
		return w.form == adts && want > 0
	}
	// Durations are rounded to milliseconds, and frames belong to one chunk or
	// the next: 2.5 of them may be missing.
	return float64(w.samples+2560)/float64(w.rate) < want.Seconds()
}

// isPage reports whether the chunk is a web page: of a login, or an error that
// the server calls a success.
func (w *walker) isPage() bool {
	head := bytes.ToLower(bytes.TrimSpace(w.first))
	return bytes.HasPrefix(head, []byte("<!doctype html")) || bytes.HasPrefix(head, []byte("<html"))
}

// convinced is after how many chunks that seemed to be cut, and were the same
// when they were fetched again, that is taken for the way of the stream.
const convinced = 8

// doubt remembers what became of chunks that seemed to be cut.
type doubt struct {
	mu        sync.Mutex
	confirmed int  // they were the same the second time
	refuted   bool // one was another
}

// judge returns errCut if a chunk is to be fetched again. What comes twice is
// what the server has.
func (d *doubt) judge(cut bool, sha256 string, before *string) error {
	d.mu.Lock()
	defer d.mu.Unlock()
	switch {
	case !cut:
		d.refuted = d.refuted || *before != ""
		return nil
	case *before == sha256:
		d.confirmed++
		return nil
	case d.confirmed >= convinced && !d.refuted:
		return nil
	}
	*before = sha256
	return errCut
}
