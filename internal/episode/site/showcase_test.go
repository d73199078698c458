package site

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"image"
	"image/color"
	"image/jpeg"
	"math"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/spaces-cli/spaces/internal/clip"
	"github.com/spaces-cli/spaces/internal/episode"
	"github.com/spaces-cli/spaces/internal/episode/feed"
	"github.com/spaces-cli/spaces/internal/library"
	"github.com/spaces-cli/spaces/internal/library/layout"
	"github.com/spaces-cli/spaces/internal/library/space"
	"github.com/spaces-cli/spaces/internal/media/format"
	"github.com/spaces-cli/spaces/internal/media/peaks"
)

// A showcase is a show to look at.
type showcase struct {
	language, title, about string
	names                  [3]string // of people
	titles                 []string  // of episodes
	chapters               []string
	sentences              []string
	seconds, episodes      int
	cover                  bool
}

func english() showcase {
	return showcase{
		language: "en-GB", title: "Open Mic & Friends", about: "Conversations from X Spaces about the web that we want: open formats, people who keep archives, and everybody who has to live with what we build.\n\nEvery Monday, recorded live.",
		names: [3]string{"Ann Höst", "Bob Guest", "Cleo Marsh"},
		titles: []string{"Why archives matter, and who pays for them", "The feed is the product", "Office hours: ask us anything about RSS, and about why your favourite app still gets the length of an enclosure wrong after twenty years",
			"Live from the library", "What X keeps of your Spaces"},
		chapters:  []string{"Welcome", "Who keeps what we said?", "Paper outlives servers", "Questions from the audience", "What to do on Monday"},
		sentences: []string{"Good evening, and welcome to all of you who have come back for another Monday.", "I think that people keep what they can find again, and lose the rest without noticing it.", "In Łódź we walk the Straße, and meet İrem at the café.", "An archive is a promise to somebody whom you will never meet.", "Then who pays for the disks?", "Nobody does, until the day on which somebody asks for a copy."},
		seconds:   1500, episodes: 5, cover: true,
	}
}

func japanese() showcase {
	s := english()
	s.language, s.title, s.about = "ja", "月曜のスペース：声のアーカイブ", "Xのスペースで行った会話を、ポッドキャストとして残します。\n\n毎週月曜日に収録しています。"
	s.names = [3]string{"山田花子", "佐藤健", "鈴木あおい"}
	s.titles = []string{"なぜ声を残すのか──アーカイブと費用の話", "フィードこそが製品である", "質問コーナー：RSSについて何でも聞いてください。二十年たってもまだ間違えられているenclosureの長さについても"}
	s.chapters = []string{"はじめに", "誰が残すのか", "紙はサーバーより長生きする", "会場からの質問"}
	s.sentences = []string{"こんばんは、今週もお集まりいただきありがとうございます。", "見つけられるものだけが残っていくのだと思います。", "アーカイブとは、会うことのない誰かへの約束です。"}
	s.episodes = 3
	return s
}

func french() showcase {
	s := english()
	s.language, s.title, s.about = "fr-CA", "Micro ouvert et compagnie", "Des conversations tirées des Spaces de X, sur le web que nous voulons : des formats ouverts, des gens qui gardent des archives, et tous ceux qui doivent vivre avec ce que nous construisons.\n\nChaque lundi, en direct."
	s.titles = []string{"Pourquoi les archives comptent, et qui les paie", "Le flux, c’est le produit", "Permanence : posez-nous toutes vos questions sur le RSS"}
	s.chapters = []string{"Bienvenue", "Qui garde ce que nous avons dit ?", "Le papier survit aux serveurs", "Questions du public"}
	s.sentences = []string{"Bonsoir et bienvenue à toutes et à tous.", "On garde ce que l’on retrouve, et l’on perd le reste sans s’en apercevoir.", "Une archive est une promesse faite à quelqu’un que l’on ne rencontrera jamais."}
	s.episodes = 3
	return s
}

