package peaks

import (
	"fmt"
	"math/bits"
)

// MaxPixels bounds how many pixels Window returns at once.
const MaxPixels = 1 << 20

// readAhead is how many peaks Window reads at once.
const readAhead = 16 << 10

// Window returns exactly pixels peaks for each track that divide the frames
// from from up to, but without, to evenly: pixel by pixel, a peak of each
// track. Each bucket counts for the pixel in which it begins (so that the
// peaks of neighbouring windows are those of the whole); the first pixel also
// has the bucket that from lies in. Pixels narrower than a bucket have the
// peak of the bucket that they lie in; what is outside the audio is 0.
//
// The zoom is chosen so that a bucket is at most a quarter of a pixel, if the
// file has one so fine: what is read depends on the pixels, not on the span.
func (f *File) Window(from, to int64, pixels int) ([]Peak, error) {
	if to < from || pixels < 0 || pixels > MaxPixels {
		return nil, fmt.Errorf("peaks: invalid window of %d pixels from frame %d to %d", pixels, from, to)
	}
	if from < -1<<48 || to > 1<<48 {
		return nil, fmt.Errorf("peaks: invalid range of frames, %d to %d", from, to)
	}
	zoom := 0
	for zoom+1 < len(f.zooms) && f.zooms[zoom+1].samples*zoomFactor <= (to-from)/int64(max(1, pixels)) {
		zoom++
	}
	return f.window(zoom, from, to, pixels)
}

// window does the same from a given zoom. It is exact when its buckets begin
// where the pixels do.
func (f *File) window(zoom int, from, to int64, pixels int) ([]Peak, error) {
	out := make([]Peak, pixels*f.Tracks)
	z := f.zooms[zoom]
	var buf []Peak
	var bufFirst int64 // bucket that buf begins with
	for i := range pixels {
		start := from + mulDiv(to-from, i, pixels)
		end := from + mulDiv(to-from, i+1, pixels)
		if end <= 0 || start >= f.Frames {
			continue
		}
		first, last := ceilDiv(start, z.samples), ceilDiv(end, z.samples)
		if i == 0 || first == last {
			first = max(0, start) / z.samples
			last = max(last, first+1)
		}
		first, last = max(0, first), min(last, z.buckets)
		for b := first; b < last; b++ {
			if b >= bufFirst+int64(len(buf)/f.Tracks) || b < bufFirst {
				var err error
				n := min(z.buckets-b, ceilDiv(to, z.samples)-b+1, readAhead)
				if buf, err = f.Read(zoom, b, int(n)); err != nil {
					return nil, err
				}
				bufFirst = b
			}
			at := int(b-bufFirst) * f.Tracks
			for t, q := range buf[at : at+f.Tracks] {
				if b == first {
					out[i*f.Tracks+t] = q
				} else {
					out[i*f.Tracks+t].add(q)
				}
			}
		}
	}
	return out, nil
}

// mulDiv returns a*b/c, rounded down, where a*b may need more than 64 bits.
// None is negative and b ≤ c.
func mulDiv(a int64, b, c int) int64 {
	hi, lo := bits.Mul64(uint64(a), uint64(b))
	q, _ := bits.Div64(hi, lo, uint64(c))
	return int64(q)
}

// ceilDiv returns a/b rounded up, b > 0.
func ceilDiv(a, b int64) int64 {
	q := a / b
	if a%b > 0 {
		q++
	}
	return q
}
