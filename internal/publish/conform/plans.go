package conform

import (
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"
)

// Plans holds what an HTTP target says that it would request against what it
// does request. Server is the address of one that lets everybody in, or checks
// signatures.
func Plans(t *testing.T, server string, dial Dialer, o Options) {
	s := &suite{o: o}
	sizes := []int64{0, 1000}
	if o.Part > 0 {
		sizes = append(sizes, s.large())
	}
	for _, n := range sizes {
		var mu sync.Mutex
		var made []string
		front := Front(t, server, false, func(w http.ResponseWriter, r *http.Request) bool {
			mu.Lock()
			defer mu.Unlock()
			made = append(made, r.Method+" "+shape(r.URL))
			return false
		})
		up := s.sending("épisode ?1.m4a", noise(uint64(n), n))
		target := s.dial(t, dial(t, front.URL, patient()))
		var planned []string
		for _, line := range target.Plan(&up.Upload) {
			method, rest, _ := strings.Cut(line, " ")
			where, _, _ := strings.Cut(rest, " ")
			u, err := url.Parse(where)
			if err != nil {
				t.Fatalf("%q has no URL: %v", line, err)
			}
			planned = append(planned, method+" "+shape(u))
		}
		if len(made) > 0 {
			t.Errorf("Plan requests %q", made)
		}
		// As package publish does it.
		target.Stat(t.Context(), up.Name)
		if _, err := target.Put(t.Context(), &up.Upload); err != nil {
			t.Fatal(err)
		}
		if _, err := target.Stat(t.Context(), up.Name); err != nil {
			t.Fatal(err)
		}
		mu.Lock()
		if n > 1000 { // parts are sent side by side
			slices.Sort(made)
			slices.Sort(planned)
		}
		if !slices.Equal(made, planned) {
			t.Errorf("%d bytes: planned\n  %s\nmade\n  %s", n, strings.Join(planned, "\n  "), strings.Join(made, "\n  "))
		}
		mu.Unlock()
	}
}

// madeUp are the parts of a URL that nobody can know before.
var madeUp = regexp.MustCompile(`\.spaces-([0-9a-f]{32}|…)\.part`)

// shape is a URL's path and query, but for what nobody can know before.
func shape(u *url.URL) string {
	q := u.Query()
	if q.Has("uploadId") {
		q.Set("uploadId", "…")
	}
	text := madeUp.ReplaceAllString(u.Path, ".spaces-….part")
	if len(q) > 0 {
		text += "?" + q.Encode()
	}
	return text
}
