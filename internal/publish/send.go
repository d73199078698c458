package publish

import (
	"cmp"
	"context"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"net/http"
	"net/url"
	"os"
	"slices"
	"strings"
	"time"

	"github.com/spaces-cli/spaces/internal/publish/wire"
)

// A Sender sends items to a target.
type Sender struct {
	Target  Target
	Name    string   // of the target in the settings, or ""
	Library *os.Root // keeps journal and receipts
	// BaseURL is where everybody finds what lies at the target's root, or "".
	BaseURL string
	Public  bool
	Force   bool // overwrite what differs
	Full    bool // read everything back
	Jobs    int  // how many requests at a time
	// Wait is how long to wait for another run that sends the same object.
	Wait    time.Duration
	Version string
	Now     func() time.Time
	// Events, if set, is told of what happens, by one goroutine at a time but
	// for Progress.
	Events Events
}

// Events are told how sending gets on.
type Events interface {
	Start(it *Item, bytes int64)               // reading and comparing begins
	Progress(it *Item, sent, kept int64)       // so many bytes more; from several goroutines
	End(it *Item, outcome Outcome, err error)  // err goes with Failed and Held
	Again(it *Item, err error)                 // what arrived was not what was sent; it is sent anew
	Planned(it *Item, bytes int64, l []string) // instead of all others, of Plan
}

// An Outcome is what became of an item.
type Outcome struct {
	Status   Status
	Bytes    int64
	Verified []string // what was compared by this run; see Receipt
	Receipt  *Receipt // of Sent and Present: the latest
}

// A Status is what became of an item, in a word. The words appear in JSON.
type Status string

const (
	Sent    Status = "sent"
	Present Status = "there" // it was there already, and equal
	Failed  Status = "failed"
	Held    Status = "held" // not sent because of others
)

// Summary counts what a run did.
type Summary struct {
	Sent, Present, Failed, Held int
	Bytes                       int64 // of what was sent or there
}

// ErrHeld means that an item was not sent because others before it failed.
var ErrHeld = errors.New("not sent, because a file it links to was not sent")

// ErrStopped means that an item was not tried because the one before it failed
// for a reason that holds for all.
var ErrStopped = errors.New("not tried")

// Check finds what makes items impossible to send: names that are none, or that
// two of them have.
func Check(items []*Item) error {
	seen := make(map[string]string)
	for _, it := range items {
		if err := CheckName(it.Name); err != nil {
			return err
		}
		if other, ok := seen[it.Name]; ok {
			return fmt.Errorf("%s and %s would have the same name, %s, at the target", other, it.File, it.Name)
		}
		seen[it.Name] = it.File
	}
	return nil
}

// CheckName returns what is wrong with the name of an object: it is a path of
// names that are not empty, "." or "..".
func CheckName(name string) error {
	for part := range strings.SplitSeq(name, "/") {
		if part == "" || part == "." || part == ".." || strings.ContainsRune(part, 0) {
			return fmt.Errorf("%q is not a valid name", name)
		}
	}
	return nil
}

// Plan tells for each item what sending it would request. It connects to
// nothing.
func (s *Sender) Plan(ctx context.Context, items []*Item) error {
	for _, it := range order(items) {
		if err := ctx.Err(); err != nil {
			return err
		}
		src, err := it.Open()
		if err != nil {
			return err
		}
		info, err := src.Stat()
		src.Close()
		if err != nil {
			return err
		}
		u := &Upload{Name: it.Name, Size: info.Size(), ContentType: it.Type, Meta: it.Meta, Public: s.Public, Jobs: max(1, s.Jobs)}
		s.Events.Planned(it, info.Size(), s.Target.Plan(u))
	}
	return nil
}

// order puts what points at others behind them.
func order(items []*Item) []*Item {
	list := slices.Clone(items)
	slices.SortStableFunc(list, func(a, b *Item) int {
		switch {
		case a.Last == b.Last:
			return 0
		case a.Last:
			return 1
		}
		return -1
	})
	return list
}

// Send sends the items, one after the other. What fails does not stop the rest
// unless it would fail there too. The error is for what concerns the run: the
// journal cannot be written, or ctx has ended.
func (s *Sender) Send(ctx context.Context, items []*Item) (sum Summary, err error) {
	j, err := openJournal(s.Library, s.Wait, s.Now)
	if err != nil {
		return sum, err
	}
	rs, err := openReceipts(s.Library, s.Target.Place(), s.Wait)
	if err != nil {
		return sum, err
	}
	var stopped error
	refused := 0
	for _, it := range order(items) {
		if err := ctx.Err(); err != nil {
			return sum, err
		}
		var out Outcome
		var err error
		switch {
		case stopped != nil:
			out.Status, err = Failed, ErrStopped
		case it.Last && sum.Failed+sum.Held > 0:
			out.Status, err = Held, ErrHeld
		default:
			t := &transfer{Sender: s, it: it, journal: j, receipts: rs}
			out, err = t.run(ctx)
		}
		if ctx.Err() != nil {
			return sum, ctx.Err()
		}
		if s.Events != nil {
			s.Events.End(it, out, err)
		}
		switch out.Status {
		case Sent:
			sum.Sent++
		case Present:
			sum.Present++
		case Held:
			sum.Held++
		default:
			sum.Failed++
			if mayBeOfName(err) {
				refused++
			}
			if holdsForAll(err) || refused == mostRefused && sum.Sent+sum.Present == 0 {
				stopped = err
			}
		}
		if err == nil {
			sum.Bytes += out.Bytes
		}
	}
	return sum, j.tidy(ctx)
}

