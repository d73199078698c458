package named

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/spaces-cli/spaces/internal/publish"
	"github.com/spaces-cli/spaces/internal/publish/all"
	"github.com/spaces-cli/spaces/internal/settings"
)

// Ask fills in a draft from answers: the kind of the target, where it is, who
// can read it. What known says is set already is not asked, by keys of settings.
func (d *Draft) Ask(home string, known func(key string) bool, say func(line string), ask func(publish.Question) (string, error)) error {
	kinds := all.Backends()
	say("Where do you want to upload to?")
	for i, b := range kinds {
		say(fmt.Sprintf("  %d  %s", i+1, b.About))
	}
	text, err := ask(publish.Question{Text: fmt.Sprintf("Enter a number from 1 to %d", len(kinds))})
	if err != nil {
		return err
	}
	n, err := strconv.Atoi(text)
	if err != nil || n < 1 || n > len(kinds) {
		return &Error{d.Name, fmt.Errorf("the answer must be a number from 1 to %d, not %q", len(kinds), text)}
	}
	b := kinds[n-1]
	answers := make(map[string]string)
	for _, q := range b.Asked {
		setting := slices.ContainsFunc(b.Flags, func(f publish.Flag) bool { return f.Key == q.Key })
		if setting && known(q.Key) {
			continue
		}
		text, err := ask(q)
		switch {
		case err != nil:
			return err
		case !setting:
			answers[q.Key] = text
		case text != "":
			d.Own = append(d.Own, settings.Setting{Key: q.Key, Value: text})
		}
	}
	u, err := b.URL(answers, home)
	if err != nil {
		return &Error{d.Name, err}
	}
	d.URL = u.String()
	if d.Access == "" && !b.Public {
		text, err := ask(publish.Question{Text: "Can everybody read the files? [y/N]", Optional: true})
		if err != nil {
			return err
		}
		d.Access = "private"
		if strings.EqualFold(text, "y") || strings.EqualFold(text, "yes") {
			d.Access = "public"
		}
	}
	if d.BaseURL == "" && d.Access == "public" {
		d.BaseURL, err = ask(publish.Question{Text: "Public web address of the folder (empty: unknown)", Optional: true})
	}
	return err
}
