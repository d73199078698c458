package intake

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"

	"github.com/spaces-cli/spaces/internal/archive"
	"github.com/spaces-cli/spaces/internal/archive/series"
	"github.com/spaces-cli/spaces/internal/library/space"
	"github.com/spaces-cli/spaces/internal/playlist/manifest"
	"github.com/spaces-cli/spaces/internal/stream"
)

// joinSeries makes a joined file of the chunks of a folder, which is read from
// there.
func (im *importer) joinSeries(f archive.Found) error {
	s := f.Series
	if s == nil {
		return &archive.Problem{Kind: archive.EmptyArchive, Subject: f.Path, Message: "the folder contains no chunks"}
	}
	full, err := filepath.Abs(s.Dir)
	if err != nil {
		return err
	}
	side, raw, err := readSidecar(s.Dir)
	if err != nil {
		im.fail(err, s.Dir)
	}
	j := Joined{
		SpaceID: im.opts.SpaceID, Name: filepath.Base(full) + s.Ext, Named: []string{filepath.Base(full)},
		Series: s, Listed: seriesManifest(s), Sidecar: side, Raw: raw,
	}
	// A folder tells of one recording: that of the series with the most files.
	if slices.ContainsFunc(im.opts.Joined, func(o Joined) bool { return o.Series != nil && o.Series.Dir == s.Dir }) {
		j.SpaceID, j.Named, j.Sidecar, j.Raw = "", nil, nil, nil
	}
	im.opts.Joined = append(slices.Clip(im.opts.Joined), j)
	return nil
}

// seriesManifest says where the chunks of a folder are in the joined file, and
// which numbers are missing, without lengths and hashes. A playlist that would
// tell how long they are is missing.
func seriesManifest(s *series.Chunks) *manifest.Manifest {
	m := &manifest.Manifest{Version: manifest.Version, Ended: true, Chunks: []manifest.Chunk{}, Gaps: []manifest.Gap{}}
	if s.Map != nil {
		m.Chunks = append(m.Chunks, manifest.Chunk{Name: series.PlainName(s.Map.Name), Map: true, Sequence: s.Files[0].Number})
	}
	first := s.Files[0].Number
	begins := func(number int64) float64 { return space.Seconds(float64(number-first) * s.Seconds) }
	gaps := s.Missing
	for _, f := range s.Files {
		for len(gaps) > 0 && gaps[0].First < f.Number {
			g := gaps[0]
			m.Gaps = append(m.Gaps, manifest.Gap{
				Name: "number " + g.String(), Sequence: g.First, Chunks: g.Count(), Start: begins(g.First),
				Seconds: space.Seconds(float64(g.Count()) * s.Seconds), Reason: "not-found", Detail: "the folder has no chunk of this number",
			})
			gaps = gaps[1:]
		}
		m.Chunks = append(m.Chunks, manifest.Chunk{Name: series.PlainName(f.Name), Sequence: f.Number, Start: begins(f.Number), Seconds: space.Seconds(s.Seconds)})
	}
	m.Seconds = begins(s.Files[len(s.Files)-1].Number + 1)
	return m
}

// readSeries reads all chunks of a folder for their lengths and hashes.
func readSeries(ctx context.Context, j *Joined) (*original, error) {
	m := seriesManifest(j.Series)
	all := sha256.New()
	gaps := m.Gaps
	for i, f := range j.Series.All() {
		c := &m.Chunks[i]
		for len(gaps) > 0 && gaps[0].Sequence < c.Sequence && !c.Map {
			gaps[0].Offset = m.Length
			gaps = gaps[1:]
		}
		own := sha256.New()
		n, err := copyFile(ctx, io.MultiWriter(all, own), filepath.Join(j.Series.Dir, f.Name))
		if err != nil {
			return nil, err
		}
		if n == 0 {
			return nil, fmt.Errorf("%s is empty", f.Name)
		}
		c.Offset, c.Length, c.SHA256 = m.Length, n, hex.EncodeToString(own.Sum(nil))
		m.Length += n
	}
	m.SHA256 = hex.EncodeToString(all.Sum(nil))
	text, err := json.MarshalIndent(m, "", " ")
	if err != nil {
		return nil, err
	}
	return &original{
		member: j.Name, size: m.Length, chunks: &chunks{m, append(text, '\n'), "", ""},
		open: func(context.Context) (io.ReadCloser, error) { return j.Series.Open(), nil },
	}, nil
}

func copyFile(ctx context.Context, w io.Writer, name string) (int64, error) {
	f, err := os.Open(name)
	if err != nil {
		return 0, err
	}
	defer f.Close()
	return io.Copy(w, stream.Until(ctx, f, nil))
}

// seriesParts lists the files of a folder of chunks as they were.
func seriesParts(s *series.Chunks) (parts []space.Part) {
	if s == nil {
		return nil
	}
	for _, c := range s.All() {
		parts = append(parts, space.Part{Name: c.Name, Bytes: c.Size})
	}
	return parts
}
