package mp4

import "io"

// Surplus returns how many bytes of a file belong to neither its file type, nor
// its first movie, nor its first media data (§4.3, §8.1.1, §8.2.1): boxes of
// other kinds, second ones, and what is no box at all. A player of the movie
// makes nothing of them; another program may.
func Surplus(r io.ReaderAt, size int64) (int64, error) {
	w := &window{r: r, size: size, ahead: 512}
	seen := make(map[[4]byte]bool)
	surplus, pos := int64(0), int64(0)
	for pos < size {
		b, ok, err := w.box(pos, size)
		if err != nil {
			return 0, err
		}
		if !ok {
			return surplus + size - pos, nil
		}
		wanted := (b.is("ftyp") || b.is("moov") || b.is("mdat")) && !seen[b.kind]
		if b.is("free") || b.is("skip") {
			if wanted, err = zeros(io.NewSectionReader(r, b.body, b.end-b.body)); err != nil {
				return 0, err
			}
		}
		if !wanted {
			surplus += b.end - b.start
		}
		seen[b.kind] = true
		pos = b.end
	}
	return surplus, nil
}

// zeros reports whether r holds zeros and nothing else.
func zeros(r io.Reader) (bool, error) {
	buf := make([]byte, 32<<10)
	for {
		n, err := r.Read(buf)
		for _, c := range buf[:n] {
			if c != 0 {
				return false, nil
			}
		}
		if err == io.EOF {
			return true, nil
		}
		if err != nil {
			return false, err
		}
	}
}
