// Package studio serves a page on which a host looks at a library, listens,
// chooses stretches, saves them as clips and exports episodes: the engine of
// the command line behind HTTP on the loopback interface. The page comes from
// the program itself and asks for nothing elsewhere.
//
// Who may speak to it is decided in guard.go; docs/studio.md tells it for
// people. Clients name recordings by id and clips by hash, never by path.
package studio

import (
	"context"
	"crypto/rand"
	"errors"
	"io/fs"
	"log/slog"
	"net"
	"net/http"
	"net/url"
	"os"
	"sync"
	"time"

	"github.com/spaces-cli/spaces/internal/clip/audiogram"
	"github.com/spaces-cli/spaces/internal/consent"
	"github.com/spaces-cli/spaces/internal/episode"
	"github.com/spaces-cli/spaces/internal/extract"
	"github.com/spaces-cli/spaces/internal/languages"
	"github.com/spaces-cli/spaces/internal/library"
	"github.com/spaces-cli/spaces/internal/library/layout"
	"github.com/spaces-cli/spaces/internal/publish/wire"
	"github.com/spaces-cli/spaces/internal/recording"
)

// Options say what a Server serves.
type Options struct {
	Library library.Options // how the library is opened, each time anew
	// LibraryFlag is the folder that command lines have to name to mean this
	// library, or "" if they need not.
	LibraryFlag string
	Zone        *time.Location // of typed clocks without an offset
	Jobs        int            // cores that a long task may use
	Consent     consent.Policy // what becomes of what somebody has not agreed to
	Me          []string       // the host's own handles or ids
	Wire        wire.Options   // how to talk to servers that addresses name
	// Stored opens a file on a server of the user's own.
	Stored func(*url.URL, wire.Options) (*extract.Stored, error)
	// Presets are the names of the host's own presets of exports, and Episode is what
	// an export is asked for by a preset: by one that is built in, or one of these.
	// The caller of Episode calls done. Nil: there are none.
	Presets func() []string
	Episode func(ctx context.Context, lib *library.Library, r *recording.Recording, preset string) (q episode.Request, done func(), err error)
	// Look is how the videos of the show look, by the keys of the settings; Dress fills
	// in what of that a video does not say itself, with pictures and fonts; and KeepLook
	// saves such keys: all of them or, with a *LookError, none. Nil: there are no
	// settings.
	Look     func() map[string]string
	Dress    func(c *audiogram.Config, language string) error
	KeepLook func(map[string]string) error
	// Network serves other machines than this one too: requests may name the
	// server by any of its addresses.
	Network bool
	// Languages are those that the page speaks, the first one where a browser asks
	// for none of them; nil is all that the program has.
	Languages []*languages.Language
}

// A Server is the studio of one library.
type Server struct {
	o        Options
	library  libraryHandle
	tasks    tasks
	measures measures
	waves    waves
	seen     transcriptsSeen
	undoings undoings
	uploads  uploads
	previews previews
	guard    *guard
	handler  http.Handler
}

// New returns a Server for requests that come in by l. Where there is no library
// yet its list is empty, and the page says how to begin.
func New(ctx context.Context, l net.Listener, o Options) (*Server, error) {
	s := &Server{o: o, library: libraryHandle{options: o.Library}}
	if _, release, err := s.library.take(ctx); err == nil {
		release()
	} else if !errors.Is(err, library.ErrNoLibrary) {
		return nil, err
	}
	s.tasks.list, s.tasks.patience = make(map[string]*task), patience
	s.measures.now = make(map[string]*measuring)
	s.undoings.known = make(map[string]exchange)
	s.waves.open = make(map[string]*wave)
	extract.SweepUploads(o.Library.Dir) // what cannot be removed is no reason to show nothing
	s.guard = newGuard(l.Addr(), o.Network)
	s.handler = s.guard.wrap(s.routes())
	return s, nil
}

// URL is the address to open first. It lets in whoever has it, as long as the
// server runs.
func (s *Server) URL() string { return s.guard.enter(s.guard.token) }

// URLOnce is another such address that serves once: it may be seen by others
// on its way to the browser, in the list of processes for one.
func (s *Server) URLOnce() string {
	token := rand.Text()
	s.guard.mu.Lock()
	defer s.guard.mu.Unlock()
	s.guard.once[token] = true
	return s.guard.enter(token)
}

const (
	headerTime = 10 * time.Second
	idleTime   = 2 * time.Minute
	// answerTime is how long writing an answer may take, but for sound and
	// events, which take as long as somebody listens.
	answerTime = time.Minute
	// farewell is how long answers under way may take when the server ends.
	farewell = 3 * time.Second
)

// Serve answers requests until ctx is done, and then ends what is under way.
func (s *Server) Serve(ctx context.Context, l net.Listener) error {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	s.tasks.begin(ctx)
	server := &http.Server{
		Handler:           s.handler,
		ReadHeaderTimeout: headerTime,
		ReadTimeout:       answerTime,
		IdleTimeout:       idleTime,
		MaxHeaderBytes:    32 << 10,
		BaseContext:       func(net.Listener) context.Context { return ctx },
		ErrorLog:          slog.NewLogLogger(slog.DiscardHandler, slog.LevelError),
	}
	failed := make(chan error, 1)
	go func() { failed <- server.Serve(l) }()
	var err error
	select {
	case err = <-failed:
	case <-ctx.Done():
		cancel()
		end, stop := context.WithTimeout(context.WithoutCancel(ctx), farewell)
		defer stop()
		if server.Shutdown(end) != nil {
			server.Close()
		}
		<-failed
	}
	cancel()
	s.tasks.wait()
	s.uploads.close()
	s.waves.close()
	s.library.close()
	return err
}

