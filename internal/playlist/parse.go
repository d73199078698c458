package playlist

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"
	"net/url"
	"strings"
	"time"
)

// Parse reads a playlist. Addresses are resolved against base, which is where
// the playlist itself came from; with nil they stay as they are written.
// Unknown tags are skipped, as RFC 8216, 6.3.1 asks.
func Parse(r io.Reader, base *url.URL) (*Playlist, error) {
	p := parser{base: base, next: -1, keys: make(map[string]*Key)}
	limited := &io.LimitedReader{R: r, N: MaxBytes + 1}
	lines := bufio.NewScanner(limited)
	lines.Buffer(make([]byte, 0, 4<<10), maxLine)
	for lines.Scan() {
		p.line++
		text := lines.Text()
		if p.line == 1 {
			// A BOM is forbidden (RFC 8216, 4.1), and written by editors on Windows.
			text = strings.TrimPrefix(text, "\ufeff")
			if head := strings.TrimRight(text, " \t\r"); head != "#EXTM3U" {
				return nil, notPlaylist(head)
			}
			continue
		}
		if err := p.take(strings.TrimSpace(text)); err != nil {
			if errors.Is(err, ErrVariables) {
				return nil, err
			}
			return nil, &SyntaxError{p.line, err.Error()}
		}
	}
	switch err := lines.Err(); {
	case errors.Is(err, bufio.ErrTooLong):
		return nil, &SyntaxError{p.line + 1, fmt.Sprintf("the line is longer than %d KiB", maxLine>>10)}
	case err != nil:
		return nil, err
	case limited.N == 0:
		return nil, fmt.Errorf("the playlist is larger than %d MiB", MaxBytes>>20)
	case p.line == 0:
		return nil, ErrNotPlaylist
	}
	return p.finish()
}

// notPlaylist says what a text is that is not a playlist, if its first line
// tells.
func notPlaylist(head string) error {
	low := strings.ToLower(strings.TrimSpace(head))
	if strings.HasPrefix(low, "<!doctype html") || strings.HasPrefix(low, "<html") {
		return fmt.Errorf("%w; it is a web page", ErrNotPlaylist)
	}
	return ErrNotPlaylist
}

// IsPlaylist reports whether the beginning of a file is that of a playlist.
func IsPlaylist(head []byte) bool {
	head = bytes.TrimPrefix(head, []byte("\ufeff"))
	rest, ok := bytes.CutPrefix(head, []byte("#EXTM3U"))
	return ok && (len(rest) == 0 || bytes.IndexByte([]byte(" \t\r\n"), rest[0]) >= 0)
}

// A parser holds what tags say of the entries that follow them.
type parser struct {
	base *url.URL
	line int

	master            Master
	media             Media
	isMaster, isMedia bool

	// Of the next address only.
	stream   *Variant
	inf      bool
	duration time.Duration
	title    string
	rangeTag string
	breaks   bool
	gap      bool
	date     time.Time

	// Of all addresses that follow.
	keys    map[string]*Key // by KEYFORMAT: one is enough to decrypt
	current *Key
	init    *Map
	start   time.Duration
	clock   time.Time // when the next chunk begins, if that is known

	// Where the last byte range ended, and of what.
	next   int64
	nextOf string
}

// take reads one line after the first.
func (p *parser) take(line string) error {
	if line == "" {
		return nil
	}
	if !strings.HasPrefix(line, "#") {
		return p.address(line)
	}
	if !strings.HasPrefix(line, "#EXT") {
		return nil // a comment
	}
	tag, value, _ := strings.Cut(line, ":")
	if tag == "#EXT-X-DEFINE" {
		return ErrVariables
	}
	if done, err := p.masterTag(tag, value); done {
		p.isMaster = true
		return err
	}
	done, err := p.mediaTag(tag, value)
	if done {
		p.isMedia = true
	} else if tag == "#EXT-X-VERSION" {
		var n int64
		if n, err = number(value); err == nil {
			p.media.Version = int(min(n, 1<<20))
		}
	}
	if err != nil {
		return fmt.Errorf("%s: %w", tag, err)
	}
	return nil
}