// mostRefused is how many names a target may refuse before the rest are not
// tried any more, unless it has taken one.
const mostRefused = 8

// mayBeOfName reports whether a target refuses one name and may take others: a
// rule about names or folders, a lock, an object that nobody may replace. What
// is wrong with the credentials has a code, or the status 401.
func mayBeOfName(err error) bool {
	if errors.Is(err, fs.ErrPermission) { // of a file system, here or there
		return true
	}
	var status *wire.StatusError
	if !errors.As(err, &status) {
		return false
	}
	switch status.Status {
	case http.StatusForbidden:
		return status.Code == "" || status.Code == "AccessDenied"
	case http.StatusBadRequest:
		return !errors.Is(err, ErrDenied)
	case http.StatusConflict, http.StatusLocked:
		return true
	}
	return false
}

// holdsForAll reports whether the next item would fail for the same reason.
func holdsForAll(err error) bool {
	if mayBeOfName(err) {
		return false
	}
	return errors.Is(err, ErrDenied) || errors.Is(err, ErrUntrusted) || errors.Is(err, ErrFull) || wire.Retryable(err)
}

// A transfer is one item on its way.
type transfer struct {
	*Sender
	it       *Item
	journal  *journal
	receipts *receipts
}

func (t *transfer) run(ctx context.Context) (Outcome, error) {
	fail := func(err error) (Outcome, error) { return Outcome{Status: Failed}, err }
	src, err := t.it.Open()
	if err != nil {
		return fail(err)
	}
	defer src.Close()
	info, err := src.Stat()
	if err != nil {
		return fail(err)
	}
	if t.Events != nil {
		t.Events.Start(t.it, info.Size())
	}
	body := Steady(src, info)
	u := &Upload{
		Name: t.it.Name, Body: body, Size: info.Size(), ContentType: t.it.Type, Meta: t.it.Meta,
		Public: t.Public, Jobs: max(1, t.Jobs),
		Sent: func(n int64) { t.progress(n, 0) }, Kept: func(n int64) { t.progress(0, n) },
	}
	if u.SHA256, err = Digest(ctx, body, u.Size); err != nil {
		return fail(err)
	}
	if t.it.SHA256 != "" && t.it.SHA256 != hex.EncodeToString(u.SHA256[:]) {
		return fail(fmt.Errorf("%s: %w", t.it.File, ErrChanged))
	}
	unlock, err := t.journal.lock(ctx, t.Target.Place(), u.Name)
	if err != nil {
		return fail(err)
	}
	defer unlock()

	status := Present
	there, verified, err := t.look(ctx, u)
	if errors.Is(err, ErrNotExist) {
		status = Sent
		there, verified, err = t.send(ctx, u)
	}
	if err != nil {
		return fail(err)
	}
	last, err := t.journal.last(t.Target.Place(), u.Name)
	if err != nil {
		return fail(err)
	}
	if last != nil && status == Present {
		// A run that was killed had sent it, or begun to before somebody else did.
		if err := t.forget(ctx, last); err != nil {
			return fail(err)
		}
	}
	r, err := t.receipt(ctx, u, status, there, verified)
	if err == nil && last != nil {
		err = t.journal.note(context.WithoutCancel(ctx), step{Place: last.Place, Object: last.Object, Bytes: u.Size, SHA256: r.SHA256, Ended: true})
	}
	if err != nil {
		return fail(fmt.Errorf("it was sent, but the receipt could not be saved in the library: %w", err))
	}
	return Outcome{status, u.Size, verified, r}, nil
}

// forget removes from the target what an earlier run has left there.
func (t *transfer) forget(ctx context.Context, s *step) error {
	if f, ok := t.Target.(Forgetter); ok && len(s.State) > 0 {
		return f.Forget(ctx, s.Object, s.State)
	}
	return nil
}

func (t *transfer) progress(sent, kept int64) {
	if t.Events != nil {
		t.Events.Progress(t.it, sent, kept)
	}
}

// What is compared of an object that is there already, and proves less than a
// checksum of its bytes.
const (
	unchanged = "time"          // it is that of the receipt
	stored    = "stored-sha256" // the target was told it when the object came
)

