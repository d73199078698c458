package ytdlp

import (
	"bytes"
	"encoding/json"
	"net/http"
	"net/url"
	"strings"
	"time"

	"golang.org/x/net/http/httpguts"

	"github.com/spaces-cli/spaces/internal/archive"
)

// An info is what the program writes, as far as it is read. Anything may be
// missing or of another type.
type info struct {
	format
	ID        any `json:"id"`
	Title     any `json:"title"`
	FullTitle any `json:"fulltitle"`
	Text      any `json:"description"`
	Status    any `json:"live_status"`
	IsLive    any `json:"is_live"`
	WasLive   any `json:"was_live"`
	Release   any `json:"release_timestamp"`
	Created   any `json:"timestamp"`
	Extractor any `json:"extractor"`
	Formats   any `json:"formats"`
}

// A format is one way in which the sound can be had.
type format struct {
	URL      any `json:"url"`
	Manifest any `json:"manifest_url"`
	Protocol any `json:"protocol"`
	Picture  any `json:"vcodec"`
	Header   any `json:"http_headers"`
}

// read makes an answer of the program's output, and of what it said meanwhile.
func read(out []byte, said, id string) (*Answer, error) {
	out = bytes.TrimSpace(out)
	var in info
	if len(out) == 0 || bytes.Equal(out, []byte("null")) {
		if cause, text := causeOf(said); cause != "" {
			return nil, &Error{Cause: cause, Message: text, Said: plain(said)}
		}
		return nil, &Error{Cause: BadOutput, Message: "yt-dlp said nothing about the Space", Said: plain(said)}
	}
	if err := json.Unmarshal(out, &in); err != nil {
		return nil, &Error{Cause: BadOutput, Message: "yt-dlp wrote what is not valid JSON"}
	}
	if strings.HasPrefix(strings.ToLower(word(in.Extractor)), "generic") {
		return nil, &Error{Cause: Unsupported, Message: messageOf(Unsupported)}
	}
	a := &Answer{SpaceID: id, Status: in.status(), Starts: in.starts()}
	sidecar, _ := archive.ParseSidecar(out)
	if sidecar.SpaceID != "" && sidecar.SpaceID != id {
		return nil, &Error{Cause: BadOutput, Message: "yt-dlp speaks of another Space, " + sidecar.SpaceID}
	}
	a.Host = sidecar.Host
	a.Title = in.title(id, sidecar.Title)
	a.Playlist, a.Header = in.playlist()
	var err error
	if a.Facts, err = facts(a, &in, sidecar); err != nil {
		return nil, err
	}
	if a.Playlist != nil || a.Status == Upcoming {
		return a, nil
	}
	cause, text := causeOf(said)
	switch {
	case cause != "":
	case a.Status == Ended:
		cause, text = NoReplay, messageOf(NoReplay)
	case a.Status == Live, a.Status == Ending:
		cause, text = NotReady, messageOf(NotReady)
	default:
		return nil, &Error{Cause: BadOutput, Message: "yt-dlp names no playlist", Said: plain(said)}
	}
	return nil, &Error{Cause: cause, Message: text}
}

// word is a text, or "".
func word(v any) string {
	s, _ := v.(string)
	return strings.ToValidUTF8(s, "")
}

func (in *info) status() Status {
	if s := word(in.Status); s != "" {
		return Status(strings.ToLower(s))
	}
	switch { // versions before 2022
	case in.IsLive == true:
		return Live
	case in.WasLive == true:
		return Ended
	}
	return ""
}

// starts is when the Space began or is to begin.
func (in *info) starts() time.Time {
	for _, v := range []any{in.Release, in.Created} {
		// Years 2000 to 2100, in seconds.
		if n, ok := v.(float64); ok && n > 946684800 && n < 4102444800 {
			return time.UnixMilli(int64(n * 1000)).UTC()
		}
	}
	return time.Time{}
}