// masterTag reads the tags that only master playlists have (RFC 8216, 4.3.4).
func (p *parser) masterTag(tag, value string) (done bool, err error) {
	switch tag {
	case "#EXT-X-STREAM-INF":
		p.stream, err = variant(value)
	case "#EXT-X-MEDIA":
		var r *Rendition
		if r, err = p.rendition(value); err == nil {
			p.master.Renditions = append(p.master.Renditions, *r)
		}
	case "#EXT-X-I-FRAME-STREAM-INF", "#EXT-X-SESSION-DATA", "#EXT-X-SESSION-KEY", "#EXT-X-CONTENT-STEERING":
	default:
		return false, nil
	}
	if err == nil && len(p.master.Renditions) > maxStreams {
		err = fmt.Errorf("more than %d renditions", maxStreams)
	}
	if err != nil {
		err = fmt.Errorf("%s: %w", tag, err)
	}
	return true, err
}

// mediaTag reads the tags that only media playlists have (RFC 8216, 4.3.2 and
// 4.3.3).
func (p *parser) mediaTag(tag, value string) (done bool, err error) {
	m := &p.media
	switch tag {
	case "#EXTINF":
		seconds, title, _ := strings.Cut(value, ",")
		p.duration, err = duration(seconds)
		p.inf, p.title = true, strings.TrimSpace(title)
	case "#EXT-X-BYTERANGE":
		p.rangeTag = strings.TrimSpace(value)
		if p.rangeTag == "" {
			err = errors.New("no length")
		}
	case "#EXT-X-DISCONTINUITY":
		p.breaks = true
		p.clock = time.Time{} // what follows may have been recorded at any time
	case "#EXT-X-GAP":
		p.gap = true
	case "#EXT-X-PROGRAM-DATE-TIME":
		// A date that cannot be read is as good as none.
		p.date, _ = dateTime(value)
	case "#EXT-X-KEY":
		err = p.key(value)
	case "#EXT-X-MAP":
		err = p.mapTag(value)
	case "#EXT-X-TARGETDURATION":
		m.Target, err = duration(value)
	case "#EXT-X-MEDIA-SEQUENCE":
		if len(m.Segments) > 0 {
			return true, errors.New("it follows a chunk")
		}
		m.Sequence, err = number(value)
		if m.Sequence > maxOffset {
			err = errors.New("the number is too large")
		}
	case "#EXT-X-DISCONTINUITY-SEQUENCE":
		m.Discontinuity, err = number(value)
	case "#EXT-X-PLAYLIST-TYPE":
		if value = strings.TrimSpace(value); value == "VOD" || value == "EVENT" {
			m.Type = value
		}
	case "#EXT-X-ENDLIST":
		m.Ended = true
	case "#EXT-X-I-FRAMES-ONLY":
		err = errors.New("the playlist has single pictures and no sound")
	case "#EXT-X-SKIP":
		err = errors.New("the playlist lists only what changed")
	default:
		return false, nil
	}
	return true, err
}

// key reads an EXT-X-KEY. Several of them may say how to get the same key in
// different ways, each for one kind of player (RFC 8216, 4.3.2.4).
func (p *parser) key(value string) error {
	a, err := attributes(value)
	if err != nil {
		return err
	}
	k := &Key{Method: a["METHOD"], Format: a["KEYFORMAT"]}
	if k.Format == "" {
		k.Format = "identity"
	}
	switch k.Method {
	case "":
		return errors.New("no METHOD")
	case "NONE":
		clear(p.keys)
		p.current = nil
		return nil
	}
	if a["URI"] == "" {
		return errors.New("no URI")
	}
	if k.URI, err = p.resolve(a["URI"]); err != nil {
		return err
	}
	if text, has := a["IV"]; has {
		if k.IV, err = initVector(text); err != nil {
			return err
		}
	}
	if p.current != nil && p.keyUsed() {
		clear(p.keys) // what came before a chunk was of that chunk
	}
	p.keys[k.Format] = k
	p.current = k
	if own := p.keys["identity"]; own != nil {
		p.current = own
	}
	return nil
}

