package lettering

import "time"

// patience is how long one word or letter of a font that is not ours may take:
// far longer than any sound font needs, but a font may be made to never end.
const patience = 5 * time.Second

// careful runs what reads the tables of a font, and reports whether it ended: a
// damaged font may make the library panic.
func careful(f func()) (ok bool) {
	defer func() {
		if recover() != nil {
			ok = false
		}
	}()
	f()
	return true
}

// with runs what needs the tables of a face, one at a time, and reports whether
// it ended. A face for which it does not is not asked again: what it began goes
// on by itself.
func with[T any](f *face, do func() T) (result T, ok bool) {
	if f.dead.Load() {
		return result, false
	}
	run := func() (result T, ok bool) {
		f.mu.Lock()
		defer f.mu.Unlock()
		ok = careful(func() { result = do() })
		return result, ok
	}
	if f.ours {
		return run()
	}
	type answer struct {
		result T
		ok     bool
	}
	done := make(chan answer, 1)
	go func() {
		result, ok := run()
		done <- answer{result, ok}
	}()
	timer := time.NewTimer(patience)
	defer timer.Stop()
	select {
	case a := <-done:
		return a.result, a.ok
	case <-timer.C:
		f.dead.Store(true)
		return result, false
	}
}