// routes are the things that can be asked for.
func (s *Server) routes() http.Handler {
	m := http.NewServeMux()
	s.pages(m)
	m.HandleFunc("GET /api/session", s.session)
	m.HandleFunc("GET /api/recordings", s.listRecordings)
	m.HandleFunc("GET /api/said", s.findPassages)
	m.HandleFunc("GET /api/recordings/{id}", s.showRecording)
	m.HandleFunc("POST /api/recordings/{id}", s.editRecording)
	m.HandleFunc("GET /api/recordings/{id}/turns", s.showTurns)
	m.HandleFunc("POST /api/recordings/{id}/chapters", s.editChapters)
	m.HandleFunc("GET /api/recordings/{id}/consent", s.showAnswers)
	m.HandleFunc("POST /api/recordings/{id}/consent", s.recordAnswer)
	m.HandleFunc("GET /api/recordings/{id}/transcript", s.showTranscript)
	m.HandleFunc("POST /api/recordings/{id}/transcript", s.correctTranscript)
	m.HandleFunc("POST /api/recordings/{id}/transcript/undo", s.undoCorrection)
	m.HandleFunc("GET /api/recordings/{id}/cover", s.serveCover)
	m.HandleFunc("GET /api/recordings/{id}/audio/{file}", s.serveAudio)
	m.HandleFunc("GET /api/recordings/{id}/{made}/{hash}", s.serveMade)
	m.HandleFunc("POST /api/recordings/{id}/{made}/{hash}/remove", s.removeMade)
	m.HandleFunc("POST /api/recordings/{id}/{made}/{hash}/rename", s.renameMade)
	m.HandleFunc("POST /api/recordings/{id}/{made}/{hash}/publish", s.publishMade)
	m.HandleFunc("GET /api/made/{made}", s.listMade)
	m.HandleFunc("POST /api/recordings/{id}/remove", s.removeRecording)
	m.HandleFunc("GET /api/removed", s.listRemoved)
	m.HandleFunc("POST /api/removed/restore", s.restoreRemoved)
	m.HandleFunc("POST /api/incoming", s.beginUpload)
	m.HandleFunc("POST /api/incoming/{upload}/files/{n}", s.receiveFile)
	m.HandleFunc("POST /api/incoming/{upload}/discard", s.discardUpload)
	m.HandleFunc("POST /api/intake", s.takeIn)
	m.HandleFunc("GET /api/backup", s.showBackup)
	m.HandleFunc("GET /api/recordings/{id}/picture", s.servePicture)
	m.HandleFunc("GET /api/recordings/{id}/outline", s.serveOutline)
	m.HandleFunc("POST /api/recordings/{id}/preview", s.makePreview)
	m.HandleFunc("GET /api/previews/{preview}", s.servePreview)
	m.HandleFunc("GET /api/look", s.showLook)
	m.HandleFunc("POST /api/look", s.keepLook)
	m.HandleFunc("GET /api/recordings/{id}/peaks", s.servePeaks)
	m.HandleFunc("GET /api/recordings/{id}/samples", s.serveSamples)
	m.HandleFunc("POST /api/recordings/{id}/waveform", s.openWaveform)
	m.HandleFunc("POST /api/recordings/{id}/span", s.findSpan)
	m.HandleFunc("POST /api/recordings/{id}/moments", s.findMoments)
	m.HandleFunc("POST /api/recordings/{id}/clips", s.saveClip)
	m.HandleFunc("POST /api/recordings/{id}/export", s.exportEpisode)
	m.HandleFunc("GET /api/tasks/{task}/events", s.taskEvents)
	m.HandleFunc("POST /api/tasks/{task}/stop", s.stopTask)
	return m
}

// A libraryHandle keeps the library open for reading, and opens it anew when its
// catalogue was replaced by another one.
type libraryHandle struct {
	options library.Options
	mu      sync.Mutex
	now     *held
}

type held struct {
	*library.Library
	catalog fs.FileInfo // may be nil
	users   int
	stale   bool
}

// take returns the library, and a function to call when it is no longer used.
func (s *libraryHandle) take(ctx context.Context) (*library.Library, func(), error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.now != nil {
		info, err := os.Stat(s.now.Path(layout.Catalog))
		if err != nil || s.now.catalog == nil || !os.SameFile(info, s.now.catalog) {
			s.drop()
		}
	}
	if s.now == nil {
		// Not the request's context: the library outlives it.
		lib, err := library.Open(context.WithoutCancel(ctx), s.options)
		if err != nil {
			return nil, nil, err
		}
		s.now = &held{Library: lib}
		s.now.catalog, _ = os.Stat(lib.Path(layout.Catalog))
	}
	h := s.now
	h.users++
	return h.Library, sync.OnceFunc(func() {
		s.mu.Lock()
		defer s.mu.Unlock()
		if h.users--; h.users == 0 && h.stale {
			h.Close()
		}
	}), nil
}

// drop lets go of the library that is open, as soon as nobody uses it.
func (s *libraryHandle) drop() {
	if s.now.stale = true; s.now.users == 0 {
		s.now.Close()
	}
	s.now = nil
}

func (s *libraryHandle) close() {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.now != nil {
		s.drop()
	}
}

// write opens the library for one change. It makes none where there is none.
func (s *libraryHandle) write(ctx context.Context, change func(*library.Library) error) error {
	_, release, err := s.take(ctx)
	if err != nil {
		return err
	}
	release()
	lib, err := library.OpenWrite(ctx, s.options)
	if err != nil {
		return err
	}
	return errors.Join(change(lib), lib.Close())
}
