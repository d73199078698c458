package hls

import (
	"bufio"
	"bytes"
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"time"

	"github.com/spaces-cli/spaces/internal/durable"
	"github.com/spaces-cli/spaces/internal/playlist"
)

// A listing is every chunk that a playlist has listed so far. A server may take
// chunks off the beginning of a live playlist (RFC 8216, 6.2.2), so what was
// listed once is remembered, in memory and in the folder of the download.
type listing struct {
	entries []*entry // in the order of the recording
	ended   bool
	target  time.Duration

	low    int64 // number of the first chunk in the newest playlist
	doubts int   // playlists in a row that seemed to begin anew

	trace durable.Trace
	work  *os.Root
	file  *os.File // nil: nothing is remembered yet
}

// An entry is a chunk that was listed. As JSON it is a line of the listing's
// file, where a later line about the same chunk replaces an earlier one.
type entry struct {
	List     int           `json:"list,omitempty"` // counts how often the server began to number anew
	Sequence int64         `json:"sequence"`
	Chunk    resource      `json:"chunk"`
	Map      *resource     `json:"map,omitempty"`
	Duration time.Duration `json:"ns"`
	Time     time.Time     `json:"time,omitzero"`
	Breaks   bool          `json:"breaks,omitempty"` // a discontinuity
	Marked   bool          `json:"marked,omitempty"` // missing, says the playlist
	Seen     time.Time     `json:"seen"`             // first, by the clock of this computer
	Ended    bool          `json:"ended,omitempty"`  // only this is said: the playlist is complete
}

// A resource is a chunk or a map. Its address is known only while the program
// runs that read it: its query may be a secret.
type resource struct {
	ID        string          `json:"id"`
	Name      string          `json:"name"`
	Range     *playlist.Range `json:"range,omitempty"`
	Encrypted bool            `json:"encrypted,omitempty"`

	uri *url.URL
	key *playlist.Key
}

func newResource(what string, u *url.URL, part *playlist.Range, key *playlist.Key) resource {
	return resource{ID: identity(what, u, part, key), Name: baseName(u), Range: part, Encrypted: key != nil, uri: u, key: key}
}

const (
	listName     = ".listed"
	maxListBytes = 256 << 20
)

// HasListing reports whether an earlier call has left chunks of a playlist that
// had not ended in a folder: Download joins them also without the playlist.
func HasListing(folder string) bool {
	info, err := os.Stat(filepath.Join(folder, listName))
	return err == nil && info.Size() > 0
}

// load reads what earlier calls have remembered in the folder.
func (l *listing) load() error {
	f, err := l.work.OpenFile(listName, os.O_RDWR, 0)
	if errors.Is(err, os.ErrNotExist) {
		return nil
	}
	if err != nil {
		return err
	}
	l.file = f
	var whole int64 // bytes of lines that can be read: a killed program leaves half a one
	lines := bufio.NewReaderSize(io.LimitReader(f, maxListBytes), 64<<10)
	for {
		line, err := lines.ReadSlice('\n')
		var e entry
		if err != nil || json.Unmarshal(line, &e) != nil || e.Chunk.ID == "" && !e.Ended {
			break
		}
		whole += int64(len(line))
		if e.Ended {
			l.ended = true
		} else {
			l.put(&e)
		}
	}
	if err := f.Truncate(whole); err != nil {
		return err
	}
	_, err = f.Seek(whole, io.SeekStart)
	return err
}

func (l *listing) close() {
	if l.file != nil {
		l.file.Close()
	}
}

// remember appends entries to the file. Nothing is flushed to the medium, as
// with the chunks.
func (l *listing) remember(list []*entry) error {
	if len(list) == 0 {
		return nil
	}
	if err := l.trace.Step("append", listName); err != nil {
		return &localError{err}
	}
	if l.file == nil {
		f, err := l.work.OpenFile(listName, os.O_WRONLY|os.O_CREATE|os.O_TRUNC, 0o600)
		if err != nil {
			return &localError{err}
		}
		l.file = f
	}
	var text bytes.Buffer
	enc := json.NewEncoder(&text)
	for _, e := range list {
		if err := enc.Encode(e); err != nil {
			return err
		}
	}
	if _, err := l.file.Write(text.Bytes()); err != nil {
		return &localError{err}
	}
	return nil
}

