package archive

import (
	"bytes"
	"context"
	"encoding/binary"
	"hash/crc32"
	"io"
	"os"
	"path/filepath"
	"slices"
	"testing"

	"github.com/klauspost/compress/flate"
)

const (
	idA = "1ypKdEXvkMLGW"
	idB = "1RDxlaZNRDLJL"

	manifestJS = `window.__THAR_CONFIG = {
  "userInfo" : { "accountId" : "2244994945", "userName" : "hostess", "displayName" : "Hôtesse" },
  "archiveInfo" : { "sizeBytes" : "50000000", "generationDate" : "2021-06-17T08:00:00.000Z", "isPartialArchive" : false, "maxPartSizeBytes" : "53687091200" },
  "dataTypes" : {
    "account" : { "files" : [ { "fileName" : "data/account.js", "globalName" : "YTD.account.part0", "count" : "1" } ] },
    "spacesMetadata" : { "files" : [ { "fileName" : "data/spaces-metadata.js", "globalName" : "YTD.spaces_metadata.part0", "count" : "99" } ] },
    "tweets" : { "mediaDirectory" : "data/tweets_media", "files" : [
      { "fileName" : "data/tweets.js", "globalName" : "YTD.tweets.part0", "count" : "2" },
      { "fileName" : "data/tweets-part1.js", "globalName" : "YTD.tweets.part1", "count" : "3" } ] },
    "lists" : { "files" : [ { "fileName" : "data/lists.js", "globalName" : "YTD.lists.part0", "count" : "7" } ] }
  }
}`
	accountJS = `window.YTD.account.part0 = [ { "account" : { "username" : "hostess", "accountId" : "2244994945", "accountDisplayName" : "Hôtesse", "createdAt" : "2013-12-14T04:35:55.036Z" } } ]`
	spacesJS  = `window.YTD.spaces_metadata.part0 = [ { "spacesMetadata" : { "id" : "` + idA + `", "creatorUserId" : "2244994945", "createdAt" : "2021-06-14T18:00:00.000Z", "endedAt" : "2021-06-14T19:04:55.000Z" } } ]`
	nameA0    = "data/spaces_media/space-" + idA + "_0.ts"
	audioA0   = "\xff\xf1 a first piece, as far as this package can tell"
)

// A zipMember is one member as zipBytes writes it: as it says, be that true or
// not.
type zipMember struct {
	name       string
	content    string
	method     uint16 // 0 and 8 are packed so, others are stored under that number
	flags      uint16
	descriptor bool // sizes after the data, none before
	zip64      bool
	mode       uint32 // Unix, 0 for a plain file
	badCRC     bool
	declare    int // added to the declared size
	localOnly  bool
}

// zipBytes writes a ZIP. The package's own tests need more liberties than
// archive/zip takes.
func zipBytes(members ...zipMember) []byte {
	var out, dir []byte
	le := binary.LittleEndian
	count := 0
	for _, m := range members {
		data := []byte(m.content)
		if m.method == 8 {
			var b bytes.Buffer
			w, _ := flate.NewWriter(&b, 6)
			w.Write(data)
			w.Close()
			data = b.Bytes()
		}
		crc := crc32.ChecksumIEEE([]byte(m.content))
		if m.badCRC {
			crc ^= 1
		}
		packed, full := uint64(len(data)), uint64(len(m.content)+m.declare)
		flags := m.flags
		if m.descriptor {
			flags |= flagDescriptor
		}
		offset := uint64(len(out))

		header := func(b []byte, local bool) []byte {
			crc, p, f := crc, uint32(packed), uint32(full)
			var extra []byte
			if m.zip64 {
				p, f = 1<<32-1, 1<<32-1
				extra = le.AppendUint16(extra, 1)
				size := uint16(16)
				if !local {
					size = 24
				}
				extra = le.AppendUint16(extra, size)
				extra = le.AppendUint64(extra, full)
				extra = le.AppendUint64(extra, packed)
				if !local {
					extra = le.AppendUint64(extra, offset)
				}
			}
			if local && m.descriptor {
				crc, p, f, extra = 0, 0, 0, nil
			}
			b = le.AppendUint16(b, 45)
			b = le.AppendUint16(b, flags)
			b = le.AppendUint16(b, m.method)
			b = le.AppendUint32(b, 0x52d16000) // date and time
			b = le.AppendUint32(b, crc)
			b = le.AppendUint32(b, p)
			b = le.AppendUint32(b, f)
			b = le.AppendUint16(b, uint16(len(m.name)))
			b = le.AppendUint16(b, uint16(len(extra)))
			if !local {
				b = append(b, make([]byte, 6)...) // comment, disk, internal attributes
				b = le.AppendUint32(b, m.mode<<16)
				o := uint32(offset)
				if m.zip64 {
					o = 1<<32 - 1
				}
				b = le.AppendUint32(b, o)
			}
			b = append(b, m.name...)
			return append(b, extra...)
		}
		out = header(append(out, "PK\x03\x04"...), true)
		out = append(out, data...)
		if m.descriptor {
			out = append(out, "PK\x07\x08"...)
			out = le.AppendUint32(out, crc)
			out = le.AppendUint32(out, uint32(packed))
			out = le.AppendUint32(out, uint32(full))
		}
		if !m.localOnly {
			dir = header(append(dir, "PK\x01\x02\x2d\x03"...), false)
			count++
		}
	}
	zip64 := slices.ContainsFunc(members, func(m zipMember) bool { return m.zip64 })
	return append(append(out, dir...), directoryEnd(uint64(len(out)), uint64(len(dir)), uint64(count), zip64)...)
}

