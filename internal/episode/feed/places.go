package feed

// Places are what the pages of a show say beyond its feed: the addresses at which
// people follow it elsewhere, whether its clips can be heard there, and that it has
// none although some lie beside the feed.
type Places struct {
	Apple       string `json:"apple,omitempty"`
	Spotify     string `json:"spotify,omitempty"`
	Overcast    string `json:"overcast,omitempty"`
	PocketCasts string `json:"pocket_casts,omitempty"`
	AntennaPod  string `json:"antennapod,omitempty"`
	NoClips     bool   `json:"no_clips,omitempty"`
	NoSite      bool   `json:"no_site,omitempty"`
}

// An address is a place by its name, as flags have it.
type address struct {
	name string
	url  *string
}

func (p *Places) places() []address {
	return []address{{"apple", &p.Apple}, {"spotify", &p.Spotify}, {"overcast", &p.Overcast}, {"pocket-casts", &p.PocketCasts}, {"antennapod", &p.AntennaPod}}
}
