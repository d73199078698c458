package archive

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
)

// A ProblemKind says what sort of thing is wrong. The words are stable; they
// appear in JSON.
type ProblemKind string

// What Open refuses.
const (
	NotFound           ProblemKind = "not-found"
	NoPermission       ProblemKind = "no-permission"
	NotAnArchive       ProblemKind = "not-an-archive"      // something else altogether
	NotAnXArchive      ProblemKind = "not-an-x-archive"    // a ZIP or folder of other things
	EmptyFile          ProblemKind = "empty-file"          // zero bytes
	EmptyArchive       ProblemKind = "empty-archive"       // a ZIP or folder without members
	IncompleteDownload ProblemKind = "incomplete-download" // a ZIP without its central directory
	DamagedZIP         ProblemKind = "damaged-zip"         // its central directory cannot be read
	NestedZIP          ProblemKind = "nested-zip"          // in a ZIP, and compressed there
)

// What is wrong with one member; the rest of the archive is read.
const (
	Encrypted          ProblemKind = "encrypted"
	Deflate64          ProblemKind = "deflate64"
	UnknownCompression ProblemKind = "unknown-compression"
	BadCRC             ProblemKind = "bad-crc"
	CutMember          ProblemKind = "cut-member"     // ends before its declared size
	DamagedMember      ProblemKind = "damaged-member" // cannot be unpacked
	TooBig             ProblemKind = "too-big"        // longer than declared, or a ZIP bomb
	EmptyMember        ProblemKind = "empty-member"
	Unreadable         ProblemKind = "unreadable" // reading it fails
	Gone               ProblemKind = "gone"       // removed since it was listed
	Symlink            ProblemKind = "symlink"
	OddName            ProblemKind = "odd-name"
	DamagedName        ProblemKind = "damaged-name" // not what the member itself says
	NotTaken           ProblemKind = "not-taken"    // sound where none of a Space lies
	DuplicateMember    ProblemKind = "duplicate-member"
)

// What is wrong with the content of a data file, or the archive as a whole.
const (
	BadJSON         ProblemKind = "bad-json"
	CutJSON         ProblemKind = "cut-json"
	BadText         ProblemKind = "bad-text" // characters had to be replaced
	OddRecord       ProblemKind = "odd-record"
	DuplicateRecord ProblemKind = "duplicate-record"
	PartialArchive  ProblemKind = "partial-archive" // X split it: there are more ZIPs
	SeveralArchives ProblemKind = "several-archives"
	TooMany         ProblemKind = "too-many"      // recordings, or files: the rest was not read
	MoreProblems    ProblemKind = "more-problems" // how many are not told one by one
)

// A Problem is something that is wrong with an archive, told in words for its
// owner. It is an error where it ends something.
type Problem struct {
	Kind    ProblemKind
	Subject string // the file, member or Space it is about, safe to show
	Message string // what happened
	Hint    string // what to do next, or ""
	Err     error  // the cause, or nil
	// Away says that the archive is not to blame, but the server that it lies on
	// or the way there: another run may find it whole.
	Away bool
}

func (p *Problem) Error() string {
	if p.Subject == "" {
		return p.Message
	}
	return p.Subject + ": " + p.Message
}

func (p *Problem) Unwrap() error { return p.Err }

// A Warn is told of problems that end nothing. It may be nil.
type Warn func(Problem)

func (w Warn) problem(kind ProblemKind, subject, format string, args ...any) {
	if w != nil {
		w(Problem{Kind: kind, Subject: subject, Message: fmt.Sprintf(format, args...)})
	}
}

// A tally keeps the first maxProblems of one listing, and counts the others.
type tally struct {
	kept []Problem
	more int
}

func (t *tally) add(p Problem) {
	if len(t.kept) < maxProblems {
		t.kept = append(t.kept, p)
	} else {
		t.more++
	}
}

// list returns what was kept, and how many more there are in subject.
func (t *tally) list(subject string) []Problem {
	if t.more == 0 {
		return t.kept
	}
	return append(t.kept, Problem{Kind: MoreProblems, Subject: subject,
		Message: fmt.Sprintf("%d more problems were found; only the first %d are listed", t.more, maxProblems),
		Hint:    "fix the listed problems and run the command again"})
}

// report tells w of err, unless err is the end of the context: that it
// returns.
func (w Warn) report(err error, subject string) error {
	if errors.Is(err, context.Canceled) || errors.Is(err, context.DeadlineExceeded) {
		return err
	}
	if w == nil {
		return nil
	}
	var p *Problem
	if !errors.As(err, &p) {
		p = fileProblem(err, subject)
	}
	w(*p)
	return nil
}

// fileProblem says why the operating system refuses a file.
func fileProblem(err error, subject string) *Problem {
	p := &Problem{Kind: Unreadable, Subject: subject, Err: err}
	var pathErr *fs.PathError
	cause := err
	if errors.As(err, &pathErr) {
		cause = pathErr.Err
	}
	switch {
	case errors.Is(err, fs.ErrNotExist):
		p.Kind = NotFound
		p.Message = "no such file or folder"
	case errors.Is(err, fs.ErrPermission):
		p.Kind = NoPermission
		p.Message = "permission denied"
		p.Hint = "change its permissions, or copy it to a folder you own"
	default:
		p.Message = fmt.Sprintf("cannot be read: %v", cause)
	}
	return p
}

// byteCount writes n the way download managers do.
func byteCount(n int64) string {
	switch {
	case n < 1000:
		return fmt.Sprintf("%d bytes", n)
	case n < 1000_000:
		return fmt.Sprintf("%.1f kB", float64(n)/1e3)
	case n < 1000_000_000:
		return fmt.Sprintf("%.1f MB", float64(n)/1e6)
	default:
		return fmt.Sprintf("%.1f GB", float64(n)/1e9)
	}
}
