package publishing

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"regexp"
	"strings"
	"unicode/utf8"

	"golang.org/x/text/language"

	"github.com/spaces-cli/spaces/internal/cli/app"
	"github.com/spaces-cli/spaces/internal/consent"
	"github.com/spaces-cli/spaces/internal/library"
	"github.com/spaces-cli/spaces/internal/publish/post"
	"github.com/spaces-cli/spaces/internal/publish/x"
	"github.com/spaces-cli/spaces/internal/transcript"
)

// check looks at what needs no file.
func (o *postOptions) check() error {
	for _, id := range []struct {
		flag string
		text *string
	}{{"--reply-to", &o.replyTo}, {"--posted", &o.posted}} {
		if *id.text == "" {
			continue
		}
		var ok bool
		if *id.text, ok = post.ID(*id.text); !ok {
			return app.Hinted(app.Usage("%s must be the ID or URL of a post, not %q", id.flag, *id.text), "the ID is the number at the end of https://x.com/…/status/1234567890")
		}
	}
	switch {
	case o.settles() && (o.said || o.copy || o.dryRun || o.posted != "" && o.forget):
		return app.Usage("--posted and --forget-attempt report an earlier attempt: give one of them, and the clip")
	case o.settles():
		return nil
	case o.copy && o.dryRun:
		return app.Usage("--copy cannot be combined with --dry-run")
	case !o.said:
		return app.Hinted(app.Usage("spaces post needs a text"), `--text "…", or --text "" for a post without text`)
	case !utf8.ValidString(o.text) || !utf8.ValidString(o.alt):
		return app.Usage("the text is not valid UTF-8")
	case o.language != "" && !regexp.MustCompile(`^[A-Za-z]{2}$`).MatchString(o.language):
		return app.Usage("--language must be two letters such as en, not %q", o.language)
	}
	if n := x.Weigh(o.text); n > o.limits.Text {
		return app.Fail(app.ExitUsage, "too-long", "shorten the text", fmt.Errorf("--text counts %d characters, %d more than X accepts", n, n-o.limits.Text))
	}
	if n := utf8.RuneCountInString(o.alt); n > o.limits.Alt {
		return app.Fail(app.ExitUsage, "too-long", "shorten it", fmt.Errorf("--alt has %d characters, %d more than X accepts", n, n-o.limits.Alt))
	}
	return nil
}

// open opens the file and takes its hash.
func (o *postOptions) open(ctx context.Context) (err error) {
	o.draft, err = post.Open(ctx, o.file, x.Post{Text: o.text, Alt: o.alt, ReplyTo: o.replyTo, Language: o.language})
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return app.Fail(app.ExitNotFound, "no-such-file", "make one: spaces video SPACE --at 12:30", err)
	case errors.Is(err, post.ErrNotFile):
		return app.Usage("%w", err)
	}
	return err
}

// inspect compares the file with the limits.
func (o *postOptions) inspect() error {
	err := o.draft.Inspect(o.limits)
	if errors.Is(err, x.ErrNotMP4) {
		return app.Fail(app.ExitUsage, "not-mp4", "X accepts only video; make one: spaces video SPACE --at 12:30", fmt.Errorf("%s: %w", o.file, err))
	}
	return err
}

// over returns the error of what X would refuse, or nil.
func (o *postOptions) over() error {
	var list []string
	for _, c := range o.draft.With(x.Over) {
		list = append(list, fmt.Sprintf("%s: %s; the limit is %s", c.What, c.Is, c.Limit))
	}
	if list == nil {
		return nil
	}
	//lint:ignore ST1005 X is a name
	return app.Fail(app.ExitFailed, "limits", "make another clip: spaces video SPACE --at 12:30 --length 30s", fmt.Errorf("X would reject %s:\n  %s", o.file, strings.Join(list, "\n  ")))
}

// readCaptions reads the captions and writes them as X takes them: those of the
// file that was named, or else those that were written beside the clip.
func (o *postOptions) readCaptions(ctx context.Context, a *App, lib *library.Library) error {
	name := o.captions
	switch name {
	case noCaptions:
		return nil
	case "":
		var tag string
		var err error
		if name, tag, err = o.draft.OwnCaptions(ctx, lib); err != nil || name == "" {
			return err
		}
		if o.language == "" {
			if o.language = twoLetters(tag); o.language == "" {
				a.Warn("the captions beside the clip (%s) are not posted: their language is unknown (name it with --language)", a.Shorten(name))
				return nil
			}
			o.draft.Post.Language = o.language
		}
	}
	f, err := os.Open(name)
	if err != nil {
		return app.Fail(app.ExitNotFound, "no-such-file", "", err)
	}
	defer f.Close()
	notes, err := o.draft.SetCaptions(f, transcript.Options{Encoding: o.encoding})
	if app.IsBadText(err) {
		return fmt.Errorf("%s: %w", name, err)
	}
	if err != nil {
		return app.Hinted(app.Usage("%s: %w", name, err), "the captions must be of the clip, with times from its beginning")
	}
	if o.draft.Post.Language == "" {
		o.draft.Post.Language = defaultLanguage
	}
	a.WarnTranscript(name, notes)
	return nil
}

const (
	// noCaptions is the value of --captions that leaves out those beside the clip.
	noCaptions = "none"
	// defaultLanguage is that of captions of which nothing tells another one.
	defaultLanguage = "en"
)

// twoLetters returns the language of a code such as pt-BR as X takes it, or "" if
// it has no code of two letters.
func twoLetters(code string) string {
	tag, err := language.Parse(code)
	if err != nil {
		return ""
	}
	base, confidence := tag.Base()
	if confidence == language.No || len(base.String()) != 2 {
		return ""
	}
	return base.String()
}

// may asks whether all who are heard have agreed.
func (o *postOptions) may(ctx context.Context, ask *app.Asker) (err error) {
	o.missing, err = ask.AskAll(ctx, consent.Posting, o.draft.Uses)
	return err
}
