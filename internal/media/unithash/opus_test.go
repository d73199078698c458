package unithash

import (
	"testing"

	"github.com/spaces-cli/spaces/internal/media/track"
)

// Each bit of a packet of Opus counts. Packets of silence are the same: those of
// nothing but a header (DTX), and frames of CELT that say that they are silent.
func TestOpusHash(t *testing.T) {
	h := hasher(t, track.Config{Codec: track.Opus})
	unit := []byte{31 << 3, 1, 2, 3, 4, 5}
	seen := map[Hash]bool{h.Hash(unit): true}
	for bit := range 8 * len(unit) {
		unit[bit/8] ^= 1 << (bit % 8)
		seen[h.Hash(unit)] = true
		unit[bit/8] ^= 1 << (bit % 8)
	}
	if len(seen) != 1+8*len(unit) || seen[Silence] {
		t.Errorf("%d hashes", len(seen))
	}
	for packet, silent := range map[string]bool{
		"\xF8": true, "\x08": true, "\x08\x00": true, "\xF8\xFF\xFE": true, "\xFC\xFF\xFF\x00\x00": true,
		"\xF8\xFF\xFD": false, "\x78\xFF\xFE": false, "\xF9\xFF\xFE\xFF": false, "\x08\xFF\xFE": false,
	} {
		if got := h.Hash([]byte(packet)) == Silence; got != silent {
			t.Errorf("%x: %t", packet, got)
		}
	}
}