func arabic() showcase {
	s := english()
	s.language, s.title, s.about = "ar", "مساحات الاثنين: أرشيف الأصوات", "أحاديث من مساحات X عن الويب المفتوح وعن الذين يحفظون ما يقال.\n\nكل يوم اثنين."
	s.names = [3]string{"ليلى حداد", "كريم منصور", "سارة نصار"}
	s.titles = []string{"لماذا نحفظ الأصوات ومن يدفع ثمن ذلك؟", "الخلاصة هي المنتج", "أسئلة الجمهور حول RSS والبودكاست"}
	s.chapters = []string{"مقدمة", "من يحفظ ما قلناه؟", "الورق أطول عمرا من الخوادم", "أسئلة"}
	s.sentences = []string{"مساء الخير وأهلا بكم جميعا في هذا اللقاء الجديد.", "أظن أن الناس يحفظون ما يستطيعون العثور عليه مرة أخرى.", "الأرشيف وعد لشخص لن تلتقي به أبدا."}
	s.episodes = 3
	return s
}

// show is the show.
func (c showcase) show() *feed.Show {
	s := &feed.Show{Title: c.title, Description: c.about, BaseURL: "https://example.com/show/", Author: c.names[0], Language: c.language, Copyright: "© 2026 " + c.names[0],
		Places: feed.Places{Apple: "https://podcasts.apple.com/gb/podcast/open-mic/id1234567890"},
		People: []feed.Person{{Handle: "hostess", Name: c.names[0]}, {Handle: "guest1", Name: c.names[1]}, {Handle: "cohost", Name: c.names[2], URL: "https://example.com/cleo"}}}
	s.Complete()
	return s
}

// put writes the library of the show.
func (c showcase) put(t *testing.T) (*os.Root, *feed.Show) {
	t.Helper()
	lib, err := os.OpenRoot(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { lib.Close() })
	s := c.show()
	if c.cover {
		s.Cover = "cover-01234567.jpg"
		write(t, lib, layout.Feed+"/"+s.Cover, coverPicture(t))
	}
	for i := range c.episodes {
		c.episode(t, lib, i)
	}
	return lib, s
}

func (c showcase) episode(t *testing.T, lib *os.Root, i int) {
	t.Helper()
	r := rand.New(rand.NewPCG(1, uint64(i)))
	id := fmt.Sprintf("1showcase%04d", i)
	date := time.Date(2026, 11, 30, 18, 0, 0, 0, time.UTC).AddDate(0, 0, -7*i)
	rec := record(id, fmt.Sprintf("%s-%d.wav", date.Format("2006-01-02"), i), date)
	rec.Title, rec.Duration = c.titles[i%len(c.titles)], float64(c.seconds)
	rec.Description = strings.Join(c.sentences[:min(3, len(c.sentences))], " ") + "\n\n" + c.sentences[0]
	rec.Host = &space.Person{Handle: "hostess"}
	rec.Speakers = []space.Speaker{{Handle: "hostess", Role: "host"}, {Handle: "cohost", Role: "co-host"}, {Handle: "guest1", Role: "speaker"}}
	rec.Kept = []episode.Kept{{Start: 0, Seconds: rec.Duration}}
	rec.Source = []episode.Original{{SHA256: id}}
	rec.TranscriptSpeakers = episode.SpeakersConfirmed
	for j, title := range c.chapters {
		rec.Chapters = append(rec.Chapters, episode.Chapter{Start: float64(j * c.seconds / len(c.chapters)), Title: title})
	}
	name := strings.TrimSuffix(rec.File, ".wav")
	rec.Transcripts = []string{name + ".vtt", name + ".transcript.json"}
	folder := fmt.Sprintf("%s x [%s]", date.Format("2006-01-02"), id)
	sidecar := put(t, lib, folder, rec)
	audio := silence(c.seconds)
	write(t, lib, filepath.ToSlash(filepath.Dir(sidecar))+"/"+rec.File, audio)
	rec.Bytes, rec.SHA256 = int64(len(audio)), sumOf(audio)
	writeJSON(t, lib, sidecar, rec)

	var turns []space.Turn
	type segment struct {
		Speaker string  `json:"speaker"`
		Start   float64 `json:"startTime"`
		End     float64 `json:"endTime"`
		Body    string  `json:"body"`
	}
	var said []segment
	handles := []string{"hostess", "guest1", "cohost"}
	for at, n := 2.0, 0; at < rec.Duration-20; n++ {
		length := 8 + 40*r.Float64()
		who := handles[r.IntN(3)]
		turns = append(turns, space.Turn{Handle: who, Start: at, End: min(at+length, rec.Duration)})
		for from := at; from < at+length-4; from += 7 {
			said = append(said, segment{"@" + who, from, from + 6, c.sentences[r.IntN(len(c.sentences))]})
		}
		at += length + 0.5
	}
	dir := filepath.ToSlash(filepath.Dir(filepath.Dir(sidecar)))
	b, err := json.Marshal(map[string]any{"version": "1.0.0", "segments": said})
	if err != nil {
		t.Fatal(err)
	}
	write(t, lib, dir+"/episodes/"+name+".transcript.json", b)
	writeJSON(t, lib, layout.ConfirmedOf(id), map[string]any{"schema": 1, "method": library.ByHost, "turns": turns, "pieces": []string{id}})
	writeJSON(t, lib, layout.MeasurementIn(dir), library.Measurement{Schema: 1, Version: 1, Pieces: []string{id}})
	write(t, lib, layout.PeaksIn(dir), speech(t, r, c.seconds, turns))
	for j, at := range []float64{61, 400, 1010} {
		if int(at)+30 > c.seconds {
			continue
		}
		p := clip.Provenance{Schema: clip.Schema, Recording: id, Title: rec.Title, File: fmt.Sprintf("clip%d.wav", j), Format: format.WAV, At: at, Length: 28, Samples: 28 * 8000, Rate: 8000,
			Settings: clip.Settings{Title: c.titles[(i+j+1)%len(c.titles)]}}
		sound := silence(28)
		p.Bytes, p.SHA256 = int64(len(sound)), sumOf(sound)
		write(t, lib, dir+"/clips/"+p.File, sound)
		writeJSON(t, lib, dir+"/clips/"+p.File+".json", p)
	}
}

