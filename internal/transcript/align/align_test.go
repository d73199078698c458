package align

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"
	"unicode/utf8"
)

// said gives each word of a text a second, and a tenth between them; ~ is a
// second without a word.
func said(text string) (list []Word) {
	at := int64(0)
	for _, f := range strings.Fields(text) {
		if f != "~" {
			list = append(list, Word{f, at, at + 1000})
			at += 100
		}
		at += 1000
	}
	return list
}

// write writes words with their times in tenths of a second, and = before those
// that were found.
func write(lines [][]Placed) string {
	var list []string
	for _, line := range lines {
		var words []string
		for _, w := range line {
			sign := ""
			if w.From >= 0 {
				sign = "="
			}
			words = append(words, fmt.Sprintf("%s%s %d-%d", sign, w.Text, w.Start/100, w.End/100))
		}
		list = append(list, strings.Join(words, ", "))
	}
	return strings.Join(list, " | ")
}

// textLines splits a text at | into lines; a line may begin with its time in
// tenths, as [12].
func textLines(text string) (lines []Line) {
	for _, l := range strings.Split(text, "|") {
		line := Line{strings.TrimSpace(l), -1}
		var at int64
		if n, _ := fmt.Sscanf(line.Text, "[%d]", &at); n == 1 {
			_, line.Text, _ = strings.Cut(line.Text, "]")
			line.At = at * 100
		}
		lines = append(lines, line)
	}
	return lines
}

func TestLines(t *testing.T) {
	for _, tt := range []struct {
		name, old, edited, want string
		marks                   []Mark
		changes                 Changes
	}{
		{"nothing", "", "", "", nil, Changes{}},
		{"unchanged", "one two three", "one two three", "=one 0-10, =two 11-21, =three 22-32", nil, Changes{Kept: 3}},
		{"case, accents and punctuation", "bonsoir lea", "« Bonsoir, Léa ! »", "« 0-0, =Bonsoir, 0-10, =Léa 11-21, ! 21-22, » 22-23", nil, Changes{Kept: 2}},
		{"replaced", "one too three", "one two three", "=one 0-10, two 11-21, =three 22-32", nil, Changes{Kept: 2, Changed: 1}},
		{"two for one, by their letters", "a gonna b", "a will go b", "=a 0-10, will 11-17, go 17-21, =b 22-32", nil, Changes{Kept: 2, Changed: 1, Added: 1}},
		{"one for two", "a shop if b", "a Shopify b", "=a 0-10, Shopify 11-32, =b 33-43", nil, Changes{Kept: 2, Changed: 1, Removed: 1}},
		{"two for two across a pause", "a bcd ~ efg h", "a xyz uvw h", "=a 0-10, xyz 11-21, uvw 32-42, =h 43-53", nil, Changes{Kept: 2, Changed: 2}},
		{"inserted into a pause", "one ~ two", "one more two", "=one 0-10, more 10-14, =two 21-31", nil, Changes{Kept: 2, Added: 1}},
		{"inserted where no pause is", "one two", "one or two", "=one 0-10, or 10-11, =two 11-21", nil, Changes{Kept: 2, Added: 1}},
		{"inserted at the beginning of a line", "one ~ two", "one | and two", "=one 0-10 | and 18-21, =two 21-31", nil, Changes{Kept: 2, Added: 1}},
		{"inserted at the end", "one", "one and two", "=one 0-10, and 10-13, two 13-16", nil, Changes{Kept: 1, Added: 2}},
		{"all is new", "", "one two", "one 0-3, two 3-6", nil, Changes{Added: 2}},
		{"deleted", "one two three", "one three", "=one 0-10, =three 22-32", nil, Changes{Kept: 2, Removed: 1}},
		{"all deleted", "one two three", "", "", nil, Changes{Removed: 3}},
		{"a line is split, another joined", "one two three four", "one | two three | four", "=one 0-10 | =two 11-21, =three 22-32 | =four 33-43", nil, Changes{Kept: 4}},
		{"the same word at another time is gone", "yes no yes no", "[22] yes no", "=yes 22-32, =no 33-43", []Mark{{0, 0}, {2, 2200}}, Changes{Kept: 2, Removed: 2}},
		{"a word goes to another speaker", "there yes indeed", "[0] there yes | [11] indeed", "=there 0-10, =yes 11-21 | =indeed 22-32", []Mark{{0, 0}, {1, 1100}}, Changes{Kept: 3}},
		{"a mark in new words", "one alpha beta two", "one x | [22] y two", "=one 0-10, x 11-21 | y 22-32, =two 33-43", nil, Changes{Kept: 2, Changed: 2}},
		{"a mark of no time there", "one two", "[990] one two", "=one 0-10, =two 11-21", nil, Changes{Kept: 2}},
		{"characters without spaces", "東京 の 夜", "東京の朝", "=東京 0-10, =の 11-21, 朝 22-32", nil, Changes{Kept: 3, Changed: 1}},
		{"a part of a word without spaces", "東京都", "東都", "東 0-3, 都 6-10", nil, Changes{Kept: 2, Removed: 1}},
		{"katakana stays together", "夜", "夜スペース", "=夜 0-10, スペース 10-14", nil, Changes{Kept: 1, Added: 4}},
		{"Thai, by characters as readers see them", "สวัสดี", "สวัสดี ครับ", "=สวัสดี 0-10, ครับ 10-13", nil, Changes{Kept: 4, Added: 3}},
		{"few words in place of many", strings.Repeat("la ", 100), "cut here", "cut 0-18, here 18-43", nil, Changes{Changed: 2, Removed: 98}},
		{"many words in place of one", "um ~ ~ ~ ~ end", "this was not heard at all end", "this 0-2, was 2-3, not 3-5, heard 5-7, at 7-8, all 8-10, =end 51-61", nil, Changes{Kept: 1, Changed: 1, Added: 5}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			lines, changes := Lines(said(tt.old), tt.marks, textLines(tt.edited), Options{Letter: 100, End: 100_000})
			if got := write(lines); got != tt.want {
				t.Errorf("got  %s\nwant %s", got, tt.want)
			}
			if changes != tt.changes {
				t.Errorf("changes %+v, want %+v", changes, tt.changes)
			}
		})
	}
}

