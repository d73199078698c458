package chapters

import (
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
)

// planted is a transcript with topics, and where they begin.
type planted struct {
	said    []Said
	begin   []float64
	words   [][]string // of each topic
	seconds float64
}

// plant makes a transcript. Of its words 30 % are those of its topic, which has
// 30, some of them said often and most seldom; the others are 300 common ones.
// Utterances have 4 to 20 words, at 2.5 a second.
func plant(seed uint64, topics int, letters string) *planted {
	rnd := rand.New(rand.NewPCG(seed, 5))
	made := map[string]bool{}
	word := func() string {
		for {
			var b strings.Builder
			for range 4 + rnd.IntN(5) {
				r := []rune(letters)
				b.WriteRune(r[rnd.IntN(len(r))])
			}
			if w := b.String(); !made[w] {
				made[w] = true
				return w
			}
		}
	}
	some := func(n int) []string {
		list := make([]string, n)
		for i := range list {
			list[i] = word()
		}
		return list
	}
	// zipf draws the words in front more often.
	zipf := func(list []string) string {
		n := float64(len(list))
		return list[int(math.Exp(rnd.Float64()*math.Log(n+1)))-1]
	}
	p := &planted{}
	common := some(300)
	for range topics {
		own := some(30)
		p.begin, p.words = append(p.begin, p.seconds), append(p.words, own)
		for end := p.seconds + 180 + rnd.Float64()*300; p.seconds < end; {
			var text []string
			for range 4 + rnd.IntN(17) {
				if rnd.Float64() < 0.3 {
					text = append(text, zipf(own))
				} else {
					text = append(text, zipf(common))
				}
			}
			length := float64(len(text)) / 2.5
			p.said = append(p.said, Said{p.seconds, p.seconds + length, strings.Join(text, " ")})
			p.seconds += length + rnd.Float64()
		}
	}
	return p
}

const (
	latin    = "abcdefghijklmnopqrstuvwxyz"
	cyrillic = "абвгдежзиклмнопрстуфхцчшщэюя"
)

// Most of the places where topics begin are found within 15 s, few others, and
// the names are those of the topics.
func TestTopics(t *testing.T) {
	found, all, wrong, named, chapters := 0, 0, 0, 0, 0
	for seed := range uint64(20) {
		letters := latin
		if seed%4 == 3 {
			letters = cyrillic
		}
		p := plant(seed, 3+int(seed%8), letters)
		list := FromTopics(p.said, "", LeastTopic, p.seconds)
		check(t, fmt.Sprintf("seed %d", seed), list, p.seconds)
		if again := FromTopics(p.said, "", LeastTopic, p.seconds); !slices.Equal(again, list) {
			t.Fatalf("seed %d: %v, then %v", seed, list, again)
		}
		hit := 0
		for _, at := range p.begin[1:] {
			all++
			if slices.ContainsFunc(list, func(c Chapter) bool { return math.Abs(c.Start-at) <= 15 }) {
				found++
				hit++
			}
		}
		wrong += len(list) - 1 - hit
		for i, c := range list {
			end := p.seconds
			if i+1 < len(list) {
				end = list[i+1].Start
			}
			middle, topic := (c.Start+end)/2, 0
			for k, at := range p.begin {
				if at <= middle {
					topic = k
				}
			}
			for _, word := range strings.Split(strings.ToLower(c.Title), ", ") {
				chapters++
				if slices.Contains(p.words[topic], word) {
					named++
				}
			}
		}
	}
	t.Logf("%d of %d found, %d others; %d of %d words are those of the topic", found, all, wrong, named, chapters)
	if found*100 < all*85 || wrong*100 > all*10 || named*100 < chapters*90 {
		t.Errorf("%d of %d found, %d others; %d of %d words are those of the topic", found, all, wrong, named, chapters)
	}
}

// check fails unless chapters are what any recording may have.
func check(t *testing.T, name string, list []Chapter, seconds float64) {
	t.Helper()
	if len(list) == 0 || list[0].Start != 0 {
		t.Fatalf("%s: %v", name, list)
	}
	for i, c := range list {
		end := seconds
		if i+1 < len(list) {
			end = list[i+1].Start
		}
		if c.Title == "" || c.Title != cleanTitle(c.Title) || i > 0 && end-c.Start < LeastTopic {
			t.Fatalf("%s: %v of %g s", name, list, seconds)
		}
	}
}

// One topic, however long, is hardly divided.
func TestOneTopic(t *testing.T) {
	extra, hours := 0, 0.0
	for seed := range uint64(10) {
		var p planted
		for one := plant(seed, 1, latin); p.seconds < 3600; {
			for _, s := range one.said {
				words := strings.Fields(s.Text)
				rand.New(rand.NewPCG(seed, uint64(len(p.said)))).Shuffle(len(words), func(a, b int) { words[a], words[b] = words[b], words[a] })
				p.said = append(p.said, Said{p.seconds + s.Start, p.seconds + s.End, strings.Join(words, " ")})
			}
			p.seconds += one.seconds
		}
		extra += len(FromTopics(p.said, "", LeastTopic, p.seconds)) - 1
		hours += p.seconds / 3600
	}
	t.Logf("%d chapters too many in %.1f h", extra, hours)
	if float64(extra) > hours {
		t.Errorf("%d chapters too many in %.1f h", extra, hours)
	}
}

