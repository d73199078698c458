package terminal

import (
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

var update = flag.Bool("update", false, "write the tables of testdata")

// spaces is a table as that of recordings, with titles of all the world.
func spaces() *Table {
	t := NewTable(
		Column{Title: "ID", Yield: 5, Min: 6},
		Column{Title: "STARTED (CEST)", Yield: 4},
		Column{Title: "LENGTH", Right: true, Yield: 3},
		Column{Title: "STATE", Yield: 2, Min: 8},
		Column{Title: "ON STAGE", Max: 24, Yield: 1, Min: 8},
		Column{Title: "TITLE", Min: 24})
	t.Add("1ypKdEXvkMLGW", "2021-06-14 20:00", "1:04:55", "complete", "@hostess @guest1 @guest2 @guest3", "Débat : l’été des médias sociaux #Spaces avec @guest1")
	t.Add("1eaJbNqXaXWxX", "2021-06-09 21:26", "41:10", "damaged, 3 s lost", "@hostess", "東京の夜に考える、これからの社会とメディアについて")
	t.Add("1BRJjnPyvQQJw", "2021-06-02 20:00", "–", "no-audio", "", "مرحبا بكم في مساحتنا الأسبوعية عن الموسيقى العربية")
	t.Add("1lPJqBwBDPOxb", "2021-05-30 19:15", "10:00:00", "complete", "@a", "👩‍👩‍👧‍👦 family night 🎉🇫🇷 with 🎷 jazz 🎺 and friends from far away")
	t.Add("1vAGRzZePYkKl", "2021-05-28 19:15", "0:38", "complete", "@i", "i\u0302n\u0303\u0323 c\u0327ombining marks n\u0303ow and then, e\u0301 e\u0301 e\u0301 e\u0301 e\u0301 e\u0301 e\u0301 e\u0301")
	return t
}

func TestTablesFit(t *testing.T) {
	for _, width := range []int{0, 20, 40, 60, 80, 120} {
		t.Run(fmt.Sprint(width), func(t *testing.T) {
			var b strings.Builder
			spaces().Write(&b, width)
			for line := range strings.Lines(b.String()) {
				if n := Width(strings.TrimSuffix(line, "\n")); width > 0 && n > width {
					t.Errorf("a line takes %d columns: %s", n, line)
				}
			}
			name := filepath.Join("testdata", fmt.Sprintf("table-%d.txt", width))
			if *update {
				if err := os.WriteFile(name, []byte(b.String()), 0o666); err != nil {
					t.Fatal(err)
				}
			}
			want, err := os.ReadFile(name)
			if err != nil {
				t.Fatal(err)
			}
			if b.String() != string(want) {
				t.Errorf("got\n%swant\n%s", b.String(), want)
			}
		})
	}
}

// A title of 24 cells is worth more than every other column; at no width does
// it have less while another column could go.
func TestTitleGivesWayLast(t *testing.T) {
	for width := 24; width <= 140; width++ {
		var b strings.Builder
		spaces().Write(&b, width)
		lines := strings.Split(b.String(), "\n")
		at := strings.Index(lines[0], "TITLE")
		if at < 0 {
			t.Fatalf("at %d columns there is no title: %s", width, lines[0])
		}
		if room := width - Width(lines[0][:at]); room < 24 {
			t.Errorf("at %d columns the title has %d cells: %s", width, room, lines[0])
		}
	}
}

func TestColumnsGoInOrder(t *testing.T) {
	headers := []string{"ON S", "STAT", "LENG", "STAR", "ID"}
	gone := 0
	for width := 140; width >= 24; width-- {
		var b strings.Builder
		spaces().Write(&b, width)
		header, _, _ := strings.Cut(b.String(), "\n")
		for gone < len(headers) && !strings.Contains(header, headers[gone]) {
			gone++
		}
		for _, name := range headers[gone:] {
			if !strings.Contains(header, name) {
				t.Errorf("at %d columns %s has gone before its time: %s", width, name, header)
			}
		}
	}
	if gone != len(headers) {
		t.Errorf("%d columns have gone in the end, want all %d", gone, len(headers))
	}
}

func TestTable(t *testing.T) {
	tab := NewTable(Column{Title: "ID"}, Column{Title: "N", Right: true}, Column{Title: "NAMES", Max: 6}, Column{Title: "TITLE"})
	tab.Add("a", "1", "东京", "title 🎉 one")
	tab.Add("bbb", "100", "longer name", "مرحبا")
	for _, tt := range []struct {
		name  string
		width int
		want  string
	}{
		{"piped", 0, "ID     N  NAMES        TITLE\na      1  东京         title 🎉 one\nbbb  100  longer name  مرحبا\n"},
		{"on a terminal", 25, "ID     N  NAMES   TITLE\na      1  东京    title …\nbbb  100  longe…  مرحبا\n"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			var b strings.Builder
			tab.Write(&b, tt.width)
			if b.String() != tt.want {
				t.Errorf("got\n%swant\n%s", b.String(), tt.want)
			}
		})
	}
}

func TestTableWithoutRows(t *testing.T) {
	var b strings.Builder
	NewTable(Column{Title: "A"}).Write(&b, 0)
	if b.Len() > 0 {
		t.Errorf("it prints %q", b.String())
	}
}

func TestShortRowsWithoutHeader(t *testing.T) {
	tab := NewTable(Column{}, Column{Right: true})
	tab.Add("long first cell\nwith a break", "1", "x")
	tab.Add("y", "10")
	var b strings.Builder
	tab.Write(&b, 0)
	if want := "long first cell with a break   1  x\ny                             10\n"; b.String() != want || tab.Len() != 2 {
		t.Errorf("got\n%swant\n%s", b.String(), want)
	}
}

// Colour takes no room: what is left without it is the same table.
func TestTableInColour(t *testing.T) {
	state := func(cell string) Style {
		if cell == "damaged" {
			return Bad
		}
		return Good
	}
	tab := NewTable(Column{Title: "STATE", Style: state}, Column{Title: "N", Right: true, Style: func(string) Style { return Bold }}, Column{Title: "TITLE"})
	tab.Add("damaged", "1", "a title that is too long")
	tab.Add("ok", "10", "b")
	var plain, colour strings.Builder
	tab.Write(&plain, 24)
	tab.Palette = Palette{on: true}
	tab.Write(&colour, 24)
	if want := "\x1b[2mSTATE\x1b[0m     \x1b[2mN\x1b[0m  \x1b[2mTITLE\x1b[0m\n" +
		"\x1b[31mdamaged\x1b[0m   \x1b[1m1\x1b[0m  a title th…\n\x1b[32mok\x1b[0m       \x1b[1m10\x1b[0m  b\n"; colour.String() != want {
		t.Errorf("got  %q\nwant %q", colour.String(), want)
	}
	bare := colour.String()
	for _, code := range []string{"0", "1", "2", "31", "32"} {
		bare = strings.ReplaceAll(bare, "\x1b["+code+"m", "")
	}
	if bare != plain.String() {
		t.Errorf("without its codes\n%swant\n%s", bare, plain.String())
	}
}