// Of a long stretch that was removed and written anew in a few words, the common
// ones among these are not looked for all over it.
func TestStrayWords(t *testing.T) {
	old := said("start " + strings.Repeat("alpha beta gamma delta ", 200) + "the " + strings.Repeat("alpha beta gamma delta ", 200) + "end")
	lines, _ := Lines(old, nil, textLines("start skip the part end"), Options{Letter: 100, End: 1 << 40})
	words := lines[0]
	if the := words[2]; the.From >= 0 || the.Start > 20_000 {
		t.Errorf("“the” was found at %d s", the.Start/1000)
	}
	if end := words[4]; end.From != len(old)-1 {
		t.Error("the end was not found")
	}
}

func TestShare(t *testing.T) {
	if got, want := fmt.Sprint(Share(" I go  there ", 0, 800)), "[{I 0 100} {go 100 300} {there 300 800}]"; got != want {
		t.Errorf("%s, want %s", got, want)
	}
	if got := Share("  ", 0, 800); len(got) > 0 {
		t.Errorf("no words: %v", got)
	}
}

// check holds what is true of every result, and returns it.
func check(t *testing.T, old []Word, marks []Mark, lines []Line, end int64) [][]Placed {
	t.Helper()
	got, changes := Lines(old, marks, lines, Options{Letter: 4800, End: end})
	if len(got) != len(lines) {
		t.Fatalf("%d lines of %d", len(got), len(lines))
	}
	monotone := slices.IsSortedFunc(old, func(a, b Word) int { return int(max(-1, min(1, a.Start-b.Start))) })
	used := make(map[int]bool)
	before := int64(0)
	for i, line := range got {
		text := ""
		for k, w := range line {
			text += w.Text
			if w.End < w.Start || w.Start < 0 || w.End > end {
				t.Fatalf("line %d: %+v", i, w)
			}
			if k > 0 && w.Start < line[k-1].Start || monotone && w.Start < before {
				t.Fatalf("line %d: %+v begins before the word before it", i, w)
			}
			before = w.Start
			if w.From < 0 {
				continue
			}
			o := old[w.From]
			if used[w.From] || Key(o.Text) != Key(w.Text) {
				t.Fatalf("line %d: %+v is from %+v", i, w, o)
			}
			if monotone && (w.Start != o.Start || w.End != o.End) {
				t.Fatalf("line %d: %+v is not at the time of %+v", i, w, o)
			}
			used[w.From] = true
		}
		if want := strings.Join(strings.Fields(lines[i].Text), ""); text != want {
			t.Fatalf("line %d is %q, want %q", i, text, want)
		}
	}
	if changes.Kept < 0 || changes.Added < 0 || changes.Removed < 0 || changes.Changed < 0 {
		t.Fatalf("%+v", changes)
	}
	return got
}

