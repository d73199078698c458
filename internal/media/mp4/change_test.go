package mp4

import (
	"bytes"
	"encoding/binary"
	"errors"
	"path/filepath"
	"testing"

	"github.com/spaces-cli/spaces/internal/media/track"
)

// segmented has ffmpeg make the initialization section and the segments of
// HTTP Live Streaming, as one file, of an ADTS file.
func segmented(t *testing.T, dir, in, args string) []byte {
	t.Helper()
	ffmpeg(t, dir, "-i "+in+" -c:a copy -bsf:a aac_adtstoasc "+args+
		" -f hls -hls_time 1 -hls_segment_type fmp4 -hls_flags single_file -hls_segment_filename out.m4s out.m3u8")
	return readFile(t, filepath.Join(dir, "out.m4s"))
}

// Where the coding of a stream changes, another movie precedes the fragments.
func TestChangedMovies(t *testing.T) {
	dir := t.TempDir()
	stereo, mono := speech(t, dir, "stereo.aac", "48000", "2"), speech(t, dir, "mono.aac", "44100", "1")
	a, b := segmented(t, dir, "stereo.aac", ""), segmented(t, dir, "mono.aac", "")
	// The sound is the second track here.
	ffmpeg(t, dir, "-f lavfi -i testsrc=d=5:s=160x90:r=10 -i mono.aac -map 0 -map 1 -c:v mpeg4 -g 10 -c:a copy -bsf:a aac_adtstoasc"+
		" -movflags frag_keyframe+empty_moov+delay_moov+default_base_moof pictures.mp4")
	pictures := readFile(t, filepath.Join(dir, "pictures.mp4"))
	encrypted := bytes.Replace(b, []byte("mp4a"), []byte("enca"), 1)
	noSound := bytes.ReplaceAll(b, []byte("soun"), []byte("text"))
	cut := bytes.Clone(b)
	binary.BigEndian.PutUint32(cut[bytes.Index(cut, []byte("moov"))-4:], 1<<31-1) // it claims the rest

	for _, c := range []struct {
		name   string
		parts  [][]byte
		runs   []int64 // sample rates
		units  [][]byte
		damage int64
	}{
		{"the same again", [][]byte{a, a}, []int64{48000}, join(stereo, stereo), 0},
		{"there and back", [][]byte{a, b, a}, []int64{48000, 44100, 48000}, join(stereo, mono, stereo), 0},
		{"another track", [][]byte{a, pictures, a}, []int64{48000, 44100, 48000}, join(stereo, mono, stereo), 0},
		{"encrypted between", [][]byte{a, encrypted, b}, []int64{48000, 44100}, join(stereo, mono), 1},
		{"encrypted at the end", [][]byte{a, encrypted}, []int64{48000}, stereo, 1},
		{"no sound between", [][]byte{a, noSound, a}, []int64{48000}, join(stereo, stereo), 1},
		{"a movie that claims the rest", [][]byte{a, cut}, []int64{48000}, stereo, 0},
	} {
		t.Run(c.name, func(t *testing.T) {
			file := bytes.Join(c.parts, nil)
			r, got := readAll(t, file)
			sameUnits(t, got, c.units)
			var runs []int64
			for _, run := range r.Track().Runs {
				runs = append(runs, int64(run.SampleRate))
			}
			if len(runs) != len(c.runs) || runs[0] != c.runs[0] || runs[len(runs)-1] != c.runs[len(runs)-1] {
				t.Errorf("runs at %d Hz, want %d", runs, c.runs)
			}
			if d := r.Track().Damage; d.Count != c.damage {
				t.Errorf("damage %+v, want %d places", d, c.damage)
			}
			check(t, file)
		})
	}
	if _, err := NewReader(bytes.NewReader(encrypted), int64(len(encrypted)), track.Options{}); !errors.Is(err, ErrEncrypted) {
		t.Errorf("encrypted from the start: %v", err)
	}
}

func join(lists ...[][]byte) (all [][]byte) {
	for _, l := range lists {
		all = append(all, l...)
	}
	return all
}