// directoryEnd writes what ends a ZIP whose central directory lies at offset.
func directoryEnd(offset, size, count uint64, zip64 bool) (b []byte) {
	le := binary.LittleEndian
	if zip64 {
		b = append(b, "PK\x06\x06"...)
		b = le.AppendUint64(b, 44)
		b = append(b, 45, 3, 45, 0)
		b = append(b, make([]byte, 8)...)
		b = le.AppendUint64(b, count)
		b = le.AppendUint64(b, count)
		b = le.AppendUint64(b, size)
		b = le.AppendUint64(b, offset)
		b = append(b, "PK\x06\x07\x00\x00\x00\x00"...)
		b = le.AppendUint64(b, offset+size)
		b = le.AppendUint32(b, 1)
		count, size, offset = 1<<16-1, 1<<32-1, 1<<32-1
	}
	b = append(b, "PK\x05\x06\x00\x00\x00\x00"...)
	b = le.AppendUint16(b, uint16(count))
	b = le.AppendUint16(b, uint16(count))
	b = le.AppendUint32(b, uint32(size))
	b = le.AppendUint32(b, uint32(offset))
	return append(b, 0, 0)
}

// standard returns the members of a small archive, then more.
func standard(more ...zipMember) []zipMember {
	return append([]zipMember{
		{name: "Your archive.html", content: "<html>"},
		{name: "assets/images/twemoji/1f600.svg", content: "<svg/>"},
		{name: "data/manifest.js", content: manifestJS, method: 8},
		{name: "data/account.js", content: accountJS},
		{name: "data/spaces-metadata.js", content: spacesJS},
		{name: "data/tweets_media/1403-x.mp4", content: "film"},
		{name: nameA0, content: audioA0},
	}, more...)
}

func writeFile(t testing.TB, name string, content []byte) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), name)
	if err := os.WriteFile(path, content, 0o644); err != nil {
		t.Fatal(err)
	}
	return path
}

// writeFolder writes files below a new folder.
func writeFolder(t testing.TB, files map[string]string) string {
	t.Helper()
	dir := t.TempDir()
	for name, content := range files {
		path := filepath.Join(dir, filepath.FromSlash(name))
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(content), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

func openPath(t testing.TB, path string) *Archive {
	t.Helper()
	a, err := Open(context.Background(), path)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { a.Close() })
	return a
}

func openMembers(t testing.TB, members ...zipMember) *Archive {
	t.Helper()
	return openPath(t, writeFile(t, "twitter.zip", zipBytes(members...)))
}

func readMember(m Member) (string, error) {
	rc, err := m.Open(context.Background())
	if err != nil {
		return "", err
	}
	defer rc.Close()
	b, err := io.ReadAll(rc)
	return string(b), err
}

// kinds returns the kinds of problems, in order.
func kinds(problems []Problem) (k []ProblemKind) {
	for _, p := range problems {
		k = append(k, p.Kind)
	}
	return k
}

// collect returns a Warn and where it puts the problems.
func collect() (Warn, *[]Problem) {
	var list []Problem
	return func(p Problem) { list = append(list, p) }, &list
}
