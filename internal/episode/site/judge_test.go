package site

import (
	"compress/gzip"
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/spaces-cli/spaces/internal/episode/feed"
)

// judged is the show that judges look at, in a folder.
func judged(t *testing.T) string {
	t.Helper()
	if os.Getenv("SPACES_LONG") == "" {
		t.Skip("only with SPACES_LONG=1")
	}
	lib, s := english().put(t)
	out, err := os.OpenRoot(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { out.Close() })
	if _, err := feed.Build(t.Context(), lib, out, s, feed.Options{Site: New(Options{Clip: everyClip})}); err != nil {
		t.Fatal(err)
	}
	return out.Name()
}

// kinds are a page of each kind.
var kinds = []string{Index, "1showcase0000.html", "1showcase0000.61000-28000.html"}

// TestNuChecker has the Nu Html Checker look at a page of each kind. VNU_JAR is
// its jar.
func TestNuChecker(t *testing.T) {
	jar := os.Getenv("VNU_JAR")
	java, err := exec.LookPath("java")
	if jar == "" || err != nil {
		t.Skip("VNU_JAR names no jar, or there is no java")
	}
	dir, copies := judged(t), t.TempDir()
	args := []string{"-jar", jar, "--stdout"}
	for _, name := range kinds {
		b, err := os.ReadFile(filepath.Join(dir, name))
		if err != nil {
			t.Fatal(err)
		}
		// The policy is judged by browsers: this checker takes no file for one of the
		// page's own origin.
		page := regexp.MustCompile(`<meta http-equiv="Content-Security-Policy"[^>]*>`).ReplaceAllString(string(b), "")
		copied := filepath.Join(copies, name)
		if err := os.WriteFile(copied, []byte(page), 0o644); err != nil {
			t.Fatal(err)
		}
		args = append(args, copied)
	}
	if found, err := exec.CommandContext(t.Context(), java, args...).CombinedOutput(); err != nil || len(found) > 0 {
		t.Errorf("%v\n%s", err, found)
	}
}

// packed compresses pages, as web servers do.
func packed(h http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Cache-Control", "max-age=31536000")
		if filepath.Ext(r.URL.Path) != ".html" {
			h.ServeHTTP(w, r)
			return
		}
		w.Header().Set("Content-Encoding", "gzip")
		z := gzip.NewWriter(w)
		defer z.Close()
		h.ServeHTTP(&packing{w, z}, r)
	})
}

type packing struct {
	http.ResponseWriter
	to *gzip.Writer
}

func (p *packing) WriteHeader(status int) {
	p.Header().Del("Content-Length")
	p.ResponseWriter.WriteHeader(status)
}
func (p *packing) Write(b []byte) (int, error) { return p.to.Write(b) }

// TestLighthouse holds a page of each kind to 95 of 100 in all that Lighthouse
// looks at. LIGHTHOUSE is its program.
func TestLighthouse(t *testing.T) {
	program := os.Getenv("LIGHTHOUSE")
	chromium, err := exec.LookPath("chromium")
	if program == "" || err != nil {
		t.Skip("LIGHTHOUSE names no program, or there is no chromium")
	}
	server := httptest.NewServer(packed(http.FileServer(http.Dir(judged(t)))))
	defer server.Close()
	for _, name := range kinds {
		report := filepath.Join(t.TempDir(), "report.json")
		cmd := exec.CommandContext(t.Context(), program, server.URL+"/"+strings.TrimPrefix(name, Index), "--quiet", "--output=json", "--output-path="+report,
			"--only-categories=performance,accessibility,best-practices,seo", "--chrome-flags=--headless=new --no-sandbox")
		cmd.Env = append(os.Environ(), "CHROME_PATH="+chromium)
		if said, err := cmd.CombinedOutput(); err != nil {
			t.Fatalf("%v\n%s", err, said)
		}
		b, err := os.ReadFile(report)
		if err != nil {
			t.Fatal(err)
		}
		var r struct {
			Categories map[string]struct {
				Score  *float64
				Audits []struct{ ID string } `json:"auditRefs"`
			}
			Audits map[string]struct {
				Score *float64
				Title string
			}
		}
		if err := json.Unmarshal(b, &r); err != nil {
			t.Fatal(err)
		}
		var scores []string
		for category, c := range r.Categories {
			if c.Score == nil {
				t.Errorf("%s: %s has no score", name, category)
				continue
			}
			scores = append(scores, fmt.Sprintf("%s %.0f", category, 100**c.Score))
			if *c.Score >= 0.95 {
				continue
			}
			for _, a := range c.Audits {
				if audit := r.Audits[a.ID]; audit.Score != nil && *audit.Score < 0.9 {
					t.Errorf("%s: %s: %s (%.2f)", name, category, audit.Title, *audit.Score)
				}
			}
		}
		t.Log(name, scores)
	}
}