// look finds out whether the object is there and equal. The error is
// ErrNotExist if it has to be sent, ErrDiffers if something else is there that
// may not be overwritten.
func (t *transfer) look(ctx context.Context, u *Upload) (there Remote, verified []string, err error) {
	there, err = t.Target.Stat(ctx, u.Name)
	if err != nil {
		return there, nil, err
	}
	last, sum := t.receipts.latest[u.Name], hex.EncodeToString(u.SHA256[:])
	equal := false
	if there.Size == u.Size {
		verified = []string{"size"}
		switch {
		case there.SHA256 != "":
			equal = there.SHA256 == sum
			if there.SHA256Computed {
				verified = append(verified, "sha256")
			} else {
				verified = append(verified, stored)
			}
		case last.describes(there):
			equal = last.SHA256 == sum
			verified = append(verified, unchanged)
		default:
			// Nothing but its bytes can tell what it is.
			if equal, err = t.same(ctx, u); err != nil {
				return there, nil, err
			}
			verified = append(verified, "read-back")
		}
	}
	switch {
	case equal && t.Full && !slices.Contains(verified, "read-back"):
		same, err := t.same(ctx, u)
		if err != nil {
			return there, nil, err
		}
		if same {
			return there, append(verified, "read-back"), nil
		}
		// Its description is that of the file, its bytes are not: what is there
		// was damaged.
		if t.Force {
			return there, nil, ErrNotExist
		}
		return there, nil, fmt.Errorf("%w: the copy at the target is damaged", ErrMismatch)
	case equal:
		return there, verified, nil
	case t.Force, t.it.Replace && last.describes(there):
		return there, nil, ErrNotExist
	}
	return there, nil, fmt.Errorf("%w (%d bytes; the local file has %d)", ErrDiffers, there.Size, u.Size)
}

// same reads the object back and compares it with what is to be there.
func (t *transfer) same(ctx context.Context, u *Upload) (bool, error) {
	return Same(ctx, t.Target, u.Name, u.Size, u.SHA256)
}

// send has the target take the object, going on from what the journal knows of
// an earlier run, and holds what arrived against what was sent.
func (t *transfer) send(ctx context.Context, u *Upload) (there Remote, verified []string, err error) {
	s := step{Place: t.Target.Place(), Object: u.Name, Bytes: u.Size, SHA256: hex.EncodeToString(u.SHA256[:])}
	last, err := t.journal.last(s.Place, s.Object)
	if err != nil {
		return there, nil, err
	}
	if last != nil {
		if last.SHA256 == s.SHA256 && last.Bytes == s.Bytes {
			u.State = last.State
		} else if err := t.forget(ctx, last); err != nil { // the file has changed since
			return there, nil, err
		}
	}
	u.Save = func(state []byte) error {
		s.State = state
		return t.journal.note(context.WithoutCancel(ctx), s)
	}
	return Deliver(ctx, t.Target, u, t.Full, func(err error) {
		if t.Events != nil {
			t.Events.Again(t.it, err)
		}
	})
}

// A Forgetter is a target that can undo what State stands for: an unfinished
// upload whose file is not there any more.
type Forgetter interface {
	Forget(ctx context.Context, name string, state []byte) error
}

// receipt keeps the proof that the object is there, unless the latest one says
// as much.
func (t *transfer) receipt(ctx context.Context, u *Upload, status Status, there Remote, verified []string) (*Receipt, error) {
	r := &Receipt{
		Schema: Schema, At: t.Now().UTC().Truncate(time.Millisecond), ID: t.it.Space, Kind: t.it.Kind, File: t.it.File,
		Target: t.Name, Place: t.Target.Place(), Object: u.Name, Location: locate(t.Target.Place(), u.Name), URL: cmp.Or(t.URL(u.Name), there.URL), Public: t.Public,
		Bytes: u.Size, SHA256: hex.EncodeToString(u.SHA256[:]), Type: u.ContentType, Sent: status == Sent,
		Verified: verified, Modified: there.Modified, WrittenBy: t.Version,
	}
	if last := t.receipts.latest[u.Name]; status == Present && last.describes(there) && last.SHA256 == r.SHA256 &&
		last.URL == r.URL && !slices.ContainsFunc(verified, func(v string) bool { return v != unchanged && v != stored && !slices.Contains(last.Verified, v) }) {
		return last, nil
	}
	return r, t.receipts.add(context.WithoutCancel(ctx), r)
}

// URL is where everybody finds an object, or "".
func (s *Sender) URL(name string) string {
	if s.BaseURL == "" {
		return ""
	}
	return strings.TrimSuffix(s.BaseURL, "/") + "/" + EscapePath(name)
}

// EscapePath writes the name of an object as the path of a URL.
func EscapePath(name string) string {
	parts := strings.Split(name, "/")
	for i, p := range parts {
		parts[i] = url.PathEscape(p)
	}
	return strings.Join(parts, "/")
}
