package clip

import (
	"context"
	"errors"
	"fmt"
	"io"
	"runtime"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"golang.org/x/text/encoding/unicode"
)

func readAll(t *testing.T, b *Batch) []Line {
	t.Helper()
	var list []Line
	for {
		l, err := b.Next()
		if err == io.EOF {
			return list
		}
		if err != nil {
			t.Fatal(err)
		}
		list = append(list, l)
	}
}

func TestBatchFormats(t *testing.T) {
	utf16, err := unicode.UTF16(unicode.LittleEndian, unicode.UseBOM).NewEncoder().String("recording\tat\ttitle\r\n1abc\t1:15\tÀ côté\r\n")
	if err != nil {
		t.Fatal(err)
	}
	for _, tt := range []struct{ name, text, recording, want string }{
		{"CSV", "recording,at,length,end,title,output,format\n1abc,75,10,,\"Hello, you\",a.m4a,mp3\n", "",
			"2 recording=1abc at=75 length=10 title=Hello, you output=a.m4a format=mp3"},
		{"semicolons and decimal commas", "\ufeffAt;Recording;Title\r\n75,5;latest;x\r\n\r\n;;\r\n1:15;;y\r\n", "1def",
			"2 recording=latest at=75,5 title=x\n5 recording=1def at=1:15 title=y"},
		{"UTF-16", utf16, "", "2 recording=1abc at=1:15 title=À côté"},
		{"id for recording", "id,at\n1abc,5\n", "", "2 recording=1abc at=5"},
		{"a column without a name", "at,,title\n5,x,y\n", "1abc", "2 recording=1abc at=5 title=y"},
		{"separator named as Excel does", "sep=;\r\nAt;Title\r\n5;a, b\r\n", "1abc", "3 recording=1abc at=5 title=a, b"},
		{"another separator", "sep=|\nat|title\n5|a;b\n", "1abc", "3 recording=1abc at=5 title=a;b"},
		{"JSON array", "\n[{\"id\":\"1abc\",\"at\":75.25},\n {\"recording\":\"1def\",\"at\":\"5\",\"text\":\"x\"}]", "",
			"1 recording=1abc at=75.25\n2 recording=1def at=5"},
		{"JSON arrays", "[{\"at\":1}]\n[]\n[{\"at\":2}]\n", "1abc", "1 recording=1abc at=1\n2 recording=1abc at=2"},
		{"JSON array before something else", "[{\"at\":1}]\n{\"at\":2}\n", "1abc", "1 recording=1abc at=1\n2 error=the text after the JSON array"},
		{"JSON array before nonsense", "[{\"at\":1}] x", "1abc", "1 recording=1abc at=1\n2 error=the text after the JSON array"},
		{"JSON key of another program", "{\"at\":1,\"duration\":5}\n{\"at\":1,\"to\":5}\n", "1abc",
			"1 error=line 1: unknown column \"duration\"\n2 error=line 2: unknown column \"to\""},
		{"JSON of ours", "{\"schema\":1,\"recording\":\"1abc\",\"at\":1,\"length\":2,\"start\":48000,\"file\":\"/x.m4a\",\"duration\":9}\n", "",
			"1 recording=1abc at=1 length=2"},
		{"empty JSON array", "[]", "", ""},
		{"JSON array that is cut off", "[{\"at\":1},{\"at\":", "1abc", "1 recording=1abc at=1\n2 error=not JSON"},
		{"JSON array that is not closed", "[{\"at\":1}", "1abc", "1 recording=1abc at=1\n2 error=the JSON array is not closed"},
		{"JSON array of something else", "[5]", "1abc", "1 error=not a JSON object"},
		{"JSON key mistyped", "{\"at\":1,\"lenght\":5}\n", "1abc", "1 error=line 1: unknown column \"lenght\""},
		{"short and long rows", "recording,at,title\n1abc,5\n1abc,6,t,u,v\n", "", "2 recording=1abc at=5\n3 recording=1abc at=6 title=t"},
		{"quotes", "recording,at,title\n1abc,5,say \"hi\"\n", "", `2 recording=1abc at=5 title=say "hi"`},
		{"lines in fields", "recording,at,title\n1abc,5,\"a\nb\"\n1abc,6,c\n", "", "2 recording=1abc at=5 title=a\nb\n4 recording=1abc at=6 title=c"},
		{"missing values", "recording,at\n,5\n1abc,\n", "", "2 at=5 error=missing recording\n3 recording=1abc error=missing start (at) or quote"},
		{"JSON Lines", "\n{\"recording\":\"1abc\",\"at\":75.25,\"length\":\"0:10\",\"title\":\"x\",\"more\":[1]}\n{\"at\":\"5\"}\nnonsense\n", "1def",
			"2 recording=1abc at=75.25 length=0:10 title=x\n3 recording=1def at=5\n4 error=not a JSON object with the keys"},
		{"what search finds", "{\"kind\":\"title\",\"schema\":1,\"id\":\"1abc\",\"title\":\"x\",\"duration\":4}\n{\"kind\":\"said\",\"schema\":1,\"recording\":\"1abc\",\"at\":5,\"text\":\"x\",\"speaker\":\"y\"}\n", "",
			"2 recording=1abc at=5"},
		{"the same as an array", "[{\"kind\":\"title\",\"schema\":1,\"id\":\"1abc\"},{\"kind\":\"said\",\"schema\":1,\"id\":\"1abc\",\"at\":5}]", "", "2 recording=1abc at=5"},
		{"titles of others", "{\"kind\":\"title\",\"id\":\"1abc\"}\n", "", "1 recording=1abc error=missing start (at)"},
		{"labels", "1.5\t3.25\tone\n\\\t20\t400\n4\t4\tpoint\nx\n", "1abc",
			"1 recording=1abc at=1.5 end=3.25 title=one\n3 recording=1abc at=4 title=point\n4 error=not a label"},
		{"quotes in CSV", "recording,quote,at,end\n1abc,\"one, two … three\",,\n1abc,four,1:00,2:00\n1abc,,,\n", "",
			"2 recording=1abc quote=one, two … three\n3 recording=1abc at=1:00 end=2:00 quote=four\n4 recording=1abc error=missing start (at) or quote"},
		{"quotes in JSON", "{\"quote\":\" one … two \"}\n{\"schema\":1,\"at\":5,\"length\":9,\"quote\":\"x\",\"words\":{\"at\":6}}\n{\"quote\":5}\n", "1abc",
			"1 recording=1abc quote=one … two\n2 recording=1abc at=5 length=9 quote=x\n3 error=not a JSON object"},
		{"labels of nobody", "1\t2\tx\n", "", "1 at=1 end=2 title=x error=missing recording"},
		{"nothing", "", "", ""},
		{"no line end", "recording,at\n1abc,5", "", "2 recording=1abc at=5"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			b, err := NewBatch(strings.NewReader(tt.text), tt.recording)
			if err != nil {
				t.Errorf("%s: %v", tt.name, err)
				return
			}
			lines := readAll(t, b)
			var got []string
			for _, l := range lines {
				text := fmt.Sprint(l.Number)
				for i, v := range []string{l.Recording, l.At, l.Length, l.End, l.Quote, l.Title, l.Output, l.Format} {
					if v != "" {
						text += " " + columns[i] + "=" + v
					}
				}
				if l.Err != nil {
					text += " error=" + l.Err.Error()
				}
				got = append(got, text)
			}
			want := strings.Split(tt.want, "\n")
			if tt.name == "lines in fields" {
				want = []string{want[0] + "\n" + want[1], want[2]}
			}
			if tt.want == "" {
				want = nil
			}
			if len(got) != len(want) {
				t.Errorf("%s:\n got %q\nwant %q", tt.name, got, want)
				return
			}
			for i := range got {
				if !strings.HasPrefix(got[i], want[i]) || got[i] != want[i] && !strings.Contains(want[i], "error=") {
					t.Errorf("%s:\n got %q\nwant %q", tt.name, got[i], want[i])
				}
			}
		})
	}
	for _, tt := range []struct{ text, recording, says string }{
		{"title,end\n1,2\n", "", `missing column "at" or "quote"`},
		{"at,lenght\n1,2\n", "1abc", `unknown column "lenght"`},
		{"note,at\n1,2\n", "1abc", `unknown column "note"`},
		{"recording,id,at\n1,2,3\n", "", `the column "recording" appears twice`},
		{"at,title\n1,2\n", "", `missing column "recording"`},
		{strings.Repeat("x", maxLine+10), "", "longer than"},
	} {
		t.Run(tt.says, func(t *testing.T) {
			if _, err := NewBatch(strings.NewReader(tt.text), tt.recording); err == nil || !strings.Contains(err.Error(), tt.says) {
				t.Errorf("%.20q: %v", tt.text, err)
			}
		})
	}
}

