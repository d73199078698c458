package remote

import (
	"errors"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/spaces-cli/spaces/internal/publish/wire"
)

func file(t *testing.T, text string) string {
	t.Helper()
	name := filepath.Join(t.TempDir(), "secrets.txt")
	if err := os.WriteFile(name, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return name
}

func TestReadHeader(t *testing.T) {
	h, err := ReadHeader(file(t, "\xef\xbb\xbf# of the NAS\r\nAuthorization: Bearer s3cret\r\n\r\nx-two:1\nX-Two: 2\n"))
	if err != nil || len(h) != 2 || h.Get("Authorization") != "Bearer s3cret" || strings.Join(h["X-Two"], ",") != "1,2" {
		t.Errorf("%v, %v", h, err)
	}
	for text, want := range map[string]string{
		"a: 1\ns3cret":                           "line 2: a header line must be",
		"Range: bytes=0-1":                       "line 1: the program sets this header line itself",
		"host: s3cret.example":                   "line 1: the program sets",
		"a b: s3cret":                            "line 1: the line has characters",
		"a: s3cret\x00":                          "line 1: the line has characters",
		strings.Repeat("a: 1\n", maxSecrets/5+1): "the file is too large",
	} {
		_, err := ReadHeader(file(t, text))
		var line *LineError
		if !errors.As(err, &line) || !strings.Contains(err.Error(), want) || strings.Contains(err.Error(), "s3cret") {
			t.Errorf("%.20q: %v, want %s", text, err, want)
		}
	}
	if _, err := ReadHeader(filepath.Join(t.TempDir(), "none")); !errors.Is(err, os.ErrNotExist) {
		t.Error(err)
	}
}

const jar = `# Netscape HTTP Cookie File
.x.com	TRUE	/	TRUE	4000000000	auth_token	s3cret
#HttpOnly_x.com	FALSE	/	TRUE	0	session	one
api.x.com	FALSE	/	TRUE	0	other	host
.x.com	TRUE	/i/spaces	FALSE	0	below	two
.x.com	TRUE	/i/space	FALSE	0	beside	three
.x.com	TRUE	/	TRUE	1000	old	four
evilx.com	TRUE	/	FALSE	0	evil	five
x.com	FALSE	/	FALSE	4000000000.5	plain	six
`

func TestReadCookies(t *testing.T) {
	name := file(t, jar)
	for address, want := range map[string]string{
		"https://x.com/i/spaces/1":   "auth_token=s3cret; session=one; below=two; plain=six",
		"http://x.com/":              "plain=six",
		"https://X.com":              "auth_token=s3cret; session=one; plain=six",
		"https://api.x.com/i/spaces": "auth_token=s3cret; other=host; below=two",
		"https://notx.com/":          "",
		"https://com/":               "",
	} {
		u, err := url.Parse(address)
		if err != nil {
			t.Fatal(err)
		}
		got, err := ReadCookies(name, u, time.Unix(2000000000, 0))
		if got != want || (want == "") != errors.Is(err, ErrNoCookies) {
			t.Errorf("%s: %q, %v, want %q", address, got, err, want)
		}
	}
	u := &url.URL{Scheme: "https", Host: "x.com"}
	for text, want := range map[string]string{
		"x.com FALSE / TRUE 0 a s3cret":                   "seven fields",
		"x.com\tFALSE\t/\tTRUE\tsoon\ta\ts3cret":          "must be a number",
		"x.com\tFALSE\t/\tTRUE\t0\ta\ts3cret; b=injected": "characters",
		"x.com\tFALSE\t/\tTRUE\t0\ta\ts3cret\x01":         "characters",
	} {
		if _, err := ReadCookies(file(t, text), u, time.Unix(0, 0)); err == nil || !strings.Contains(err.Error(), want) || strings.Contains(err.Error(), "s3cret") {
			t.Errorf("%q: %v", text, err)
		}
	}
}

// A server may repeat a part of what it was sent.
func TestSecrets(t *testing.T) {
	h := http.Header{"Authorization": {"Bearer abcdef123456"}, "Cookie": {"sid=s3cretvalue; theme=dark; kt=\"quoted-secret\""}}
	r := wire.NewRedactor(Secrets(h)...)
	for _, said := range []string{"no: abcdef123456", "Bearer abcdef123456 is wrong", "sid=s3cretvalue", "what is s3cretvalue?", "quoted-secret", h.Get("Cookie")} {
		text := r.Text(said)
		for _, secret := range []string{"abcdef", "s3cret", "quoted"} {
			if strings.Contains(text, secret) {
				t.Errorf("%q: %q", said, text)
			}
		}
	}
	if text := r.Text("Basic or Bearer, in a dark theme"); text != "Basic or Bearer, in a dark theme" {
		t.Errorf("words are gone: %q", text)
	}
}
