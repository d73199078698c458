package studio

import (
	"bytes"
	"embed"
	"io/fs"
	"net/http"
	"path"
	"sync"
	"time"

	"golang.org/x/text/language"
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

// languages are those that the page speaks (web/words.js), the first one
// where a browser asks for none of them.
var languages = []language.Tag{language.English, language.French}

// pages serves the files of the page, each at its name.
func (s *Server) pages(m *http.ServeMux) {
	files, _ := fs.Sub(web, "web")
	list, _ := fs.Glob(files, "*")
	matcher := language.NewMatcher(languages)
	for _, name := range list {
		b, _ := fs.ReadFile(files, name)
		kind := pageTypes()[path.Ext(name)]
		if name == "index.html" {
			m.HandleFunc("GET /{$}", func(w http.ResponseWriter, r *http.Request) {
				tag, _ := language.MatchStrings(matcher, r.Header.Get("Accept-Language"))
				base, _ := tag.Base()
				w.Header().Set("Content-Type", kind)
				w.Write(bytes.Replace(b, []byte(`lang="en"`), []byte(`lang="`+base.String()+`"`), 1))
			})
			continue
		}
		m.HandleFunc("GET /"+name, func(w http.ResponseWriter, r *http.Request) {
			w.Header().Set("Content-Type", kind)
			http.ServeContent(w, r, "", time.Time{}, bytes.NewReader(b))
		})
	}
}