// put adds an entry where it belongs, or replaces the one that is there.
func (l *listing) put(e *entry) {
	n, found := l.search(e.List, e.Sequence)
	if found {
		l.entries[n] = e
		return
	}
	l.entries = slices.Insert(l.entries, n, e)
}

func (l *listing) search(list int, sequence int64) (int, bool) {
	return slices.BinarySearchFunc(l.entries, entry{List: list, Sequence: sequence}, func(e *entry, want entry) int {
		return cmp.Or(cmp.Compare(e.List, want.List), cmp.Compare(e.Sequence, want.Sequence))
	})
}

// A relation says how a playlist continues what is known.
type relation int

const (
	continues relation = iota
	outdated           // an older copy, as one machine of a content network may have
	anew               // the server began to number its chunks anew
)

// surely is after how many playlists in a row that seem to begin anew that is
// believed.
const surely = 3

// merge adds what a playlist lists. It returns how many chunks are new, and
// whether the server began anew. Whoever cannot read the playlist again takes
// what seems to be anew for it at once.
func (l *listing) merge(m *playlist.Media, again bool) (added int, restarted bool, err error) {
	for i := range m.Segments {
		for _, k := range []*playlist.Key{m.Segments[i].Key, mapKey(m.Segments[i].Map)} {
			if k != nil && !k.Supported() {
				return 0, false, &UnsupportedError{k.Method, k.Format}
			}
		}
	}
	if m.Target > 0 {
		l.target = m.Target
	}
	list := 0
	var last *entry
	if n := len(l.entries); n > 0 {
		last = l.entries[n-1]
		list = last.List
	}
	if len(m.Segments) > 0 {
		switch l.relate(m, list) {
		case continues:
			l.doubts = 0
		case outdated:
			if l.doubts++; l.doubts < surely {
				return 0, false, nil
			}
			restarted = true
		case anew:
			if l.doubts++; again && l.doubts < surely {
				return 0, false, nil
			}
			restarted = true
		}
	}
	if restarted {
		list++
		l.doubts, l.ended = 0, false
	} else {
		last = nil
	}
	changed, added := l.take(m, list, last)
	if len(l.entries) > mostListed {
		return 0, false, &TooLargeError{fmt.Sprintf("%d chunks of one recording", mostListed)}
	}
	if m.Ended && !l.ended {
		l.ended = true
		changed = append(changed, &entry{Ended: true})
	}
	// What a complete playlist lists, it lists the next time too.
	if l.file != nil || !m.Ended {
		err = l.remember(changed)
	}
	return added, restarted && added > 0, err
}

// mostListed is how many chunks are remembered of a playlist that grows: two
// weeks of those of X. A server could name new ones for ever.
const mostListed = 400_000

// relate compares a playlist with the entries of a list.
func (l *listing) relate(m *playlist.Media, list int) relation {
	from, _ := l.search(list, 0)
	if from == len(l.entries) {
		return continues
	}
	same, other, apart := 0, 0, 0
	for i := range m.Segments {
		s := &m.Segments[i]
		n, found := l.search(list, s.Sequence)
		if !found {
			continue
		}
		e := l.entries[n]
		if e.is(s, list) {
			same++
		} else {
			other++
		}
		if !e.Time.IsZero() && !s.Time.IsZero() && !e.isAt(s.Time) {
			apart++
		}
	}
	newest := m.Segments[len(m.Segments)-1].Sequence
	switch {
	case other > same, same+other == 0 && newest < l.entries[from].Sequence,
		apart > same/2 && newest < l.entries[len(l.entries)-1].Sequence: // the same names, for what was recorded at another time
		return anew
	case m.Type == "" && !m.Ended && newest < l.low:
		return outdated
	}
	return continues
}

// is reports whether a chunk of a playlist is the one that was listed with the
// same number: servers move to other hosts, and sign addresses in their path.
func (e *entry) is(s *playlist.Segment, list int) bool {
	switch {
	case e.Chunk.uri != nil && e.Chunk.uri.String() == s.URI.String(),
		e.Chunk.Name == baseName(s.URI) && (e.Duration-s.Duration).Abs() <= time.Millisecond,
		!e.Time.IsZero() && !s.Time.IsZero() && e.isAt(s.Time):
		return true
	}
	return e.Chunk.ID == chunkID(s, list)
}

