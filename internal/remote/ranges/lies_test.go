package ranges

import (
	"errors"
	"net/http"
	"os"
	"strings"
	"testing"
)

// A size near the largest number is a trap: sums of offsets are negative then.
func TestImpossibleSize(t *testing.T) {
	h := serve(t, nil)
	h.fault = func(w http.ResponseWriter, _ *http.Request, _ int64) bool {
		w.Header().Set("Content-Range", "bytes 0-4095/9223372036854775807")
		w.WriteHeader(http.StatusPartialContent)
		w.Write(make([]byte, 4096))
		return true
	}
	r, err := Open(t.Context(), h.source(t), quick)
	if err == nil {
		b := make([]byte, 400<<10)
		_, err = r.ReadAt(b, r.Size()-int64(len(b))-22)
	}
	var e *Error
	if !errors.As(err, &e) || !strings.Contains(e.What, "larger than any") {
		t.Errorf("%v", err)
	}
}

// A server that does not say how much it sends may never end.
func TestSaveEndless(t *testing.T) {
	h := serve(t, nil)
	h.fault = func(w http.ResponseWriter, r *http.Request, _ int64) bool {
		for r.Context().Err() == nil {
			if _, err := w.Write(make([]byte, 64<<10)); err != nil {
				break
			}
		}
		return true
	}
	root, err := os.OpenRoot(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	defer root.Close()
	o := quick
	o.Most = 1 << 20
	var e *Error
	if err := Save(t.Context(), h.source(t), o, Object{Size: -1}, nil, root, "file", nil); !errors.As(err, &e) {
		t.Errorf("%v", err)
	}
	if n := Saved(root, "file"); n > o.Most {
		t.Errorf("%d bytes were saved", n)
	}
}
