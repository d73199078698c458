package s3

import (
	"context"
	"crypto/sha1"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
	"time"
)

// answers is a transport that answers all requests alike.
type answers struct {
	status int
	body   string
	asked  []*http.Request
}

func (a *answers) RoundTrip(r *http.Request) (*http.Response, error) {
	a.asked = append(a.asked, r)
	return &http.Response{StatusCode: a.status, Header: http.Header{}, Body: io.NopCloser(strings.NewReader(a.body)), Request: r}, nil
}

// home is an empty home folder, without variables of Amazon's programs.
func home(t *testing.T, files map[string]string) string {
	t.Helper()
	dir := t.TempDir()
	for _, v := range []string{"HOME", "USERPROFILE"} {
		t.Setenv(v, dir)
	}
	for _, v := range []string{"AWS_ACCESS_KEY_ID", "AWS_ACCESS_KEY", "AWS_SECRET_ACCESS_KEY", "AWS_SECRET_KEY", "AWS_SESSION_TOKEN",
		"AWS_PROFILE", "AWS_CONFIG_FILE", "AWS_SHARED_CREDENTIALS_FILE"} {
		t.Setenv(v, "")
	}
	for name, text := range files {
		name = filepath.Join(dir, ".aws", name)
		if err := os.MkdirAll(filepath.Dir(name), 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(name, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

func TestKeys(t *testing.T) {
	const pair = "aws_access_key_id = %s\naws_secret_access_key = s\n"
	files := map[string]string{
		"credentials": "[default]\n" + fmt.Sprintf(pair, "credentials") + "aws_session_token = t\n[half]\naws_access_key_id = half\n[over]\n" + fmt.Sprintf(pair, "over"),
		"config": "[default]\n" + fmt.Sprintf(pair, "config") + "[profile over]\n" + fmt.Sprintf(pair, "under") + "[profile only]\n" + fmt.Sprintf(pair, "only") +
			"[bare]\n" + fmt.Sprintf(pair, "bare") + "[profile half]\naws_secret_access_key = s\nregion = eu-west-1\n",
	}
	for _, x := range []struct {
		name    string
		files   map[string]string
		env     map[string]string
		profile string
		given   keys
		want    keys
	}{
		{name: "nothing"},
		{name: "environment", files: files, env: map[string]string{"AWS_ACCESS_KEY_ID": "env", "AWS_SECRET_ACCESS_KEY": "s", "AWS_SESSION_TOKEN": "t"}, want: keys{id: "env", secret: "s", token: "t"}},
		{name: "old variables", env: map[string]string{"AWS_ACCESS_KEY": "env", "AWS_SECRET_KEY": "s"}, want: keys{id: "env", secret: "s"}},
		{name: "given", files: files, env: map[string]string{"AWS_ACCESS_KEY_ID": "env", "AWS_SECRET_ACCESS_KEY": "s"}, given: keys{id: "given", secret: "g"}, want: keys{id: "given", secret: "g"}},
		{name: "credentials before config", files: files, want: keys{id: "credentials", secret: "s", token: "t"}},
		{name: "profile before environment", files: files, env: map[string]string{"AWS_ACCESS_KEY_ID": "env", "AWS_SECRET_ACCESS_KEY": "s"}, profile: "only", want: keys{id: "only", secret: "s"}},
		{name: "AWS_PROFILE", files: files, env: map[string]string{"AWS_PROFILE": "over"}, want: keys{id: "over", secret: "s"}},
		{name: "not a profile", files: files, profile: "bare"},
		{name: "half a pair", files: files, profile: "half"},
		{name: "no such profile", files: files, profile: "none"},
		{name: "no keys in a broken file", files: map[string]string{"credentials": files["credentials"], "config": "[default\n"}},
	} {
		t.Run(x.name, func(t *testing.T) {
			home(t, x.files)
			for name, value := range x.env {
				t.Setenv(name, value)
			}
			if got := (&keyring{profile: x.profile, given: x.given}).get(t.Context()); got != x.want {
				t.Errorf("got %+v, want %+v", got, x.want)
			}
		})
	}
}

// A profile can name a program that gives keys. They are asked for again before
// they expire.
func TestKeysOfAProgram(t *testing.T) {
	if runtime.GOOS == "windows" {
		t.Skip("the program is a shell script")
	}
	dir := home(t, nil)
	program := filepath.Join(dir, "keys")
	write := func(id string, expires time.Time) {
		said := fmt.Sprintf(`{"Version": 1, "AccessKeyId": %q, "SecretAccessKey": "s", "SessionToken": "t", "Expiration": %q}`, id, expires.UTC().Format(time.RFC3339))
		if err := os.WriteFile(program, []byte("#!/bin/sh\ntest \"$1\" = for-spaces && echo '"+said+"'\n"), 0o700); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.Mkdir(filepath.Join(dir, ".aws"), 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(dir, ".aws", "config"), []byte("[profile p]\ncredential_process = "+program+" for-spaces\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	ring := &keyring{profile: "p"}
	for _, x := range []struct {
		made, want string
		expires    time.Duration
	}{{"first", "first", 5 * time.Second}, {"second", "second", time.Hour}, {"third", "second", time.Hour}} {
		write(x.made, time.Now().Add(x.expires))
		if got := ring.get(t.Context()); got.id != x.want || got.secret != "s" || got.token != "t" {
			t.Errorf("got %+v, want %s", got, x.want)
		}
	}
}

// A program that never answers does not stop a run, nor do its children.
func TestKeysOfHangingProgram(t *testing.T) {
	if runtime.GOOS == "windows" {
		t.Skip("the program is a shell script")
	}
	program := filepath.Join(t.TempDir(), "keys")
	if err := os.WriteFile(program, []byte("#!/bin/sh\nsleep 5\necho '{}'\n"), 0o700); err != nil {
		t.Fatal(err)
	}
	const wait = 50 * time.Millisecond
	if _, err := fromProgram(t.Context(), []string{program}, wait); err == nil || !strings.Contains(err.Error(), "did not answer within 50ms") {
		t.Errorf("%v", err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := fromProgram(ctx, []string{program}, wait); !errors.Is(err, context.Canceled) {
		t.Errorf("interrupted: %v", err)
	}
}

// A profile can have a role at Amazon's single sign-on.
func TestKeysOfSignOn(t *testing.T) {
	token := func(expires time.Time) string {
		return fmt.Sprintf(`{"accessToken": "secret-token", "region": "eu-central-1", "expiresAt": %q}`, expires.UTC().Format(time.RFC3339))
	}
	cached := func(name string) string {
		sum := sha1.Sum([]byte(name))
		return filepath.Join("sso", "cache", hex.EncodeToString(sum[:])+".json")
	}
	const role = "[profile p]\nsso_account_id = 12\nsso_role_name = host\n"
	later := time.Now().Add(time.Hour)
	for name, x := range map[string]struct {
		files map[string]string
		host  string // that is asked; "": none
	}{
		"session":   {map[string]string{"config": role + "sso_session = s\n[sso-session s]\nsso_region = eu-west-1\n", cached("s"): token(later)}, "portal.sso.eu-west-1.amazonaws.com"},
		"start URL": {map[string]string{"config": role + "sso_start_url = https://a/start\n", cached("https://a/start"): token(later)}, "portal.sso.eu-central-1.amazonaws.com"},
		"expired":   {map[string]string{"config": role + "sso_session = s\n", cached("s"): token(time.Now().Add(-time.Hour))}, ""},
		"never":     {map[string]string{"config": role + "sso_session = s\n"}, ""},
	} {
		t.Run(name, func(t *testing.T) {
			home(t, x.files)
			rt := &answers{status: 200, body: fmt.Sprintf(`{"roleCredentials": {"accessKeyId": "id", "secretAccessKey": "s", "sessionToken": "t", "expiration": %d}}`, later.UnixMilli())}
			got := (&keyring{profile: "p", rt: rt}).get(t.Context())
			if x.host == "" {
				if got.known() || len(rt.asked) > 0 {
					t.Errorf("got %+v after %d requests", got, len(rt.asked))
				}
				return
			}
			if got.id != "id" || got.secret != "s" || got.token != "t" || got.expires.UnixMilli() != later.UnixMilli() {
				t.Errorf("got %+v", got)
			}
			r := rt.asked[0]
			if r.URL.Host != x.host || r.URL.RequestURI() != "/federation/credentials?account_id=12&role_name=host" || r.Header.Get("x-amz-sso_bearer_token") != "secret-token" {
				t.Errorf("asked %s with %v", r.URL, r.Header)
			}
		})
	}
}