// isAt reports whether the chunk was recorded at a time, as exactly as servers
// tell it.
func (e *entry) isAt(t time.Time) bool { return e.Time.Sub(t).Abs() <= max(e.Duration, 2*time.Second) }

// chunkID is the same for a chunk in every run.
func chunkID(s *playlist.Segment, list int) string {
	what := fmt.Sprint(s.Sequence)
	if list > 0 {
		what = fmt.Sprintf("%d of list %d", s.Sequence, list)
	}
	return identity(what, s.URI, s.Range, s.Key)
}

// take adds the chunks of a playlist to a list, and returns what has to be
// remembered. Of a list that begins anew after the entry before, it leaves out
// what was recorded before that ended: a server that starts again lists the end
// of its recording again.
func (l *listing) take(m *playlist.Media, list int, before *entry) (changed []*entry, added int) {
	var fresh []*entry
	maps := make(map[*playlist.Map]*resource)
	for i := range m.Segments {
		s := &m.Segments[i]
		if before != nil && !before.Time.IsZero() && !s.Time.IsZero() && s.Time.Add(s.Duration/2).Before(before.Time.Add(before.Duration)) {
			continue
		}
		var init *resource
		if s.Map != nil {
			if init = maps[s.Map]; init == nil {
				r := newResource("map", s.Map.URI, s.Map.Range, s.Map.Key)
				init = &r
				maps[s.Map] = init
			}
		}
		n, found := l.search(list, s.Sequence)
		if !found {
			e := &entry{
				List: list, Sequence: s.Sequence, Map: init, Duration: s.Duration, Time: s.Time,
				Breaks: s.Discontinuity || before != nil && added == 0, Marked: s.Gap, Seen: time.Now().UTC().Round(0),
			}
			e.Chunk = newResource("", s.URI, s.Range, s.Key)
			e.Chunk.ID = chunkID(s, list)
			fresh = append(fresh, e)
			changed = append(changed, e)
			added++
			continue
		}
		e := l.entries[n]
		e.Chunk.uri, e.Chunk.key = s.URI, s.Key
		if e.Map != nil && init != nil {
			e.Map.uri, e.Map.key = init.uri, init.key
		}
		if e.Time.IsZero() && !s.Time.IsZero() || e.Marked != s.Gap {
			e.Marked = s.Gap
			if e.Time.IsZero() {
				e.Time = s.Time
			}
			changed = append(changed, e)
		}
	}
	// All at once: one by one before what is there would take a minute for many.
	if l.entries = append(l.entries, fresh...); len(fresh) > 0 {
		slices.SortFunc(l.entries, func(a, b *entry) int {
			return cmp.Or(cmp.Compare(a.List, b.List), cmp.Compare(a.Sequence, b.Sequence))
		})
	}
	if len(m.Segments) > 0 {
		l.low = m.Segments[0].Sequence
	}
	return changed, added
}

// longestGap is how much may be missing between two chunks by the playlist's
// clock: more is a clock that was set.
const longestGap = 24 * time.Hour

// missing says how many chunks were listed and dropped between two entries
// while nobody looked, and how long they take.
func (l *listing) missing(a, b *entry) (chunks int64, long time.Duration) {
	timed := !a.Time.IsZero() && !b.Time.IsZero()
	if timed {
		long = b.Time.Sub(a.Time.Add(a.Duration))
		timed = long >= 0 && long < longestGap
	}
	if a.List != b.List {
		// The numbers say nothing, and what the clocks round is not missing.
		if !timed || long < 500*time.Millisecond {
			return 0, 0
		}
		return 0, long
	}
	chunks = b.Sequence - a.Sequence - 1
	if chunks <= 0 {
		return 0, 0
	}
	if timed {
		return chunks, long
	}
	// Some servers number chunks by the clock: more cannot be missing than time
	// has passed.
	typical := cmp.Or(l.target, a.Duration)
	long = time.Duration(min(chunks, 1<<20)) * typical
	if passed := b.Seen.Sub(a.Seen); passed >= 0 && long > passed+10*typical {
		long = passed
	}
	return chunks, min(long, longestGap)
}