// speech are the peaks of somebody who speaks in turns.
func speech(t *testing.T, r *rand.Rand, seconds int, turns []space.Turn) []byte {
	t.Helper()
	var b bytes.Buffer
	const rate = 1000
	w, err := peaks.NewWriter(&b, peaks.Config{SampleRate: rate, Channels: 1, Mix: true})
	if err != nil {
		t.Fatal(err)
	}
	block := make([]float32, rate/10)
	loud := map[string]float64{"hostess": 0.55, "guest1": 0.35, "cohost": 0.45}
	for i := range seconds * 10 {
		at, level := float64(i)/10, 0.01
		for _, turn := range turns {
			if turn.Start <= at && at < turn.End {
				level = loud[turn.Handle] * (0.25 + 0.75*math.Abs(math.Sin(at*0.9))) * (0.4 + 0.6*r.Float64())
			}
		}
		for j := range block {
			block[j] = float32(level * (2*r.Float64() - 1))
		}
		if err := w.Write(block); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// coverPicture is a cover of some colour.
func coverPicture(t *testing.T) []byte {
	t.Helper()
	const size = 1400
	m := image.NewRGBA(image.Rect(0, 0, size, size))
	for y := range size {
		for x := range size {
			c := color.RGBA{uint8(24 + y/40), uint8(28 + x/40), 74, 255}
			dx, dy := x-700, y-760
			switch d := dx*dx + dy*dy; {
			case d < 230*230:
				c = color.RGBA{255, 122, 69, 255}
			case d < 330*330 && d > 300*300, d < 440*440 && d > 410*410, d < 550*550 && d > 520*520:
				c = color.RGBA{255, 170, 110, 255}
			}
			m.SetRGBA(x, y, c)
		}
	}
	var b bytes.Buffer
	if err := jpeg.Encode(&b, m, nil); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// everyClip lets every clip have a page.
func everyClip(context.Context, *feed.Episode, *clip.Provenance) (bool, error) { return true, nil }

// TestShowcase writes sites to look at, into the folder that SITE_SHOWCASE names.
func TestShowcase(t *testing.T) {
	dir := os.Getenv("SITE_SHOWCASE")
	if dir == "" {
		t.Skip("SITE_SHOWCASE names no folder")
	}
	many, bare := english(), english()
	many.episodes, many.seconds = 60, 200
	bare.cover, bare.episodes, bare.chapters, bare.about = false, 1, nil, ""
	for name, c := range map[string]showcase{"en": english(), "ja": japanese(), "fr": french(), "ar": arabic(), "many": many, "bare": bare} {
		lib, s := c.put(t)
		folder := filepath.Join(dir, name)
		if err := os.MkdirAll(folder, 0o755); err != nil {
			t.Fatal(err)
		}
		out, err := os.OpenRoot(folder)
		if err != nil {
			t.Fatal(err)
		}
		defer out.Close()
		if _, err := feed.Build(t.Context(), lib, out, s, feed.Options{Site: New(Options{Clip: everyClip})}); err != nil {
			t.Fatal(err)
		}
	}
}
