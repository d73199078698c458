package lettering

import (
	"bufio"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
)

// Levels and order are those of Unicode's own cases (BidiCharacterTest.txt, of
// which the module that divides paragraphs has a copy).
func TestBidiIsThatOfUnicode(t *testing.T) {
	dir, err := exec.Command("go", "list", "-m", "-f", "{{.Dir}}", "github.com/go-text/typesetting").Output()
	if err != nil {
		t.Skipf("where the module lies is not known: %v", err)
	}
	f, err := os.Open(filepath.Join(strings.TrimSpace(string(dir)), "bidi", "test", "BidiCharacterTest.txt"))
	if err != nil {
		t.Skip(err)
	}
	defer f.Close()
	cases := 0
	for s := bufio.NewScanner(f); s.Scan(); {
		fields := strings.Split(s.Text(), ";")
		if len(fields) != 5 || strings.HasPrefix(fields[0], "#") {
			continue
		}
		var text []rune
		for _, hex := range strings.Fields(fields[0]) {
			r, err := strconv.ParseInt(hex, 16, 32)
			if err != nil {
				t.Fatal(err)
			}
			text = append(text, rune(r))
		}
		rtl := fields[1] == "1"
		if fields[1] == "2" {
			if rtl = rightToLeft(text); rtl != (fields[2] == "1") {
				t.Fatalf("%s: right to left is %t", s.Text(), rtl)
			}
		}
		want := strings.Fields(fields[3])
		var runs []run
		for i, level := range levels(text, rtl) {
			switch {
			case want[i] == "x": // has no place
				continue
			case want[i] != strconv.Itoa(level):
				t.Fatalf("%s: level %d at %d", s.Text(), level, i)
			}
			runs = append(runs, run{from: i, level: level})
		}
		visual(runs)
		var order []string
		for _, r := range runs {
			order = append(order, strconv.Itoa(r.from))
		}
		if got := strings.Join(order, " "); got != strings.TrimSpace(fields[4]) {
			t.Fatalf("%s: order %s", s.Text(), got)
		}
		cases++
	}
	if cases < 90_000 {
		t.Errorf("%d cases", cases)
	}
}
