package adts

import (
	"bytes"
	"encoding/binary"
	"io"
	"os/exec"
	"slices"
	"testing"

	"github.com/spaces-cli/spaces/internal/media/track"
)

// ffmpeg runs ffmpeg on in and returns what it writes. The test is skipped if
// it is not installed.
func ffmpeg(t *testing.T, in []byte, args ...string) []byte {
	t.Helper()
	path, err := exec.LookPath("ffmpeg")
	if err != nil {
		t.Skip("ffmpeg is not installed")
	}
	var stderr bytes.Buffer
	cmd := exec.Command(path, append([]string{"-hide_banner", "-loglevel", "error"}, args...)...)
	cmd.Stdin, cmd.Stderr = bytes.NewReader(in), &stderr
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("ffmpeg %q: %v\n%s", args, err, &stderr)
	}
	return out
}

func encode(t *testing.T, args ...string) []byte {
	t.Helper()
	in := []string{"-f", "lavfi", "-i", "aevalsrc=0.3*sin(2*PI*(200+80*t)*t)|0.2*sin(2*PI*330*t):s=48000:d=2"}
	return ffmpeg(t, nil, append(append(in, args...), "-c:a", "aac", "-b:a", "96k", "-f", "adts", "-")...)
}

func decode(t *testing.T, in []byte) []byte {
	return ffmpeg(t, in, "-f", "aac", "-i", "-", "-f", "s16le", "-c:a", "pcm_s16le", "-")
}

// Real AAC, with tags strewn in, comes out so that ffmpeg decodes it to the
// same samples as before, each unit under a new header.
func TestAgainstFFmpeg(t *testing.T) {
	for _, args := range [][]string{nil, {"-ac", "1"}, {"-ar", "44100"}, {"-ar", "22050", "-ac", "1"}} {
		clean := encode(t, args...)
		var tagged []byte
		units := 0
		for rest := clean; len(rest) > 0; units++ {
			h, err := ParseHeader(rest)
			if err != nil {
				t.Fatal(err)
			}
			if units%47 == 0 {
				tagged = append(tagged, tag("HydraAudioLevel", "[63]")...)
			}
			tagged = append(tagged, rest[:h.Length]...)
			rest = rest[h.Length:]
		}
		var again []byte
		r := NewReader(bytes.NewReader(tagged), track.Options{})
		for {
			var p track.Packet
			if err := r.Next(&p); err == io.EOF {
				break
			} else if err != nil {
				t.Fatal(err)
			}
			asc := binary.BigEndian.Uint16([]byte(r.Track().Runs[p.Run].Specific))
			head := uint32(0xfff1)<<16 | uint32(asc>>11-1)<<14 | uint32(asc>>7&0xf)<<10 | uint32(asc>>3&0xf)<<6
			n := len(p.Data) + HeaderLen
			again = binary.BigEndian.AppendUint32(again, head|uint32(n>>11))
			again = append(append(again, byte(n>>3), byte(n<<5)|0x1f, 0xfc), p.Data...)
		}
		if got := r.Track(); got.Units() != int64(units) || !got.Damage.Empty() {
			t.Errorf("%q: %d units, damage %+v; want %d and none", args, got.Units(), got.Damage, units)
		}
		want := decode(t, clean)
		if got := decode(t, again); len(want) == 0 || !bytes.Equal(got, want) {
			t.Errorf("%q: %d bytes of PCM differ from %d", args, len(got), len(want))
		}
	}
}

// In real AAC, which is less random than the frames of the other tests, a cut
// costs the frames it touches.
func TestCutsInRealAudio(t *testing.T) {
	clean := encode(t)
	all, err := readAll(t, bytes.NewReader(clean))
	if err != nil {
		t.Fatal(err)
	}
	for i, u := range all.units[1:] {
		off := int(u.Offset)
		before, after := i+1, len(all.units)-i-2
		got := check(t, slices.Concat(clean[:off+20], clean[off+30:]))
		if n := len(got.units); n != before+after {
			t.Errorf("unit %d cut: %d units, want %d", i+1, n, before+after)
		}
		if i+2 < len(all.units) && got.track.Damage.Lost != 1 {
			t.Errorf("unit %d cut: %+v", i+1, got.track.Damage)
		}
	}
}
