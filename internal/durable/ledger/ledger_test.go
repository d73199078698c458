package ledger

import (
	"bytes"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

type record struct {
	Who string `json:"who"`
	N   int    `json:"n"`
}

func open(t testing.TB, dir string) *File {
	t.Helper()
	root, err := os.OpenRoot(dir)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { root.Close() })
	return New(root, "ledger.jsonl", time.Minute)
}

func read(t testing.TB, f *File) (list []record, torn int64) {
	t.Helper()
	torn, err := f.Read(func(_ int, line []byte) error {
		var r record
		if err := json.Unmarshal(line, &r); err != nil {
			return err
		}
		list = append(list, r)
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return list, torn
}

// TestTorn cuts a ledger at each byte, as a kill would, and appends to it.
func TestTorn(t *testing.T) {
	dir := t.TempDir()
	f := open(t, dir)
	if list, torn := read(t, f); len(list) != 0 || torn != 0 {
		t.Fatalf("an absent ledger has %v, %d torn", list, torn)
	}
	if _, err := f.Append(t.Context(), record{"a", 1}, record{"é\n", 2}); err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(dir, "ledger.jsonl")
	full, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	for n := range len(full) + 1 {
		if err := os.WriteFile(path, full[:n], 0o644); err != nil {
			t.Fatal(err)
		}
		lines := bytes.Count(full[:n], []byte{'\n'})
		tail := int64(n - bytes.LastIndexByte(full[:n], '\n') - 1)
		if list, torn := read(t, f); len(list) != lines || torn != tail {
			t.Fatalf("cut at %d: %d records, %d torn; want %d and %d", n, len(list), torn, lines, tail)
		}
		mended, err := f.Append(t.Context(), record{"c", 3})
		if err != nil || mended != tail {
			t.Fatalf("cut at %d: mended %d, want %d; %v", n, mended, tail, err)
		}
		list, torn := read(t, f)
		if len(list) != lines+1 || torn != 0 || list[lines] != (record{"c", 3}) {
			t.Fatalf("cut at %d: %v, %d torn after mending", n, list, torn)
		}
	}
}

// TestProcesses has several processes append at once: nothing is lost.
func TestProcesses(t *testing.T) {
	const processes, records = 4, 25
	if dir := os.Getenv("LEDGER_DIR"); dir != "" {
		f := open(t, dir)
		for n := range records {
			if _, err := f.Append(t.Context(), record{os.Getenv("LEDGER_WHO"), n}); err != nil {
				t.Fatal(err)
			}
		}
		return
	}
	dir := t.TempDir()
	var running []*exec.Cmd
	for i := range processes {
		cmd := exec.Command(os.Args[0], "-test.run=^TestProcesses$")
		cmd.Env = append(os.Environ(), "LEDGER_DIR="+dir, fmt.Sprintf("LEDGER_WHO=%d", i))
		cmd.Stderr = os.Stderr
		if err := cmd.Start(); err != nil {
			t.Fatal(err)
		}
		running = append(running, cmd)
	}
	for _, cmd := range running {
		if err := cmd.Wait(); err != nil {
			t.Fatal(err)
		}
	}
	next := map[string]int{}
	list, torn := read(t, open(t, dir))
	for _, r := range list {
		if next[r.Who] != r.N {
			t.Fatalf("process %s: record %d where %d is due", r.Who, r.N, next[r.Who])
		}
		next[r.Who]++
	}
	if len(list) != processes*records || torn != 0 {
		t.Errorf("%d records and %d torn bytes, want %d and 0", len(list), torn, processes*records)
	}
}

func TestRewrite(t *testing.T) {
	dir := t.TempDir()
	f := open(t, dir)
	if _, err := f.Append(t.Context(), record{"a", 1}, record{"b", 2}, record{"c", 3}); err != nil {
		t.Fatal(err)
	}
	err := f.Rewrite(t.Context(), func(lines [][]byte) ([][]byte, error) {
		return [][]byte{lines[0], bytes.ReplaceAll(lines[2], []byte(`"c"`), []byte(`"d"`))}, nil
	})
	if err != nil {
		t.Fatal(err)
	}
	if list, _ := read(t, f); len(list) != 2 || list[0].Who != "a" || list[1].Who != "d" {
		t.Errorf("rewritten to %v", list)
	}
	entries, err := os.ReadDir(dir)
	if err != nil || len(entries) != 2 {
		t.Errorf("files left behind: %v, %v", entries, err)
	}
}

func TestTooLong(t *testing.T) {
	dir := t.TempDir()
	f := open(t, dir)
	if _, err := f.Append(t.Context(), strings.Repeat("x", MaxLine)); err == nil {
		t.Error("a record longer than MaxLine was taken")
	}
	if err := os.WriteFile(filepath.Join(dir, "ledger.jsonl"), bytes.Repeat([]byte("x\n"), 4), 0o644); err != nil {
		t.Fatal(err)
	}
	if _, err := f.Read(func(_ int, line []byte) error { return json.Unmarshal(line, new(record)) }); err == nil {
		t.Error("the callback's error was swallowed")
	}
	if err := os.WriteFile(filepath.Join(dir, "ledger.jsonl"), append(bytes.Repeat([]byte("x"), MaxLine+1), '\n'), 0o644); err != nil {
		t.Fatal(err)
	}
	if _, err := f.Read(func(int, []byte) error { return nil }); err == nil {
		t.Error("a line longer than MaxLine was read")
	}
}