// title is that of the host. To one of a live Space the program appends the
// time, and where there is none it makes one up; what it made it of has another
// name.
func (in *info) title(id, fallback string) string {
	if full := word(in.FullTitle); full != "" {
		fallback = full
	} else if end := len(fallback) - len(" 2006-01-02 15:04"); in.status() == Live && end >= 0 {
		if _, err := time.Parse(" 2006-01-02 15:04", fallback[end:]); err == nil {
			fallback = fallback[:end]
		}
	}
	fallback = strings.Join(strings.Fields(fallback), " ")
	if strings.HasSuffix(fallback, " video #"+id) {
		return ""
	}
	return fallback
}

// playlist picks the playlist with the sound: the last of the formats, which
// come in order, and one without a picture if there is one.
func (in *info) playlist() (*url.URL, http.Header) {
	var best *url.URL
	var header http.Header
	isSound := false
	try := func(f *format) {
		if p := strings.ToLower(word(f.Protocol)); !strings.HasPrefix(p, "m3u8") && (p != "" || !strings.Contains(word(f.URL), ".m3u8")) {
			return
		}
		u := address(word(f.Manifest))
		if u == nil {
			u = address(word(f.URL))
		}
		sound := word(f.Picture) == "none"
		if u == nil || best != nil && isSound && !sound {
			return
		}
		best, isSound = u, sound
		if header = headers(f.Header); len(header) == 0 {
			header = headers(in.Header)
		}
	}
	try(&in.format)
	list, _ := in.Formats.([]any)
	for _, v := range list {
		m, ok := v.(map[string]any)
		if !ok {
			continue
		}
		try(&format{URL: m["url"], Manifest: m["manifest_url"], Protocol: m["protocol"], Picture: m["vcodec"], Header: m["http_headers"]})
	}
	return best, header
}

// address reads an address of the web.
func address(text string) *url.URL {
	const longest = 8 << 10
	u, err := url.Parse(text)
	if err != nil || len(text) > longest || u.Scheme != "https" && u.Scheme != "http" || u.Hostname() == "" || u.User != nil {
		return nil
	}
	u.Fragment, u.RawFragment = "", ""
	return u
}

// headers reads header lines, without those that are the connection's own or
// say who the user is.
func headers(v any) http.Header {
	const longest, mostLines = 2 << 10, 32
	m, _ := v.(map[string]any)
	h := http.Header{}
	for name, value := range m {
		text := word(value)
		if !httpguts.ValidHeaderFieldName(name) || !httpguts.ValidHeaderFieldValue(text) || text == "" || len(text) > longest || len(h) >= mostLines {
			continue
		}
		switch http.CanonicalHeaderKey(name) {
		case "User-Agent", "Referer", "Origin", "Accept", "Accept-Language":
			h.Set(name, text)
		}
	}
	return h
}

// facts writes what is said of a Space the way that twspace-dl and yt-dlp do.
func facts(a *Answer, in *info, s archive.Sidecar) ([]byte, error) {
	type person struct {
		ID     string `json:"user_id,omitempty"`
		Handle string `json:"twitter_screen_name"`
		Name   string `json:"display_name,omitempty"`
	}
	people := map[string][]person{}
	for _, p := range s.Participants {
		role := "speakers"
		if p.Host {
			role = "admins"
		}
		people[role] = append(people[role], person{p.UserID, p.Handle, p.Name})
	}
	out := map[string]any{"id": a.SpaceID, "extractor": "twitter:spaces", "webpage_url": "https://x.com/i/spaces/" + a.SpaceID}
	for name, v := range map[string]string{
		"title": a.Title, "uploader": s.Host.Name, "uploader_id": s.Host.Handle, "live_status": string(a.Status), "description": word(in.Text),
	} {
		const longest = 4 << 10
		if v != "" && len(v) <= longest {
			out[name] = v
		}
	}
	if !a.Starts.IsZero() {
		out["release_timestamp"] = a.Starts.Unix()
	}
	if !s.EndedAt.IsZero() {
		out["ended_at"] = s.EndedAt.UnixMilli()
	}
	if len(people) > 0 {
		out["participants"] = people
	}
	return json.Marshal(out)
}
