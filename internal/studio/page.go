package studio

import (
	"bytes"
	"embed"
	"encoding/json"
	"io/fs"
	"net/http"
	"path"
	"slices"
	"sync"
	"time"

	"github.com/spaces-cli/spaces/internal/languages"
)

// The page: plain HTML, CSS and JavaScript modules, served as they are.
//
//go:embed web
var web embed.FS

// pageTypes are the media types of the page's files.
var pageTypes = sync.OnceValue(func() map[string]string {
	return map[string]string{
		".html": "text/html; charset=utf-8", ".css": "text/css; charset=utf-8",
		".js": "text/javascript; charset=utf-8", ".svg": "image/svg+xml",
	}
})

// pages serves the files of the page, each at its name, and the words in the
// languages that it speaks.
func (s *Server) pages(m *http.ServeMux) {
	files, _ := fs.Sub(web, "web")
	list, _ := fs.Glob(files, "*")
	for _, name := range list {
		b, _ := fs.ReadFile(files, name)
		kind := pageTypes()[path.Ext(name)]
		if name == "index.html" {
			m.HandleFunc("GET /{$}", func(w http.ResponseWriter, r *http.Request) {
				l := s.language(r)
				w.Header().Set("Content-Type", kind)
				w.Write(bytes.Replace(b, []byte(`lang="en" dir="ltr"`), []byte(`lang="`+l.Tag()+`" dir="`+l.Direction()+`"`), 1))
			})
			continue
		}
		m.HandleFunc("GET /"+name, func(w http.ResponseWriter, r *http.Request) {
			w.Header().Set("Content-Type", kind)
			http.ServeContent(w, r, "", time.Time{}, bytes.NewReader(b))
		})
	}
	m.HandleFunc("GET /words.json", func(w http.ResponseWriter, r *http.Request) { answer(w, s.wordsFor(s.language(r)), nil) })
}

// pageWords are the words of the page in one language, and which others there are.
type pageWords struct {
	Language  string                    `json:"language"`
	Direction string                    `json:"direction"` // ltr or rtl
	Words     map[string]json.Marshaler `json:"words"`
	Problems  map[string]json.Marshaler `json:"problems"` // by the kinds of errors
	Comma     string                    `json:"comma"`    // between the items of a list
	Languages []languageName            `json:"languages"`
}

type languageName struct {
	Tag  string `json:"tag"`
	Name string `json:"name"`
}

func (s *Server) wordsFor(l *languages.Language) pageWords {
	p := pageWords{Language: l.Tag(), Direction: l.Direction(), Words: l.Section("studio"), Problems: l.Section("problem"), Comma: l.Say("list.comma")}
	for _, other := range s.languages() {
		p.Languages = append(p.Languages, languageName{other.Tag(), other.Name()})
	}
	return p
}

func (s *Server) languages() []*languages.Language {
	if s.o.Languages != nil {
		return s.o.Languages
	}
	return languages.All()
}

// language is the one that a request names, or that its browser prefers.
func (s *Server) language(r *http.Request) *languages.Language {
	list := s.languages()
	name := r.URL.Query().Get("language")
	if i := slices.IndexFunc(list, func(l *languages.Language) bool { return l.Tag() == name }); i >= 0 {
		return list[i]
	}
	return languages.Match(list, r.Header.Get("Accept-Language"))
}
