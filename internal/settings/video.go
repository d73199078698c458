package settings

import (
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"github.com/spaces-cli/spaces/internal/consent"
)

// Video is how videos look unless a flag says something else, so that those of a
// show look the same every week. "" and 0 are the defaults.
type Video struct {
	Shape, Look, Theme, Accent string
	Size, FPS                  int
	Cover, Logo, Background    string            // paths of files
	Pictures                   map[string]string // of speakers: files by handle in lower case
	Address                    string
	Speakers                   bool
	EndCard                    bool
	EndCardSet                 bool // EndCard is not the default
}

// The keys of videos.
const (
	videoShapeKey      = "video.shape"
	videoSizeKey       = "video.size"
	videoLookKey       = "video.look"
	videoThemeKey      = "video.theme"
	videoAccentKey     = "video.accent"
	videoFPSKey        = "video.fps"
	videoCoverKey      = "video.cover"
	videoLogoKey       = "video.logo"
	videoBackgroundKey = "video.background"
	videoPicturesKey   = "video.pictures"
	videoSpeakersKey   = "video.speakers"
	videoEndCardKey    = "video.end_card"
	videoAddressKey    = "video.address"
)

// Values of settings of videos. The first of each is the default.
func VideoShapes() []string { return []string{"wide", "square", "portrait", "tall"} }
func VideoSizes() []string  { return []string{"720", "1080"} }
func VideoLooks() []string  { return []string{"clean", "bold", "card"} }
func VideoThemes() []string { return []string{"dark", "light"} }
func VideoRates() []string  { return []string{"25", "30", "60"} }

func videoKeys() []Key {
	word := func(name, about string, words []string, text bool) Key {
		last := len(words) - 1
		either := strings.Join(words[:last], ", ") + " or " + words[last]
		return Key{Name: name, About: about + ": " + either, preset: words[0], text: text, check: func(text string) error {
			return must(slices.Contains(words, text), either, text)
		}}
	}
	file := func(name, about string) Key {
		return Key{Name: name, About: about + " (none: no file)", text: true, path: true, check: anything}
	}
	return []Key{
		word(videoShapeKey, "shape of videos", VideoShapes(), true),
		word(videoSizeKey, "pixels of the shorter side of videos", VideoSizes(), false),
		word(videoLookKey, "look of videos", VideoLooks(), true),
		word(videoThemeKey, "theme of videos", VideoThemes(), true),
		{Name: videoAccentKey, About: "colour that those of videos are made from, such as #1d9bf0", text: true, check: aColour},
		word(videoFPSKey, "pictures per second of videos", VideoRates(), false),
		file(videoCoverKey, "JPEG or PNG beside the title of videos"),
		file(videoLogoKey, "JPEG or PNG in a corner of videos"),
		file(videoBackgroundKey, "JPEG or PNG behind videos"),
		{Name: videoPicturesKey, About: "pictures of speakers as @handle=file, separated by commas", text: true, many: true, files: true, check: somePictures},
		{Name: videoSpeakersKey, About: "show in videos who speaks, where you have confirmed it", preset: "false", check: aSwitch},
		{Name: videoAddressKey, About: "address on the card at the end of videos, such as example.com/show", text: true, check: anything},
		{Name: videoEndCardKey, About: "card at the end of videos (default: if there is an address)", check: aSwitch},
	}
}

// video reads the values of the keys.
func (f Folder) video(v *Values) Video {
	text := func(key string) string { return v.ByKey[key].Text }
	s := Video{
		Shape: text(videoShapeKey), Look: text(videoLookKey), Theme: text(videoThemeKey), Accent: text(videoAccentKey),
		Cover: f.file(text(videoCoverKey)), Logo: f.file(text(videoLogoKey)), Background: f.file(text(videoBackgroundKey)),
		Address: text(videoAddressKey), Pictures: make(map[string]string),
	}
	s.Size, _ = strconv.Atoi(text(videoSizeKey))
	s.FPS, _ = strconv.Atoi(text(videoFPSKey))
	s.Speakers, _ = strconv.ParseBool(text(videoSpeakersKey))
	s.EndCardSet = text(videoEndCardKey) != ""
	s.EndCard, _ = strconv.ParseBool(text(videoEndCardKey))
	for _, p := range pictures(text(videoPicturesKey)) {
		s.Pictures[p.handle] = f.file(p.file)
	}
	return s
}

// file is a path, or "" for none.
func (f Folder) file(path string) string {
	if path == "none" {
		return ""
	}
	return f.Expand(path)
}

// A picture is that of a speaker.
type picture struct{ handle, file string }

// pictures reads a list such as "@ann=ann.jpg, bob=bob.png".
func pictures(text string) (list []picture) {
	for part := range strings.SplitSeq(text, ",") {
		if handle, file, ok := strings.Cut(part, "="); ok {
			list = append(list, picture{strings.ToLower(strings.TrimPrefix(strings.TrimSpace(handle), "@")), strings.TrimSpace(file)})
		}
	}
	return list
}

// absolutePictures is such a list with the folders of its files.
func absolutePictures(text string) (string, error) {
	var parts []string
	for _, p := range pictures(text) {
		if !strings.HasPrefix(p.file, "~") {
			abs, err := filepath.Abs(p.file)
			if err != nil {
				return "", err
			}
			p.file = abs
		}
		parts = append(parts, "@"+p.handle+"="+p.file)
	}
	return strings.Join(parts, ", "), nil
}

func somePictures(text string) error {
	list := pictures(text)
	ok := text == "" || len(list) == strings.Count(text, ",")+1
	for _, p := range list {
		ok = ok && consent.IsHandle(p.handle) && p.file != ""
	}
	return must(ok, "pictures such as @ann=ann.jpg, separated by commas", text)
}

func aColour(text string) error {
	digits := strings.TrimPrefix(text, "#")
	_, err := strconv.ParseUint(digits, 16, 24)
	return must(text == "" || err == nil && len(digits) == 6, "a colour such as #1d9bf0", text)
}
