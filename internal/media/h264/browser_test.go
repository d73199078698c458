package h264

import (
	"bytes"
	"crypto/sha256"
	"fmt"
	"os"
	"path/filepath"
	"testing"

	"github.com/spaces-cli/spaces/internal/fixture/browser"
)

// Chromium decodes every frame to the same bytes.
func TestChromiumDecodes(t *testing.T) {
	t.Parallel()
	if !long {
		t.Skip("two other decoders have seen them; SPACES_LONG=1 asks this one too")
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			s := encode(t, c.Config, c.frames, c.scene)
			dir := t.TempDir()
			if err := os.WriteFile(filepath.Join(dir, "units"), bytes.Join(s.units, nil), 0o600); err != nil {
				t.Fatal(err)
			}
			sps, pps := s.SPS(), s.PPS()
			coded := browser.Coded{
				Codec:       fmt.Sprintf("avc1.%02X%02X%02X", sps[1], sps[2], sps[3]),
				Description: avcC(sps, pps),
				FrameRate:   float64(c.Frames) / float64(c.Ticks),
				Keys:        s.keys,
			}
			for _, u := range s.units {
				coded.Sizes = append(coded.Sizes, len(u))
			}
			got := browser.Decode(t, dir, "units", coded)
			if len(got) != len(s.frames) {
				t.Errorf("%d frames, want %d", len(got), len(s.frames))
			}
			for i := range min(len(got), len(s.frames)) {
				if want := fmt.Sprintf("%x", sha256.Sum256(s.frames[i])); got[i] != want {
					t.Fatalf("frame %d differs", i)
				}
			}
		})
	}
}

func avcC(sps, pps []byte) []byte {
	b := []byte{1, sps[1], sps[2], sps[3], 0xFF, 0xE1, byte(len(sps) >> 8), byte(len(sps))}
	b = append(b, sps...)
	b = append(b, 1, byte(len(pps)>>8), byte(len(pps)))
	return append(b, pps...)
}
