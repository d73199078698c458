package cli

import (
	"cmp"
	"maps"
	"slices"
	"strconv"
	"strings"

	"github.com/spaces-cli/spaces/internal/cli/app"
	"github.com/spaces-cli/spaces/internal/clip/audiogram"
	"github.com/spaces-cli/spaces/internal/settings"
)

// look are the settings of videos as the config file has them by now, by key.
func (a *App) look() map[string]string {
	list := make(map[string]string)
	all, err := a.Folder().Resolve(nil)
	if err != nil {
		return list
	}
	for key, v := range all.ByKey {
		if strings.HasPrefix(key, "video.") {
			list[key] = v.Text
		}
	}
	return list
}

// keepLook saves settings of videos.
func (a *App) keepLook(list map[string]string) error {
	for _, name := range slices.Sorted(maps.Keys(list)) {
		key, ok := settings.Lookup(name)
		if !ok {
			return noSetting(name)
		}
		if _, err := a.Folder().Save(key, list[name]); err != nil {
			return app.SettingError(err)
		}
	}
	return nil
}

// dress fills in what the settings say of videos, with pictures and fonts, where a
// video of the studio says nothing.
func (a *App) dress(c *audiogram.Config) (err error) {
	set := a.look()
	text := func(key string) string { return set["video."+key] }
	c.Shape = cmp.Or(c.Shape, audiogram.Shape(text("shape")))
	c.Look = cmp.Or(c.Look, audiogram.Look(text("look")))
	c.Theme = cmp.Or(c.Theme, audiogram.Theme(text("theme")))
	c.Accent = cmp.Or(c.Accent, text("accent"))
	if n, err := strconv.Atoi(text("size")); err == nil {
		c.Size = cmp.Or(c.Size, n)
	}
	if n, err := strconv.Atoi(text("fps")); err == nil {
		c.FPS = cmp.Or(c.FPS, n)
	}
	for key, into := range map[string]*[]byte{"cover": &c.Cover, "logo": &c.Logo, "background": &c.Background} {
		if file := text(key); file != "" && file != "none" {
			if *into, err = readPicture(a.Folder().Expand(file)); err != nil {
				return err
			}
		}
	}
	c.Address = cmp.Or(c.Address, text("address"))
	if c.EndCard = c.Address != ""; text("end_card") != "" {
		shown, _ := strconv.ParseBool(text("end_card"))
		c.EndCard = shown && (c.Address != "" || len(c.Cover) > 0 || len(c.Logo) > 0)
	}
	if font := text("font"); font != "" {
		c.Fonts, err = a.Letters(a.Folder().Expand(font), "")
	}
	return err
}
