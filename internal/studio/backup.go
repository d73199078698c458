package studio

import (
	"errors"
	"net/http"
	"strings"
	"time"

	"github.com/spaces-cli/spaces/internal/backup"
	"github.com/spaces-cli/spaces/internal/library"
	"github.com/spaces-cli/spaces/internal/library/backups"
	"github.com/spaces-cli/spaces/internal/library/layout"
	"github.com/spaces-cli/spaces/internal/library/space"
)

// A backupState is what the library itself knows of its backups. The places
// where they lie are not asked, and no file is read.
type backupState struct {
	Place string     `json:"place,omitempty"` // of the latest; "" if none was made
	Name  string     `json:"name,omitempty"`  // of the place in the settings
	At    space.Time `json:"at"`
	Ahead bool       `json:"ahead,omitempty"` // At is in the future: a clock is wrong, or was
	// Changed says that the library is not as that backup has it.
	Changed bool `json:"changed"`
	// Newer counts the recordings that have files written since then. There may be
	// more that the backup does not hold as they are.
	Newer int `json:"newer"`
	// Holding are the places whose backups hold somebody who was forgotten since.
	Holding []string `json:"holding"`
}

// showBackup answers with when and where the latest backup was made, and whether
// the library has changed since, as spaces status does.
func (s *Server) showBackup(w http.ResponseWriter, r *http.Request) {
	v := backupState{Holding: []string{}}
	lib, release, err := s.library.take(r.Context())
	if errors.Is(err, library.ErrNoLibrary) {
		answer(w, v, nil)
		return
	}
	if err != nil {
		answer(w, nil, err)
		return
	}
	defer release()
	record, err := backups.Read(lib.Root())
	for _, e := range record.Holding() {
		v.Holding = append(v.Holding, e.Where())
	}
	now := time.Now()
	last := record.Latest(now)
	if err != nil || last == nil {
		answer(w, v, err)
		return
	}
	d, err := backup.Since(r.Context(), lib, last)
	if err != nil {
		answer(w, nil, err)
		return
	}
	v.Place, v.Name, v.At, v.Ahead, v.Changed = last.Place, last.Target, space.Time{Time: last.At}, last.Ahead(now), d.Changed
	folders := make(map[string]bool)
	for _, name := range d.Newer {
		// recordings/YEAR/FOLDER/…, but for what the program measures and can again
		if parts := strings.SplitN(name, "/", 5); len(parts) > 3 && parts[0] == layout.Recordings && parts[3] != layout.Own {
			folders[parts[2]] = true
		}
	}
	v.Newer = len(folders)
	answer(w, v, nil)
}