// A column that does not exist is named with the one that may be meant: without
// it every clip would have the usual length.
func TestUnknownColumn(t *testing.T) {
	for _, tt := range []struct{ column, meant string }{
		{"lenght", "length"}, {"start", "at"}, {"Duration", "length"}, {"titel", "title"}, {"mood", ""},
	} {
		t.Run(tt.column, func(t *testing.T) {
			var p *Problem
			_, err := NewBatch(strings.NewReader("at,"+tt.column+"\n1,2\n"), "1abc")
			if !errors.As(err, &p) || p.Cause != UnknownColumn || p.Known[0] != tt.meant {
				t.Errorf("%v: %+v", err, p)
			}
		})
	}
}

// The lines that failed can be run again as they are.
func TestBatchRaw(t *testing.T) {
	for _, text := range []string{
		"at;recording;title\n5,5;1abc;\"a;b\"\n6;1abc;c\n",
		"{\"recording\":\"1abc\",\"at\":5}\n",
		"sep=|\nat|title\n5|x\n",
		"[{\"at\":5},{\"at\":6}]",
		"1\t2\tx\n",
	} {
		b, err := NewBatch(strings.NewReader(text), "1abc")
		if err != nil {
			t.Fatal(err)
		}
		again := b.Header
		first := readAll(t, b)
		for _, l := range first {
			again += l.Raw
		}
		if b, err = NewBatch(strings.NewReader(again), "1abc"); err != nil {
			t.Fatal(err)
		}
		second := readAll(t, b)
		if len(second) != len(first) || fmt.Sprint(second) != fmt.Sprint(first) {
			t.Errorf("%q became %q:\n%+v\n%+v", text, again, first, second)
		}
	}
}