// keyUsed reports whether a chunk or a map has the current key.
func (p *parser) keyUsed() bool {
	if n := len(p.media.Segments); n > 0 && p.media.Segments[n-1].Key == p.current {
		return true
	}
	return p.init != nil && p.init.Key == p.current
}

func (p *parser) mapTag(value string) error {
	a, err := attributes(value)
	if err != nil {
		return err
	}
	if a["URI"] == "" {
		return errors.New("no URI")
	}
	m := &Map{Key: p.current}
	if m.URI, err = p.resolve(a["URI"]); err != nil {
		return err
	}
	if text, has := a["BYTERANGE"]; has {
		// Without an offset it is the beginning (bis, 4.4.4.5).
		if m.Range, err = byteRange(text, 0); err != nil {
			return err
		}
	}
	// An IV that the key does not tell is a chunk's number, and a map has none
	// (RFC 8216, 4.3.2.5).
	if m.Key != nil && m.Key.Supported() && m.Key.IV == nil {
		return errors.New("it is encrypted, and its key has no IV")
	}
	p.init = m
	return nil
}

// address takes a line that is an address: of a chunk, or of a stream.
func (p *parser) address(line string) error {
	u, err := p.resolve(line)
	if err != nil {
		return err
	}
	if p.stream != nil {
		p.stream.URI = u
		p.master.Variants = append(p.master.Variants, *p.stream)
		p.stream = nil
		if len(p.master.Variants) > maxStreams {
			return fmt.Errorf("more than %d streams", maxStreams)
		}
		return nil
	}
	if !p.inf {
		return errors.New("an address without #EXTINF")
	}
	p.isMedia = true
	m := &p.media
	if len(m.Segments) >= maxEntries {
		return fmt.Errorf("more than %d chunks", maxEntries)
	}
	s := Segment{
		Line: p.line, URI: u, Sequence: m.Sequence + int64(len(m.Segments)),
		Title: p.title, Start: p.start, Duration: p.duration,
		Discontinuity: p.breaks, Gap: p.gap, Map: p.init, Key: p.current,
	}
	if p.rangeTag != "" {
		next := int64(-1)
		if u.String() == p.nextOf {
			next = p.next
		}
		if s.Range, err = byteRange(p.rangeTag, next); err != nil {
			return fmt.Errorf("#EXT-X-BYTERANGE: %w", err)
		}
		p.next, p.nextOf = s.Range.Offset+s.Range.Length, u.String()
	} else {
		p.next, p.nextOf = -1, ""
	}
	if !p.date.IsZero() {
		p.clock = p.date
	}
	s.Time = p.clock
	if !p.clock.IsZero() {
		p.clock = p.clock.Add(s.Duration)
	}
	if p.start += s.Duration; p.start.Seconds() > maxTotal {
		return fmt.Errorf("the chunks are longer than %d h", int(maxTotal/3600))
	}
	m.Segments = append(m.Segments, s)
	p.inf, p.title, p.rangeTag, p.breaks, p.gap, p.date = false, "", "", false, false, time.Time{}
	return nil
}

// resolve reads an address and puts the playlist's own before it, as far as
// that is missing (RFC 3986, 5.2).
func (p *parser) resolve(text string) (*url.URL, error) {
	u, err := url.Parse(text)
	if err != nil {
		return nil, errors.New("the address cannot be read") // it may hold a secret
	}
	if p.base != nil {
		u = p.base.ResolveReference(u)
	}
	u.Fragment, u.RawFragment = "", ""
	return u, nil
}

func (p *parser) finish() (*Playlist, error) {
	switch {
	case p.isMaster && p.isMedia:
		return nil, errors.New("the playlist lists both streams and chunks") // RFC 8216, 4.3.3
	case p.isMaster && len(p.master.Variants) == 0 && len(p.master.Renditions) == 0:
		return nil, errors.New("the playlist lists no streams")
	case p.isMaster:
		return &Playlist{Master: &p.master}, nil
	case !p.isMedia:
		return nil, errors.New("the playlist is empty")
	}
	return &Playlist{Media: &p.media}, nil
}