// unspaced is a transcript of two topics of four minutes in a script that has no
// space between words: each has words of its own, and both have common ones.
func unspaced(first, second, common []string, glue string) []Said {
	rnd := rand.New(rand.NewPCG(3, 3))
	var list []Said
	for at := 0.0; at < 480; at += 5 {
		own := first
		if at >= 240 {
			own = second
		}
		var words []string
		for range 4 {
			words = append(words, common[rnd.IntN(len(common))], own[rnd.IntN(len(own))])
		}
		list = append(list, Said{at, at + 5, strings.Join(words, glue)})
	}
	return list
}

func TestTopicsOfScripts(t *testing.T) {
	for _, tt := range []struct {
		name                  string
		first, second, common []string
		glue                  string
	}{
		{"Chinese", []string{"音乐", "吉他", "演唱会", "专辑"}, []string{"足球", "比赛", "守门员", "联赛"}, []string{"我们", "这个", "因为", "可以", "非常"}, ""},
		{"Japanese", []string{"音楽", "ギター", "演奏会"}, []string{"料理", "野菜", "レストラン"}, []string{"私たちは", "これが", "とても", "そして"}, "を"},
		{"Korean", []string{"음악은", "음악을", "기타가", "공연에서"}, []string{"축구는", "축구를", "경기가", "선수들이"}, []string{"우리는", "그래서", "정말", "그리고"}, " "},
		{"Thai", []string{"ดนตรี", "กีตาร์", "คอนเสิร์ต"}, []string{"ฟุตบอล", "ผู้เล่น", "การแข่งขัน"}, []string{"เราก็", "เพราะว่า", "มากมาย"}, ""},
		{"Arabic", []string{"الموسيقى", "الغيتار", "الحفلة"}, []string{"المباراة", "الفريق", "الملعب"}, []string{"نحن", "هذا", "لأن", "جدا"}, " "},
		{"Hindi", []string{"संगीत", "गिटार", "कलाकार"}, []string{"क्रिकेट", "खिलाड़ी", "मैदान"}, []string{"हम", "यह", "लेकिन", "बहुत"}, " "},
		{"Greek", []string{"Μουσική", "κιθάρα", "συναυλία"}, []string{"ποδόσφαιρο", "παίκτης", "γήπεδο"}, []string{"εμείς", "αυτό", "γιατί", "πολύ"}, " "},
	} {
		t.Run(tt.name, func(t *testing.T) {
			list := FromTopics(unspaced(tt.first, tt.second, tt.common, tt.glue), "", LeastTopic, 480)
			if len(list) != 2 || math.Abs(list[1].Start-240) > 15 {
				t.Fatalf("%v", list)
			}
			for i, own := range [][]string{tt.first, tt.second} {
				for _, word := range strings.Split(list[i].Title, ", ") {
					if !slices.ContainsFunc(own, func(w string) bool { return strings.EqualFold(w, word) }) {
						t.Errorf("%q in %q is none of %q", word, list[i].Title, own)
					}
				}
			}
		})
	}
}

func TestTopicNames(t *testing.T) {
	var list []Said
	for at := 0.0; at < 480; at += 4 {
		text := "Und dann haben wir natürlich über die Gärten gesprochen, und die gärten am Fluss."
		if at >= 240 {
			text = "Und dann haben wir natürlich von Łódź erzählt, und Łódź ist schön, sagte Élodie."
		}
		list = append(list, Said{at, at + 4, text})
	}
	if got := FromTopics(list, "de-CH", LeastTopic, 480); len(got) != 2 || got[0].Title != "Gesprochen, Gärten, Fluss" && got[0].Title != "Gärten, gesprochen, Fluss" || !strings.Contains(got[1].Title, "Łódź") {
		t.Errorf("%v", got)
	}
	for _, tt := range []struct {
		name string
		list []Said
		want string
	}{
		{"nothing", nil, "[]"},
		{"no words", []Said{{1, 2, "…"}}, "[{0 Part 1}]"},
		{"a minute", []Said{{1, 20, "Rain and rain again"}, {30, 40, "More rain for the garden, the garden"}}, "[{0 Rain, garden}]"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			if got := fmt.Sprint(FromTopics(tt.list, "en", LeastTopic, 60)); got != tt.want {
				t.Errorf("%s, want %s", got, tt.want)
			}
		})
	}
}

// What is proposed can be read, edited and given back.
func TestWriteText(t *testing.T) {
	p := plant(1, 4, latin)
	list := FromTopics(p.said, "", LeastTopic, p.seconds)
	var b strings.Builder
	if err := WriteText(&b, list, "Edit this."); err != nil || !strings.HasPrefix(b.String(), "# Edit this.\n00:00:00.000 ") {
		t.Fatalf("%v: %s", err, b.String())
	}
	again, _, err := Parse(strings.NewReader(b.String()), p.seconds)
	if err != nil || len(again) != len(list) {
		t.Fatalf("%v, %v", again, err)
	}
	for i := range list {
		if again[i].Title != list[i].Title || math.Abs(again[i].Start-list[i].Start) > 0.001 {
			t.Errorf("%v became %v", list[i], again[i])
		}
	}
}

// FuzzTopics reads any text. What is proposed are chapters.
func FuzzTopics(f *testing.F) {
	f.Add("one two two\nthree four\nfive", 7.5, "en")
	f.Add("音乐音乐吉他\nดนตรีดนตรี\n음악은 음악을\nเเ่่", 90.0, "")
	f.Fuzz(func(t *testing.T, text string, step float64, language string) {
		if !(step >= 0 && step < 1000) || len(text) > 4000 {
			return
		}
		var list []Said
		at := 0.0
		for line := range strings.Lines(text) {
			list = append(list, Said{at, at + step, line})
			at += step
		}
		if got := FromTopics(list, language, LeastTopic, at); len(list) > 0 {
			check(t, "", got, at)
		}
	})
}