// Text that is not UTF-8 ends a batch with the line, in each of its forms.
func TestBatchNotUTF8(t *testing.T) {
	for _, c := range []struct{ name, text, want string }{
		{"CSV", "recording,at,title\n1abc,5,a\n1abc,6,caf\xe9\n1abc,7,b\n", "line 3: byte E9 is not valid UTF-8"},
		{"header", "at,titl\xe9\n5,a\n", "line 1: byte E9 is not valid UTF-8"},
		{"separator named", "sep=;\nat;titl\xe9\n5;a\n", "line 2: byte E9 is not valid UTF-8"},
		{"JSON Lines", "{\"at\":5}\n{\"at\":6,\"title\":\"caf\xe9\"}\n", "line 2: byte E9 is not valid UTF-8"},
		{"JSON array", "[{\"at\":5},\n{\"at\":6,\"title\":\"caf\xe9\"}]\n", "not JSON: line 2: byte E9 is not valid UTF-8"},
		{"labels", "1\t2\tx\n2\t3\tcaf\xe9\n", "line 2: byte E9 is not valid UTF-8"},
		{"UTF-16", "\xff\xfea\x00\n\x00\x00\xd8a\x00", "line 2: byte D8 is not valid UTF-16LE"},
	} {
		t.Run(c.name, func(t *testing.T) {
			b, err := NewBatch(strings.NewReader(c.text), "1abc")
			for err == nil {
				var l Line
				if l, err = b.Next(); l.Err != nil {
					err = l.Err
				}
			}
			if err.Error() != c.want {
				t.Errorf("%v, want %s", err, c.want)
			}
		})
	}
}

// pump writes lines for ever, until nobody reads them.
func pump(w *io.PipeWriter) {
	io.WriteString(w, "recording,at\n")
	for i := 0; ; i++ {
		if _, err := fmt.Fprintf(w, "1abc,%d\n", i); err != nil {
			return
		}
	}
}

// A batch without end holds a few lines at a time, keeps their order, and ends
// when nobody listens any more.
func TestRunBatchStreams(t *testing.T) {
	r, w := io.Pipe()
	go pump(w)
	defer r.Close()
	b, err := NewBatch(r, "")
	if err != nil {
		t.Fatal(err)
	}
	const jobs, lines = 4, 10000
	var inside atomic.Int64
	enough := errors.New("enough")
	next, begun := 0, atomic.Int64{}
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	err = RunBatch(context.Background(), b, jobs, func(ctx context.Context, l Line) (Result, error) {
		if n := inside.Add(1); n > jobs {
			t.Errorf("%d at once", n)
		}
		defer inside.Add(-1)
		begun.Add(1)
		if l.Number%100 == 0 {
			time.Sleep(time.Millisecond)
			return Result{}, errors.New("bad")
		}
		return Result{Recording: l.At}, nil
	}, func(o Outcome) error {
		if o.Line.At != fmt.Sprint(next) || (o.Err != nil) != (o.Line.Number%100 == 0) {
			t.Errorf("%+v comes as number %d", o, next)
		}
		if ahead := begun.Load() - int64(next); ahead > 6*jobs {
			t.Errorf("%d lines are held", ahead)
		}
		if next++; next == lines {
			return enough
		}
		return nil
	})
	if err != enough {
		t.Fatal(err)
	}
	runtime.GC()
	runtime.ReadMemStats(&after)
	if grown := int64(after.HeapAlloc) - int64(before.HeapAlloc); grown > 2<<20 {
		t.Errorf("%d bytes are held after %d lines", grown, lines)
	}
}

