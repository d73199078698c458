package app

import (
	"errors"
	"fmt"

	"github.com/spf13/cobra"

	"github.com/spaces-cli/spaces/internal/charset"
	"github.com/spaces-cli/spaces/internal/library/said"
	"github.com/spaces-cli/spaces/internal/library/transcripts"
	"github.com/spaces-cli/spaces/internal/manual"
	"github.com/spaces-cli/spaces/internal/recording/passage"
	"github.com/spaces-cli/spaces/internal/spell"
	"github.com/spaces-cli/spaces/internal/transcript"
)

// AddEncoding adds the flag that names the encoding of a file.
func AddEncoding(cmd *cobra.Command, encoding *string, of, group string) {
	cmd.Flags().StringVar(encoding, "encoding", "", "`NAME`: encoding of "+of+", such as windows-1252 (default: detect it)")
	manual.Group(cmd.Flags(), group, "encoding")
	Complete(cmd, "encoding", "utf-8", "utf-16", "windows-1252", "shift_jis", "euc-jp", "gb18030", "big5", "euc-kr", "windows-1250", "windows-1251", "koi8-r", "macintosh")
}

// CheckEncoding refuses the name of no encoding, and one of no file.
func CheckEncoding(encoding, file, needs string) error {
	if encoding == "" {
		return nil
	}
	if file == "" {
		return Usage("--encoding needs %s", needs)
	}
	if _, err := charset.Name(encoding); err != nil {
		return Hinted(Usage("--encoding: %w", err), encodings)
	}
	return nil
}

// encodings says which names --encoding takes.
const encodings = "use a name of the IANA, such as utf-16, windows-1252, windows-1251, shift_jis, gb18030 or macintosh"

// IsBadText reports whether an error is about the encoding of a file.
func IsBadText(err error) bool {
	return errors.As(err, new(*charset.Error)) || errors.As(err, new(*charset.MarkError)) || errors.As(err, new(charset.UnknownError))
}

// badText is the failure of a file that cannot be decoded.
func badText(err error) *Failure {
	hint := encodings
	var e *charset.Error
	if errors.As(err, &e) {
		hint = "name the encoding it was saved in, such as --encoding windows-1251; or save it as UTF-8"
		if !e.Unknown && e.Encoding == charset.UTF8 {
			hint = "the file is damaged, or in another encoding: name it, such as --encoding windows-1252; or save it as UTF-8"
		}
	} else if errors.As(err, new(*charset.MarkError)) {
		hint = "leave out --encoding: the file names its own"
	}
	kind := "bad-encoding"
	if errors.As(err, new(*transcript.InvalidError)) {
		kind = "bad-transcript"
	}
	return Fail(ExitUsage, kind, hint, err)
}

// NameEncoding is what to do where a file was read in the wrong encoding.
const NameEncoding = "name its encoding with --encoding"

// WarnDecoded tells that the encoding of a file was found by its bytes. sample is
// text by which a person sees whether it is the right one, otherwise is what to do
// if it is not.
func (a *App) WarnDecoded(name, encoding, sample, otherwise string) {
	if sample != "" {
		sample = fmt.Sprintf(" (“%s”)", sample)
	}
	a.Warn("%s is not UTF-8 and was read as %s%s; if that is wrong, %s", name, encoding, sample, otherwise)
}

// WarnTranscript tells what was changed to read a transcript.
func (a *App) WarnTranscript(name string, notes []transcript.Note) {
	for _, n := range notes {
		if n.Kind == transcript.Decoded {
			a.WarnDecoded(name, n.Encoding, n.Text, NameEncoding)
		} else {
			a.Warn("%s: %s", name, transcriptNote(n))
		}
	}
}

// wordsError gives the errors of what was said their codes and hints, or returns
// nil if it is none of them.
func wordsError(err error) *Failure {
	var several *passage.AmbiguousError
	var missing *passage.MissingError
	var aside *said.AsideError
	switch {
	case errors.As(err, &aside):
		f := Classify(aside.Err)
		restore := "bring the previous transcript back: spaces restore " + aside.Name
		if f.Hint != "" {
			restore = f.Hint + "; then " + restore
		}
		return Fail(f.Code, f.Kind, restore, err)
	case errors.As(err, &several):
		return Fail(ExitUsage, "ambiguous", "add one of these --from and --to, or more of the words; or name who says them: --speaker HANDLE", err)
	case errors.As(err, &missing) && missing.Narrowed:
		return Fail(ExitNotFound, "no-such-words", "look in all of the recording: leave out --from, --to and --speaker", err)
	case errors.As(err, &missing):
		hint := "quote words as the transcript has them"
		if len(missing.Near) > 0 {
			hint += ", or cut one of these places: leave out --quote and add its --at and --end"
		}
		return Fail(ExitNotFound, "no-such-words", hint, err)
	case errors.Is(err, transcripts.ErrNone):
		return Fail(ExitNotFound, "no-transcript", "make one: spaces transcribe SPACE", err)
	case errors.Is(err, transcripts.ErrOther):
		return Fail(ExitFailed, "old-transcript", "make it again: spaces transcribe SPACE", err)
	case errors.Is(err, transcripts.ErrNewer):
		return Fail(ExitFailed, "newer-version", "use the newer version of spaces for this library", err)
	}
	return nil
}

// transcriptNote says what a note of a transcript is about.
func transcriptNote(n transcript.Note) string {
	cues := spell.Count(n.N, "cue")
	that := func(one, many string) string { return spell.Plural(n.N, "cue that "+one, "cues that "+many) }
	what := string(n.Kind)
	switch n.Kind {
	case transcript.Unreadable:
		what = "left out " + spell.Count(n.N, "character") + " that had been lost before the file was written (U+FFFD)"
	case transcript.Folded:
		what = "left out words that " + spell.Plural(n.N, "cue repeats", "cues repeat") + " from the previous one"
	case transcript.Joined:
		what = "joined " + spell.Count(n.N, "cue") + " of one word into lines"
	case transcript.Sorted:
		what = "sorted " + cues + " by time"
	case transcript.Lengthened:
		what = "chose the end of " + that("ends when it begins, before, or never", "end when they begin, before, or never")
	case transcript.CutAtStart:
		what = "cut " + that("begins before the audio", "begin before the audio")
	case transcript.BeforeStart:
		what = "left out " + that("ends before the audio begins", "end before the audio begins")
	case transcript.CutAtEnd:
		what = "cut " + that("ends after the audio", "end after the audio")
	case transcript.PastEnd:
		what = "left out " + that("begins after the end of the audio", "begin after the end of the audio")
	}
	at, sign := n.At, ""
	if at < 0 {
		at, sign = -at, "-"
	}
	first := ", at"
	if n.N > 1 {
		first = ", the first at"
	}
	return fmt.Sprintf("%s%s %s%s “%s”", what, first, sign, spell.Moment(at), n.Text)
}
