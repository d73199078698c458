package readertest

import (
	"crypto/md5"
	"encoding/hex"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// Make has ffmpeg make a file in a temporary folder and returns its path. The
// test is skipped where ffmpeg is not installed.
func Make(t testing.TB, name string, args ...string) string {
	t.Helper()
	file := filepath.Join(t.TempDir(), name)
	FFmpeg(t, append(args, "-y", file)...)
	return file
}

// FFmpeg runs ffmpeg and returns what it prints. The test is skipped where
// ffmpeg is not installed.
func FFmpeg(t testing.TB, args ...string) string {
	t.Helper()
	if _, err := exec.LookPath("ffmpeg"); err != nil {
		t.Skip(err)
	}
	cmd := exec.Command("ffmpeg", append([]string{"-nostdin", "-v", "error"}, args...)...)
	cmd.Stderr = t.Output()
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("ffmpeg %v: %v", args, err)
	}
	return string(out)
}

// PacketHashes returns the MD5 of each packet of the first audio track that
// ffmpeg finds in a file.
func PacketHashes(t testing.TB, file string) (list []string) {
	t.Helper()
	for line := range strings.Lines(FFmpeg(t, "-i", file, "-map", "0:a:0", "-c", "copy", "-f", "framehash", "-hash", "md5", "-")) {
		if fields := strings.Split(strings.TrimSpace(line), ","); len(fields) > 5 && !strings.HasPrefix(line, "#") {
			list = append(list, strings.TrimSpace(fields[5]))
		}
	}
	return list
}

// Hash returns the MD5 of a unit as PacketHashes gives it.
func Hash(unit []byte) string {
	sum := md5.Sum(unit)
	return hex.EncodeToString(sum[:])
}
