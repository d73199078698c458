package studio

import (
	"errors"
	"io/fs"
	"net/http"
	"path"
	"strings"

	"github.com/spaces-cli/spaces/internal/library"
	"github.com/spaces-cli/spaces/internal/library/layout"
	"github.com/spaces-cli/spaces/internal/media/format"
)

// outlineColumns is how many columns the small waveform of a row has.
const outlineColumns = 96

// serveOutline answers with the small waveform of a recording that has been
// measured: a byte for each column. Of one that has not there is no content.
func (s *Server) serveOutline(w http.ResponseWriter, r *http.Request) {
	lib, release, err := s.library.take(r.Context())
	if err != nil {
		answer(w, nil, err)
		return
	}
	defer release()
	f, c, err := lib.OpenPeaks(r.PathValue("id"))
	if errors.Is(err, fs.ErrNotExist) {
		w.WriteHeader(http.StatusNoContent)
		return
	}
	if err != nil {
		answer(w, nil, err)
		return
	}
	defer c.Close()
	list, err := f.Overview(outlineColumns)
	if err != nil {
		answer(w, nil, err)
		return
	}
	b := make([]byte, len(list))
	for i, p := range list {
		b[i] = byte(min(255, max(int(p.Max), -int(p.Min))>>7))
	}
	w.Header().Set("Content-Type", "application/octet-stream")
	w.Write(b)
}

// countMade counts the clips or the episodes of a recording, by the names of
// their records: a list does not read what is in them.
func countMade(lib *library.Library, folder, kind string) (n int) {
	entries, err := fs.ReadDir(lib.Root().FS(), path.Join(folder, kind))
	if err != nil {
		return 0
	}
	for _, e := range entries {
		file, ok := strings.CutSuffix(e.Name(), ".json")
		if _, ours := format.Of(file, format.All()); ok && ours && !strings.HasPrefix(file, ".") {
			n++
		}
	}
	return n
}

// keepsWords reports whether there is a file with what was said.
func keepsWords(lib *library.Library, folder string) bool {
	_, err := lib.Root().Lstat(layout.TranscriptIn(folder))
	return err == nil
}
