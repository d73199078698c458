package hls

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net/url"

	"github.com/spaces-cli/spaces/internal/playlist"
	"github.com/spaces-cli/spaces/internal/publish/wire"
)

// Open reads the media playlist at an address. Of a master playlist it is the
// one with the sound at the highest rate, and that must be a media playlist: no
// more are followed.
func Open(ctx context.Context, o Options, address *url.URL) (*playlist.Media, error) {
	m, _, err := o.find(ctx, address)
	return m, err
}

// find reads the media playlist at an address, and says where it is.
func (o Options) find(ctx context.Context, address *url.URL) (*playlist.Media, *url.URL, error) {
	p, err := o.read(ctx, address)
	if err != nil {
		return nil, nil, err
	}
	if p.Media != nil {
		return p.Media, address, nil
	}
	sound := p.Master.Sound()
	if sound == nil {
		return nil, nil, errors.New("the playlist lists no stream with sound")
	}
	if p, err = o.read(ctx, sound); err != nil {
		return nil, nil, err
	}
	if p.Media == nil {
		return nil, nil, errors.New("the playlist of the sound lists streams instead of chunks")
	}
	return p.Media, sound, nil
}

// errChanges means that two answers in a row were not the same.
var errChanges = errors.New("the server sends another playlist each time")

// read reads one playlist. Its addresses are relative to where redirects led
// (RFC 8216, 6.3.1). Half of a playlist may be a playlist too, and HTTP tells
// only if the server's own idea of the length was right: only one with ENDLIST
// is known to be whole. Any other text, also one that cannot be read, is taken
// if it comes twice in a row; of a live recording that grows all the time, the
// longest.
func (o Options) read(ctx context.Context, u *url.URL) (*playlist.Playlist, error) {
	var p, longest *playlist.Playlist
	name := baseName(u)
	err := o.Wire.Try(ctx, func(ctx context.Context) error {
		first, base, err := o.text(ctx, u)
		if err != nil {
			return harmless(name, err)
		}
		p, err = playlist.Parse(bytes.NewReader(first), base)
		if err == nil && p.Media != nil && p.Media.Ended {
			return nil
		}
		again, _, ferr := o.text(ctx, u)
		switch {
		case ferr != nil:
			return harmless(name, ferr)
		case bytes.Equal(first, again):
			return harmless(name, wire.Permanent(err))
		}
		// Half an address is another one.
		if p, _ := playlist.Parse(bytes.NewReader(whole(first)), base); p != nil && p.Media != nil && (longest == nil || len(longest.Media.Segments) < len(p.Media.Segments)) {
			longest = p
		}
		why := errChanges
		if err != nil {
			why = fmt.Errorf("%w: %w", errChanges, err)
		}
		return harmless(name, wire.Temporary(why))
	})
	if errors.Is(err, errChanges) && longest != nil {
		return longest, nil
	}
	return p, err
}

// text fetches what a playlist's address holds, and where it was.
func (o Options) text(ctx context.Context, u *url.URL) ([]byte, *url.URL, error) {
	resp, err := get(ctx, o.Client, u, nil, "gzip")
	if err != nil {
		return nil, nil, err
	}
	defer resp.Body.Close()
	body, err := content(resp)
	if err != nil {
		return nil, nil, err
	}
	text, err := io.ReadAll(io.LimitReader(body, playlist.MaxBytes+1))
	if err != nil {
		return nil, nil, broken(err)
	}
	return text, resp.Request.URL, nil
}
