package matroska

import (
	"encoding/binary"
	"hash/crc32"
	"io"

	"github.com/spaces-cli/spaces/internal/media/track"
)

// checkSum compares a cluster with its CRC-32, if it begins with one (RFC 8794
// §11.3.1), and notes that it is damaged. Its blocks are read all the same: the
// sum does not tell which of them are damaged. Between pictures it is not
// checked, because they would have to be read.
func (r *Reader) checkSum(cluster element) error {
	if r.t.Video || cluster.size == unknownSize || cluster.end() > r.t.Bytes || cluster.start < r.summed {
		return nil
	}
	sum, ok, err := r.w.element(cluster.body)
	if err != nil || !ok || sum.id != idCRC32 || sum.size != crc32.Size || sum.end() > cluster.end() {
		return err
	}
	b, err := r.w.content(sum, crc32.Size)
	if err != nil {
		return err
	}
	want := binary.LittleEndian.Uint32(b)
	r.summed = cluster.end()
	h := crc32.NewIEEE()
	n, err := io.Copy(h, io.NewSectionReader(r.w.r, sum.end(), cluster.end()-sum.end()))
	switch {
	case err != nil:
		return err
	case n < cluster.end()-sum.end():
		return io.ErrUnexpectedEOF // the file has become shorter
	case h.Sum32() != want:
		r.t.Damage.Add(track.Damage{Kind: track.BadUnit, Offset: cluster.start, Unit: r.t.Units()})
	}
	return nil
}
