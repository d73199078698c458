package peaks

import (
	"bufio"
	"encoding/binary"
	"fmt"
	"io"
	"math"
	"strconv"
)

// Export says what WriteDat and WriteJSON write: the frames from From to To
// (0: to the end), SamplesPerPixel to each pair of values, with 8 or 16 bits.
type Export struct {
	From, To        int64
	SamplesPerPixel int // a multiple of File.Bucket
	Bits            int
}

// exportChunk is how many pixels an export reads at once.
const exportChunk = 4096

// open checks e against f and returns its bounds: From rounded down to a whole
// pixel, so that peaks are exact, and the number of pixels.
func (e Export) open(f *File) (from, pixels int64, err error) {
	if e.To == 0 || e.To > f.Frames {
		e.To = f.Frames
	}
	spp := int64(e.SamplesPerPixel)
	switch {
	case spp < 1 || spp%int64(f.Bucket) != 0 || spp > math.MaxInt32:
		return 0, 0, fmt.Errorf("peaks: the number of samples per pixel, %d, is not a multiple of %d", spp, f.Bucket)
	case e.Bits != 8 && e.Bits != 16:
		return 0, 0, fmt.Errorf("peaks: unsupported number of bits %d (use 8 or 16)", e.Bits)
	case e.From < 0 || e.From > e.To:
		return 0, 0, fmt.Errorf("peaks: frames %d to %d are outside the %d frames", e.From, e.To, f.Frames)
	}
	from = e.From / spp * spp
	pixels = ceilDiv(e.To-from, spp)
	if pixels > math.MaxUint32 {
		return 0, 0, fmt.Errorf("peaks: %d pixels are too many for the format", pixels)
	}
	return from, pixels, nil
}

// each calls put with the peaks of a few pixels at a time.
func (e Export) each(f *File, from, pixels int64, put func([]Peak)) error {
	spp := int64(e.SamplesPerPixel)
	zoom := 0
	for zoom+1 < len(f.zooms) && spp%f.zooms[zoom+1].samples == 0 {
		zoom++
	}
	for done := int64(0); done < pixels; {
		n := min(pixels-done, exportChunk)
		peaks, err := f.window(zoom, from+done*spp, from+(done+n)*spp, int(n))
		if err != nil {
			return err
		}
		put(peaks)
		done += n
	}
	return nil
}

// at8 returns a value at 8 bits as audiowaveform makes it, rounding to zero.
func at8(v int16) int8 { return int8(v / 256) }

// WriteDat writes f in audiowaveform's binary format, version 2.
// (https://github.com/bbc/audiowaveform/blob/master/doc/DataFormat.md)
func WriteDat(w io.Writer, f *File, e Export) error {
	from, pixels, err := e.open(f)
	if err != nil {
		return err
	}
	var flags uint32
	if e.Bits == 8 {
		flags = 1
	}
	bw := bufio.NewWriter(w)
	b := make([]byte, 0, 24)
	for _, v := range []uint32{2, flags, uint32(f.SampleRate), uint32(e.SamplesPerPixel), uint32(pixels), uint32(f.Tracks)} {
		b = binary.LittleEndian.AppendUint32(b, v)
	}
	bw.Write(b)
	err = e.each(f, from, pixels, func(peaks []Peak) {
		for _, p := range peaks {
			if e.Bits == 8 {
				b = append(b[:0], byte(at8(p.Min)), byte(at8(p.Max)))
			} else {
				b = binary.LittleEndian.AppendUint16(b[:0], uint16(p.Min))
				b = binary.LittleEndian.AppendUint16(b, uint16(p.Max))
			}
			bw.Write(b)
		}
	})
	if err != nil {
		return err
	}
	return bw.Flush() // a bufio.Writer keeps the first error
}

// WriteJSON writes f in audiowaveform's JSON format, version 2.
func WriteJSON(w io.Writer, f *File, e Export) error {
	from, pixels, err := e.open(f)
	if err != nil {
		return err
	}
	bw := bufio.NewWriter(w)
	fmt.Fprintf(bw, `{"version":2,"channels":%d,"sample_rate":%d,"samples_per_pixel":%d,"bits":%d,"length":%d,"data":[`,
		f.Tracks, f.SampleRate, e.SamplesPerPixel, e.Bits, pixels)
	var b []byte
	separator := ""
	err = e.each(f, from, pixels, func(peaks []Peak) {
		for _, p := range peaks {
			low, high := int64(p.Min), int64(p.Max)
			if e.Bits == 8 {
				low, high = int64(at8(p.Min)), int64(at8(p.Max))
			}
			b = append(b[:0], separator...)
			b = strconv.AppendInt(b, low, 10)
			b = append(b, ',')
			b = strconv.AppendInt(b, high, 10)
			bw.Write(b)
			separator = ","
		}
	})
	if err != nil {
		return err
	}
	bw.WriteString("]}\n")
	return bw.Flush()
}
