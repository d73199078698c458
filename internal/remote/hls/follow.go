package hls

import (
	"bytes"
	"cmp"
	"context"
	"errors"
	"net/url"
	"os"
	"time"

	"github.com/spaces-cli/spaces/internal/playlist"
	"github.com/spaces-cli/spaces/internal/publish/wire"
)

// Following says how a playlist that still grows is followed.
type Following struct {
	// Patience is for how long nothing new is waited for; 0: ten times the
	// longest chunk, and at least five minutes.
	Patience time.Duration
	// Told, if set, is told what happens, one call at a time.
	Told func(Event)
}

// An Event is something that happens while a playlist is followed.
type Event struct {
	Kind    EventKind
	Lost    time.Duration // Missed: how much sound
	Waiting time.Duration // GaveUp: for how long nothing new came
	Err     error         // Away: why
}

// An EventKind says what has happened.
type EventKind int

const (
	Away      EventKind = iota // the playlist cannot be read; that is tried again
	Back                       // it can be read again
	Missed                     // chunks were dropped from the playlist before it was read
	Restarted                  // the server began to number its chunks anew
	GaveUp                     // nothing new came for long: what there is, is kept
)

const (
	leastPatience = 5 * time.Minute
	mostPause     = 30 * time.Second
	// mostRounds is how often a chunk is tried while the playlist goes on, each
	// time with several requests.
	mostRounds = 8
)

// Follow downloads the playlist at an address as Download does, and reads it
// again until it says that it is complete, or nothing new comes for long; then
// the manifest says that it has not ended. When ctx ends, nothing is joined: what
// has been kept is there for the next call of Follow or Download.
func Follow(ctx context.Context, o Options, f Following, address *url.URL, work, out *os.Root, name string) (*Manifest, error) {
	d, err := begin(o, work)
	if err != nil {
		return nil, err
	}
	defer d.close()
	d.following = true
	if err := d.follow(ctx, f, address); err != nil {
		return nil, err
	}
	d.forgive()
	return d.finish(ctx, out, name)
}

// follow takes what a playlist lists until its end.
func (d *download) follow(above context.Context, f Following, address *url.URL) error {
	ctx, stop := context.WithCancelCause(above)
	defer stop(nil)
	p := &pool{d: d, ctx: ctx, stop: stop}
	defer p.wait()
	tell := func(e Event) {
		if f.Told != nil {
			f.Told(e)
		}
	}
	source := &source{o: d.o, address: address}
	news := time.Now() // when something new came last
	away := 0          // how often the playlist could not be read
	missed := time.Duration(0)
	for n := 0; ctx.Err() == nil; n++ {
		began := time.Now()
		m, err := source.next(ctx)
		added := 0
		switch {
		case ctx.Err() != nil:
		case err != nil && (d.isFatal(ctx, err) || n == 0 && (len(d.listing.entries) == 0 || isGone(err))):
			if len(d.listing.entries) > 0 && isGone(err) {
				tell(Event{Kind: GaveUp, Err: err})
				return nil // what earlier calls have kept
			}
			return err
		case err != nil:
			if away++; away == 2 { // one failure is none
				tell(Event{Kind: Away, Err: err})
			}
		default:
			if away >= 2 {
				tell(Event{Kind: Back})
			}
			away = 0
			var restarted bool
			if added, restarted, err = d.listing.merge(m, true); err != nil {
				return err
			}
			if restarted {
				tell(Event{Kind: Restarted})
			}
			if added > 0 {
				news = began
			}
			d.plan(&d.listing)
			if d.missed > missed {
				tell(Event{Kind: Missed, Lost: d.missed - missed})
			}
			missed = d.missed
			d.keys.retry()
			p.add(d.isDue)
			if d.listing.ended {
				p.wait()
				return context.Cause(ctx)
			}
		}
		target := min(max(cmp.Or(d.listing.target, 3*time.Second), time.Second), time.Minute)
		patience := cmp.Or(f.Patience, max(10*target, leastPatience))
		if waiting := time.Since(news); ctx.Err() == nil && waiting >= patience {
			tell(Event{Kind: GaveUp, Waiting: waiting, Err: err})
			break
		}
		// RFC 8216, 6.3.4: the target duration since the last load began, or half
		// of it if nothing had changed.
		pause := target
		switch {
		case err != nil:
			pause = min(target<<min(max(away-1, 0), 10), mostPause)
		case added == 0:
			pause = target / 2
		}
		sleep(ctx, time.Until(began.Add(pause)))
	}
	p.wait()
	return context.Cause(ctx)
}

// isDue reports whether a chunk is to be tried while the playlist goes on: it is
// new, or has failed, and some time has passed since.
func (d *download) isDue(it *item) bool {
	return it.err == nil || !it.marked && it.rounds < mostRounds && time.Since(it.tried) >= min(time.Second<<it.rounds, time.Minute)
}

// forgive has everything tried once more that has failed.
func (d *download) forgive() {
	d.keys.retry()
	d.mu.Lock()
	defer d.mu.Unlock()
	d.failed = 0
	for _, it := range d.items {
		if it.of == nil && it.kept == nil && it.uri != nil && !it.marked {
			it.err = nil
		}
	}
}

// sleep waits for so long, or for the end of ctx.
func sleep(ctx context.Context, d time.Duration) {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
	case <-ctx.Done():
	}
}

// isGone reports whether a playlist is no longer there, or not for us.
func isGone(err error) bool {
	return errors.Is(err, wire.ErrNotExist) || errors.Is(err, wire.ErrDenied)
}

// A source reads a live playlist again and again.
type source struct {
	o       Options
	address *url.URL // as the user named it: it may be that of a master playlist
	media   *url.URL // nil: not found yet
	last    []byte   // what the media playlist said
	failed  int      // how often it could not be read
}

// next reads the playlist.
func (s *source) next(ctx context.Context) (m *playlist.Media, err error) {
	if s.media == nil {
		m, s.media, err = s.o.find(ctx, s.address)
		return m, err
	}
	once := s.o.Wire
	once.Tries = min(cmp.Or(once.Tries, 3), 3) // the next reload is another try
	name := baseName(s.media)
	err = once.Try(ctx, func(ctx context.Context) error {
		text, base, err := s.o.text(ctx, s.media)
		if err != nil {
			return harmless(name, err)
		}
		same := bytes.Equal(text, s.last)
		s.last = text
		if !same {
			text = whole(text)
		}
		p, err := playlist.Parse(bytes.NewReader(text), base)
		if err == nil && p.Media == nil {
			err = errors.New("it lists streams instead of chunks now")
		}
		if err != nil {
			return harmless(name, wire.Temporary(err))
		}
		m = p.Media
		return nil
	})
	switch s.failed++; {
	case err == nil:
		s.failed = 0
	case s.failed%3 == 0 && s.media != s.address:
		s.media = nil // the master playlist may know another address by now
	}
	return m, err
}

// whole leaves out half a line at the end of a playlist that grows: an address
// that was cut is another one. If the next answer is the same, the line is
// taken.
func whole(text []byte) []byte {
	end := bytes.LastIndexByte(text, '\n') + 1
	if bytes.HasPrefix(bytes.TrimSpace(text[end:]), []byte("#EXT-X-ENDLIST")) {
		return text
	}
	return text[:end]
}
