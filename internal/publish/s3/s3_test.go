package s3

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/spaces-cli/spaces/internal/publish"
	"github.com/spaces-cli/spaces/internal/publish/conform"
	"github.com/spaces-cli/spaces/internal/publish/wire"
)

// target makes a target for a bucket of a gateway.
func target(t *testing.T, addr, bucket, secret string, w wire.Options) *Target {
	t.Helper()
	s3, err := New(Options{
		Bucket: bucket, Prefix: "show/2026", Endpoint: "http://" + addr, Region: "us-east-1", PartSize: MinPart,
		AccessKey: conform.User, SecretKey: secret, Wire: w,
	})
	if err != nil {
		t.Fatal(err)
	}
	return s3
}

func quick() wire.Options {
	return wire.Options{Backoff: 10 * time.Millisecond}
}

// buckets makes new ones at one gateway.
func buckets(t *testing.T, through func(string) string) func(t *testing.T) conform.Site {
	s := conform.Gateway(t)
	return func(t *testing.T) conform.Site {
		return site(t, s, through)
	}
}

func site(t *testing.T, s conform.Server, through func(string) string) conform.Site {
	dir, err := os.MkdirTemp(s.Dir, "bucket")
	if err != nil {
		t.Fatal(err)
	}
	addr := s.Addr
	if through != nil {
		addr = through(addr)
	}
	return conform.Site{
		Dial: func(t *testing.T) publish.Target {
			return target(t, addr, filepath.Base(dir), conform.S3Secret, quick())
		},
		Dir: filepath.Join(dir, "show", "2026"),
	}
}

// own are the gateway's files.
func own(path string) bool { return strings.HasPrefix(path, ".sgwtmp") }

func TestConforms(t *testing.T) {
	t.Parallel()
	conform.Run(t, buckets(t, nil), conform.Options{
		Part: MinPart, Resumes: true, Leaves: true, Secrets: []string{conform.S3Secret}, Own: own,
		Denied: func(t *testing.T, site conform.Site) publish.Target {
			good := site.Dial(t).(*Target)
			defer good.Close()
			return target(t, good.host.Host, good.o.Bucket, "another-secret-key", quick())
		},
	})
}

func TestFaults(t *testing.T) {
	t.Parallel()
	s := conform.Gateway(t)
	conform.Faults(t, func(t *testing.T, through func(string) string) conform.Site {
		dir, err := os.MkdirTemp(s.Dir, "bucket")
		if err != nil {
			t.Fatal(err)
		}
		addr := through(s.Addr)
		return conform.Site{
			Dial: func(t *testing.T) publish.Target {
				return target(t, addr, filepath.Base(dir), conform.S3Secret, wire.Options{Idle: time.Second, Backoff: time.Millisecond, Tries: 12})
			},
			Dir: filepath.Join(dir, "show", "2026"),
		}
	}, conform.FaultOptions{HTTP: true, Size: 12 << 20, Survives: 4, Secrets: []string{conform.S3Secret}, Own: own})
}