// talk is speech of so many words, of a vocabulary that is used as people do.
func talk(r *rand.Rand, n int) (words []Word, marks []Mark, lines []Line) {
	zipf := rand.NewZipf(r, 1.1, 2, 20_000)
	at := int64(0)
	for i := range n {
		if i%30 == 0 {
			marks = append(marks, Mark{i, at})
			lines = append(lines, Line{"", at})
		}
		w := fmt.Sprintf("w%d", zipf.Uint64())
		words = append(words, Word{w, at, at + 15_000})
		at += 16_000 + int64(r.IntN(8000))
		lines[len(lines)-1].Text += w + " "
	}
	return words, marks, lines
}

// edit corrects, adds and removes a share of the words of lines.
func edit(r *rand.Rand, lines []Line, share float64) []Line {
	lines = slices.Clone(lines)
	for i := range lines {
		var list []string
		for _, f := range strings.Fields(lines[i].Text) {
			if r.Float64() >= share {
				list = append(list, f)
				continue
			}
			switch r.IntN(3) {
			case 0:
				list = append(list, f, "new")
			case 1:
				list = append(list, fmt.Sprintf("c%d", r.IntN(1000)))
			}
		}
		lines[i].Text = strings.Join(list, " ")
		if r.Float64() < share {
			lines[i].At = -1
		}
	}
	return lines
}

func TestProperties(t *testing.T) {
	for seed := range uint64(200) {
		r := rand.New(rand.NewPCG(seed, 1))
		words, marks, lines := talk(r, r.IntN(400))
		end := int64(1)
		if len(words) > 0 {
			end = words[len(words)-1].End
		}
		same := check(t, words, marks, lines, end)
		n := 0
		for _, line := range same {
			n += len(line)
			for _, w := range line {
				if w.From < 0 {
					t.Fatalf("seed %d: %+v was not found in the same text", seed, w)
				}
			}
		}
		if n != len(words) {
			t.Fatalf("seed %d: %d words of %d", seed, n, len(words))
		}
		check(t, words, marks, edit(r, lines, 0.3*r.Float64()), end)
		_, _, other := talk(r, r.IntN(400))
		check(t, words, marks, other, end)
	}
}

