package cli

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"regexp"
	"strings"
	"unicode/utf8"

	"github.com/spaces-cli/spaces/internal/consent"
	"github.com/spaces-cli/spaces/internal/publish/post"
	"github.com/spaces-cli/spaces/internal/publish/x"
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
			return hinted(usage("%s wants the id of a post, or its address, not %q", id.flag, *id.text), "it is the number at the end of https://x.com/…/status/1234567890")
		}
	}
	switch {
	case o.settles() && (o.said || o.copy || o.dryRun || o.posted != "" && o.forget):
		return usage("--posted and --forget-attempt say what became of an earlier attempt: give one of them, and the clip")
	case o.settles():
		return nil
	case o.copy && o.dryRun:
		return usage("--copy makes no request that --dry-run could tell")
	case !o.said:
		return hinted(usage("spaces post needs a text"), `--text "…"; --text "" is a post without one`)
	case !utf8.ValidString(o.text) || !utf8.ValidString(o.alt):
		return usage("the text is no UTF-8")
	case !regexp.MustCompile(`^[A-Za-z]{2}$`).MatchString(o.language):
		return usage("--language wants two letters such as en, not %q", o.language)
	}
	if n := x.Weigh(o.text); n > o.limits.Text {
		return &failure{exitUsage, "too-long", "leave something out, or use --copy with a copy of less text", fmt.Errorf("the text counts %d, %d more than X takes", n, n-o.limits.Text)}
	}
	if n := utf8.RuneCountInString(o.alt); n > o.limits.Alt {
		return &failure{exitUsage, "too-long", "leave something out", fmt.Errorf("--alt has %d characters, %d more than X takes", n, n-o.limits.Alt)}
	}
	return nil
}

// open opens the file and takes its hash.
func (o *postOptions) open(ctx context.Context) (err error) {
	o.draft, err = post.Open(ctx, o.file, x.Post{Text: o.text, Alt: o.alt, ReplyTo: o.replyTo, Language: o.language})
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return &failure{exitNotFound, "no-such-file", "make one: spaces video SPACE --at 12:30", err}
	case errors.Is(err, post.ErrNotFile):
		return usage("%w", err)
	}
	return err
}

// inspect compares the file with the limits.
func (o *postOptions) inspect() error {
	err := o.draft.Inspect(o.limits)
	if errors.Is(err, x.ErrNotMP4) {
		return &failure{exitUsage, "not-mp4", "X takes videos only; make one: spaces video SPACE --at 12:30", fmt.Errorf("%s: %w", o.file, err)}
	}
	return err
}

// over returns the error of what X would refuse, or nil.
func (o *postOptions) over() error {
	var list []string
	for _, c := range o.draft.With(x.Over) {
		list = append(list, fmt.Sprintf("%s: %s; X takes %s", c.What, c.Is, c.Limit))
	}
	if list == nil {
		return nil
	}
	return &failure{exitFailed, "limits", "make another: spaces video SPACE --at 12:30 --length 30s", fmt.Errorf("%s is nothing that X takes\n  %s", o.file, strings.Join(list, "\n  "))}
}

// readCaptions reads the captions and writes them as X takes them.
func (o *postOptions) readCaptions() error {
	if o.captions == "" {
		return nil
	}
	f, err := os.Open(o.captions)
	if err != nil {
		return &failure{exitNotFound, "no-such-file", "", err}
	}
	defer f.Close()
	if err := o.draft.SetCaptions(f); err != nil {
		return hinted(usage("%s: %w", o.captions, err), "captions are those of the clip, from its own beginning, not of the Space")
	}
	return nil
}

// may asks whether all who are heard have agreed.
func (o *postOptions) may(ctx context.Context, ask *asker) (err error) {
	o.missing, err = ask.checkAll(ctx, consent.Posting, o.draft.Uses)
	return err
}
