package playlist

import (
	"errors"
	"net/url"
	"strings"
)

// A Master playlist lists streams of one recording, each with a playlist of its
// own (RFC 8216, 4.3.4).
type Master struct {
	Variants   []Variant
	Renditions []Rendition
}

// A Variant is a stream with all that a player needs at one rate.
type Variant struct {
	URI       *url.URL
	Bandwidth int64 // bits a second at most
	Average   int64 // bits a second; 0: not told
	Codecs    []string
	Audio     string // group of renditions with the sound; empty: in the stream itself
	Picture   bool   // it has a resolution, a frame rate or a codec of video
}

// A Rendition is another form of one part of a stream: its sound in a language.
type Rendition struct {
	Type       string // "AUDIO", "VIDEO", "SUBTITLES", "CLOSED-CAPTIONS"
	Group      string
	Name       string
	Language   string
	Default    bool
	Autoselect bool
	URI        *url.URL // nil: in the stream itself
}

func variant(value string) (*Variant, error) {
	a, err := attributes(value)
	if err != nil {
		return nil, err
	}
	v := &Variant{Audio: a["AUDIO"]}
	// Without BANDWIDTH, which is required, a stream is as good as the slowest.
	if text, has := a["BANDWIDTH"]; has {
		if v.Bandwidth, err = number(text); err != nil {
			return nil, err
		}
	}
	if text, has := a["AVERAGE-BANDWIDTH"]; has {
		if v.Average, err = number(text); err != nil {
			return nil, err
		}
	}
	for _, c := range strings.Split(a["CODECS"], ",") {
		if c = strings.TrimSpace(c); c != "" {
			v.Codecs = append(v.Codecs, c)
			v.Picture = v.Picture || !isAudio(c) && !isText(c)
		}
	}
	v.Picture = v.Picture || a["RESOLUTION"] != "" || a["FRAME-RATE"] != "" || a["VIDEO"] != ""
	return v, nil
}

// isAudio reports whether a codec (RFC 6381) is one of sound.
func isAudio(codec string) bool {
	kind, _, _ := strings.Cut(strings.ToLower(codec), ".")
	switch kind {
	case "mp4a", "ac-3", "ec-3", "ac-4", "opus", "flac", "alac", "mp3", "vorbis", "samr", "sawb":
		return true
	}
	return false
}

func isText(codec string) bool {
	kind, _, _ := strings.Cut(strings.ToLower(codec), ".")
	return kind == "wvtt" || kind == "stpp"
}

// silent reports whether a stream names its codecs, and none of sound.
func (v *Variant) silent() bool {
	for _, c := range v.Codecs {
		if isAudio(c) {
			return false
		}
	}
	return len(v.Codecs) > 0 && v.Audio == ""
}

func (p *parser) rendition(value string) (*Rendition, error) {
	a, err := attributes(value)
	if err != nil {
		return nil, err
	}
	r := &Rendition{
		Type: a["TYPE"], Group: a["GROUP-ID"], Name: a["NAME"], Language: a["LANGUAGE"],
		Default: a["DEFAULT"] == "YES", Autoselect: a["AUTOSELECT"] == "YES",
	}
	if r.Type == "" || r.Group == "" {
		return nil, errors.New("no TYPE or no GROUP-ID")
	}
	if a["URI"] != "" {
		if r.URI, err = p.resolve(a["URI"]); err != nil {
			return nil, err
		}
	}
	return r, nil
}

// Sound returns the address of the playlist with the sound at the highest rate,
// or nil if there is none. A rendition of sound alone is preferred to a stream
// of sound alone, which is meant for connections that are too slow for pictures
// (HLS Authoring Specification, 9.13), and that to a stream with pictures.
func (m *Master) Sound() *url.URL {
	var best *url.URL
	var bestRank [4]int64
	for i := range m.Variants {
		v := &m.Variants[i]
		if v.silent() {
			continue
		}
		rank := [4]int64{0, 0, v.Bandwidth, v.Average}
		if !v.Picture {
			rank[1] = 1
		}
		from := v.URI
		if r := m.groupSound(v.Audio); r != nil {
			rank[0], from = 1, r.URI
		}
		if best == nil || less(bestRank, rank) {
			best, bestRank = from, rank
		}
	}
	if best != nil {
		return best
	}
	for i := range m.Renditions { // no stream uses them
		if r := m.groupSound(m.Renditions[i].Group); r != nil {
			return r.URI
		}
	}
	return nil
}

// groupSound returns the rendition of a group that a player takes by itself and
// that has a playlist of its own (RFC 8216, 4.3.4.1), or nil.
func (m *Master) groupSound(group string) *Rendition {
	var best *Rendition
	bestRank := -1
	for i := range m.Renditions {
		r := &m.Renditions[i]
		if r.Type != "AUDIO" || r.Group != group || group == "" {
			continue
		}
		rank := 0
		switch {
		case r.Default:
			rank = 2
		case r.Autoselect:
			rank = 1
		}
		if rank > bestRank {
			best, bestRank = r, rank
		}
	}
	if best == nil || best.URI == nil { // the one that is played is in the stream
		return nil
	}
	return best
}

func less(a, b [4]int64) bool {
	for i := range a {
		if a[i] != b[i] {
			return a[i] < b[i]
		}
	}
	return false
}