// The subsequence is as long as that of the plain table, unless it holds runs of
// words that are in both texts only once.
func TestCommon(t *testing.T) {
	for seed := range uint64(300) {
		r := rand.New(rand.NewPCG(seed, 2))
		n := 1 + r.IntN(400)
		letters := 1 + r.IntN(30)
		a, b := make([]int, n), make([]int, 1+r.IntN(400))
		for i := range a {
			a[i] = r.IntN(letters)
		}
		for i := range b {
			b[i] = r.IntN(letters)
		}
		got := 0
		pairs := make([][2]int, 0, n)
		found := func(i, j int) {
			got++
			if a[i] != b[j] {
				t.Fatalf("seed %d: %d and %d differ", seed, i, j)
			}
			pairs = append(pairs, [2]int{i, j})
		}
		exact := seed%2 == 0
		if exact {
			newSubsequence(a, b, 0, len(b), found).solve(0, len(a), 0, len(b))
		} else {
			common(a, b, found)
		}
		slices.SortFunc(pairs, func(x, y [2]int) int { return x[0] - y[0] })
		for k := 1; k < len(pairs); k++ {
			if pairs[k][0] == pairs[k-1][0] || pairs[k][1] <= pairs[k-1][1] {
				t.Fatalf("seed %d: %v follows %v", seed, pairs[k], pairs[k-1])
			}
		}
		row := make([]int, len(b)+1)
		for i := range a {
			last := 0
			for j := range b {
				was := row[j+1]
				if a[i] == b[j] {
					row[j+1] = last + 1
				} else {
					row[j+1] = max(row[j+1], row[j])
				}
				last = was
			}
		}
		if want := row[len(b)]; got > want || exact && got < want {
			t.Fatalf("seed %d: %d in common, want %d", seed, got, want)
		}
	}
}

func FuzzLines(f *testing.F) {
	f.Add("one two three", "one | [11] 2 three")
	f.Add("東京 の 夜", "東京tower の朝")
	f.Add("a , b", "a, b .")
	f.Fuzz(func(t *testing.T, old, edited string) {
		if !utf8.ValidString(old) || !utf8.ValidString(edited) || strings.Contains(edited, "[") {
			return
		}
		var words []Word
		for _, w := range said(old) {
			if w.Text != "" {
				words = append(words, w)
			}
		}
		check(t, words, nil, textLines(edited), 1<<40)
	})
}

// A monologue of which every word is replaced is placed in reasonable time: steps
// in the square of its length would outlast the time that tests have.
func TestReplacedMonologue(t *testing.T) {
	const n = 1_000_000
	p := placer{Options: Options{End: 4 * n}}
	for i := range n {
		p.a.atoms = append(p.a.atoms, atom{text: "was", start: int64(4 * i), end: int64(4*i + 3)})
		p.b.atoms = append(p.b.atoms, atom{text: "now"})
	}
	p.part(0, n, 0, n, 0, p.End, false)
	for i, a := range p.b.atoms {
		if a.start != p.a.atoms[i].start || a.end != p.a.atoms[i].end {
			t.Fatalf("word %d: %d-%d, want %d-%d", i, a.start, a.end, p.a.atoms[i].start, p.a.atoms[i].end)
		}
	}
}

func TestTimeAt(t *testing.T) {
	spans := stretch([]atom{{text: "ab", start: 0, end: 20}, {text: "cd", start: 50, end: 70}})
	for _, c := range []struct {
		at         float64
		begin, end int64
	}{{0, 0, 0}, {0.25, 10, 10}, {0.5, 50, 20}, {0.75, 60, 60}, {1, 70, 70}} {
		if begin, end := timeAt(spans, c.at, false), timeAt(spans, c.at, true); begin != c.begin || end != c.end {
			t.Errorf("at %g: %d and %d, want %d and %d", c.at, begin, end, c.begin, c.end)
		}
	}
}

func BenchmarkLines(b *testing.B) {
	r := rand.New(rand.NewPCG(1, 1))
	words, marks, lines := talk(r, 100_000)
	_, _, other := talk(r, 100_000)
	for _, bb := range []struct {
		name  string
		lines []Line
	}{{"same", lines}, {"one percent", edit(r, lines, 0.01)}, {"a third", edit(r, lines, 0.33)}, {"other text", other}} {
		b.Run(bb.name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				Lines(words, marks, bb.lines, Options{Letter: 4800, End: time.Now().Unix() << 20})
			}
		})
	}
}
