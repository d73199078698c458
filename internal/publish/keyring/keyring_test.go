package keyring

import (
	"errors"
	"maps"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"

	system "github.com/zalando/go-keyring"
)

func TestStore(t *testing.T) {
	for where, prepare := range map[string]func(*Store){
		System: func(*Store) { system.MockInit() },
		InFile: func(*Store) { system.MockInitWithError(errors.New("no keyring runs here")) },
	} {
		t.Run(where, func(t *testing.T) {
			s := &Store{File: filepath.Join(t.TempDir(), "config", "credentials.json")}
			prepare(s)
			if _, err := s.Get("show"); !errors.Is(err, ErrNone) {
				t.Errorf("Get of nothing: %v", err)
			}
			if err := s.Remove("show"); !errors.Is(err, ErrNone) {
				t.Errorf("Remove of nothing: %v", err)
			}
			for _, secret := range []Secret{{"password": "old"}, {"access_key": "AK", "secret_key": "hunter2"}} {
				got, err := s.Set("show", secret)
				if err != nil || got != where {
					t.Fatalf("kept in %q, want %q; %v", got, where, err)
				}
				back, err := s.Get("show")
				if err != nil || !maps.Equal(back, secret) {
					t.Errorf("got %v back, want %v; %v", back, secret, err)
				}
			}
			text, err := os.ReadFile(s.File)
			if err != nil {
				t.Fatal(err)
			}
			if strings.Contains(string(text), "hunter2") != (where == InFile) {
				t.Errorf("in the file there is %s", text)
			}
			if info, _ := os.Stat(s.File); runtime.GOOS != "windows" && info.Mode().Perm() != 0o600 {
				t.Errorf("the file has the mode %v", info.Mode())
			}
			if l, err := s.List(); err != nil || len(l) != 1 || l[0] != (Entry{"show", where}) {
				t.Errorf("listed %v, %v", l, err)
			}
			if err := s.Remove("show"); err != nil {
				t.Error(err)
			}
			if l, err := s.List(); err != nil || len(l) != 0 {
				t.Errorf("listed %v, %v after it was removed", l, err)
			}
			if text, _ := os.ReadFile(s.File); strings.Contains(string(text), "hunter2") {
				t.Error("the secret is still there")
			}
		})
	}
}

func TestOthersMayNotRead(t *testing.T) {
	if runtime.GOOS == "windows" {
		t.Skip("Windows has no such modes")
	}
	s := &Store{File: filepath.Join(t.TempDir(), "credentials.json"), FileOnly: true}
	if _, err := s.Set("show", Secret{"password": "hunter2"}); err != nil {
		t.Fatal(err)
	}
	if err := os.Chmod(s.File, 0o644); err != nil {
		t.Fatal(err)
	}
	var open *PermissionError
	if _, err := s.Get("show"); !errors.As(err, &open) {
		t.Errorf("got %v, want a PermissionError", err)
	}
}

func TestDamaged(t *testing.T) {
	for _, text := range []string{"", "{", "[]", `{"schema":2,"targets":{}}`} {
		s := &Store{File: filepath.Join(t.TempDir(), "credentials.json"), FileOnly: true}
		if err := os.WriteFile(s.File, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		if _, err := s.Set("show", Secret{"password": "x"}); err == nil {
			t.Errorf("%q was taken for ours, and written over", text)
		}
	}
}
