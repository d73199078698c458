package cli

import (
	"cmp"
	"errors"
	"strings"

	"github.com/spaces-cli/spaces/internal/cli/app"
	"github.com/spaces-cli/spaces/internal/clip/audiogram"
	"github.com/spaces-cli/spaces/internal/settings"
	"github.com/spaces-cli/spaces/internal/studio"
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

// keepLook saves settings of videos: all of them, or none.
func (a *App) keepLook(list map[string]string) error {
	err := a.Folder().SaveAll(list)
	var value *settings.ValueError
	if errors.As(err, &value) {
		return &studio.LookError{Key: value.Key, Err: value.Err}
	}
	return app.SettingError(err)
}

// dress fills in what the settings say of videos, with pictures and with fonts for
// the language of the captions, where a video of the studio says nothing.
func (a *App) dress(c *audiogram.Config, language string) error {
	all, err := a.Folder().Resolve(nil)
	if err != nil {
		return app.SettingError(err)
	}
	now, err := a.Folder().Settings(all)
	if err != nil {
		return err
	}
	set := &now.Video
	c.Shape = cmp.Or(c.Shape, audiogram.Shape(set.Shape))
	c.Look = cmp.Or(c.Look, audiogram.Look(set.Look))
	c.Theme = cmp.Or(c.Theme, audiogram.Theme(set.Theme))
	c.Accent, c.Size, c.FPS, c.Address = cmp.Or(c.Accent, set.Accent), cmp.Or(c.Size, set.Size), cmp.Or(c.FPS, set.FPS), cmp.Or(c.Address, set.Address)
	for file, into := range map[*string]*[]byte{&set.Cover: &c.Cover, &set.Logo: &c.Logo, &set.Background: &c.Background} {
		if *file != "" {
			if *into, err = readPicture(*file); err != nil {
				return err
			}
		}
	}
	c.Pictures = make(map[string][]byte)
	for handle, file := range set.Pictures {
		if c.Pictures[handle], err = readPicture(file); err != nil {
			return err
		}
	}
	if c.EndCard = c.Address != ""; set.EndCardSet {
		c.EndCard = set.EndCard && (c.Address != "" || len(c.Cover) > 0 || len(c.Logo) > 0)
	}
	if c.Font = now.VideoFont; c.Font != "" {
		c.Fonts, err = a.Letters(c.Font, language)
	}
	return err
}