// Each line is cut when it arrives: it waits for no other.
func TestRunBatchWaitsForNothing(t *testing.T) {
	r, w := io.Pipe()
	defer r.Close()
	done := make(chan string)
	go func() {
		b, err := NewBatch(r, "1abc")
		if err == nil {
			err = RunBatch(context.Background(), b, 2, func(_ context.Context, l Line) (Result, error) {
				return Result{Recording: l.At}, nil
			}, func(o Outcome) error {
				done <- o.Result.Recording
				return nil
			})
		}
		done <- fmt.Sprint(err)
	}()
	io.WriteString(w, "at\n")
	for _, at := range []string{"1", "2:00", "3"} {
		io.WriteString(w, at+"\n")
		if got := <-done; got != at {
			t.Fatalf("got %s, want %s", got, at)
		}
	}
	w.Close()
	if got := <-done; got != "<nil>" {
		t.Fatal(got)
	}
}

// A cancelled batch ends although its input does not.
func TestRunBatchStops(t *testing.T) {
	r, w := io.Pipe()
	defer w.Close()
	go io.WriteString(w, "at\n1\n")
	b, err := NewBatch(r, "1abc")
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	err = RunBatch(ctx, b, 2, func(ctx context.Context, l Line) (Result, error) {
		cancel()
		<-ctx.Done()
		return Result{}, ctx.Err()
	}, func(Outcome) error { return nil })
	if err != nil && !errors.Is(err, context.Canceled) {
		t.Fatal(err)
	}
}

func FuzzBatch(f *testing.F) {
	for _, s := range []string{"recording,at\n1abc,5\n", "{\"at\":5}\n{", "1\t2\tx\n\\\t1\t2\n", "\xff\xfea\x00t\x00\n\x005\x00", "at;x\n\"5\n\n\"6;;\n"} {
		f.Add(s, "1abc")
		f.Add(s, "")
	}
	f.Fuzz(func(t *testing.T, s, recording string) {
		b, err := NewBatch(strings.NewReader(s), recording)
		if err != nil {
			return
		}
		last := 0
		for n := 0; ; n++ {
			l, err := b.Next()
			if err != nil {
				return
			}
			if n > len(s) {
				t.Fatal("more lines than bytes")
			}
			if l.Number < last || l.Number < 1 {
				t.Fatalf("line %d after line %d", l.Number, last)
			}
			last = l.Number
			if l.Err == nil && (l.Recording == "" || l.At == "") {
				t.Fatalf("%+v", l)
			}
		}
	})
}

// A line that is too long is refused by its number, in little memory, and
// where lines stand for themselves the next ones are read.
func TestLongLines(t *testing.T) {
	if testing.Short() {
		t.Skip("reads 64 MB in one goroutine: the race detector has nothing to see")
	}
	long := func(before, after string) io.Reader { // of 64 MB
		return io.MultiReader(strings.NewReader(before), io.LimitReader(endless{}, 64<<20), strings.NewReader(after))
	}
	for _, test := range []struct {
		name  string
		input io.Reader
		want  string
	}{
		{"first", long("", "\n"), "line 1 is longer than 1048576 bytes"},
		{"JSON", long(`{"recording":"a","at":1}`+"\n", "\n"+`{"recording":"b","at":2}`), "a; line 2 is longer than 1048576 bytes; b; EOF"},
		{"labels", long("1\t2\tx\n", "\n3\t4\ty\n"), "r; line 2 is longer than 1048576 bytes; r; EOF"},
		{"table", long("recording,at\na,1\nb,", "\nc,2\n"), "a; line 3 is longer than 1048576 bytes"},
		{"table with a quote", io.MultiReader(strings.NewReader("recording,at\na,1\nb,\""), io.LimitReader(manyLines{}, 64<<20)), "a; line 3 is longer than 1048576 bytes"},
	} {
		t.Run(test.name, func(t *testing.T) {
			var before, after runtime.MemStats
			runtime.ReadMemStats(&before)
			var got []string
			b, err := NewBatch(test.input, "r")
			for err == nil {
				var l Line
				if l, err = b.Next(); err == nil && l.Err != nil {
					got = append(got, l.Err.Error())
				} else if err == nil {
					got = append(got, l.Recording)
				}
			}
			got = append(got, err.Error())
			runtime.ReadMemStats(&after)
			if text := strings.Join(got, "; "); text != test.want {
				t.Errorf("%s\nwant %s", text, test.want)
			}
			if n := (after.TotalAlloc - before.TotalAlloc) >> 20; n > 16 {
				t.Errorf("%d MB were allocated", n)
			}
		})
	}
}

// endless is one line without an end, manyLines has many.
type endless struct{}

func (endless) Read(p []byte) (int, error) {
	for i := range p {
		p[i] = 'x'
	}
	return len(p), nil
}

type manyLines struct{}

func (manyLines) Read(p []byte) (int, error) {
	for i := range p {
		p[i] = "xxxxxxxxx\n"[i%10]
	}
	return len(p), nil
}
