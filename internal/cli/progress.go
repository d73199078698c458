package cli

import (
	"runtime"
	"time"

	"github.com/schollz/progressbar/v3"
)

// progress shows one bar for all that is being read: bytes, rate and the time
// that is left. It implements stream.Progress and is safe for use by several
// goroutines, as the bar is. A nil *progress shows nothing.
type progress struct{ bar *progressbar.ProgressBar }

// newProgress returns a bar on stderr if somebody watches it and wants it.
func (a *App) newProgress(what string) *progress {
	return a.newBar(what, progressbar.OptionShowBytes(true), progressbar.OptionShowCount())
}

// newSoundProgress is the same for what counts samples and not bytes: nobody
// thinks in them, so it shows the share that is done and the time that is left.
func (a *App) newSoundProgress(what string) *progress { return a.newBar(what) }

func (a *App) newBar(what string, more ...progressbar.Option) *progress {
	if !a.ErrTTY || a.set.NoProgress || a.set.Quiet {
		return nil
	}
	return &progress{progressbar.NewOptions64(0, append([]progressbar.Option{
		progressbar.OptionSetWriter(a.Err),
		progressbar.OptionSetDescription(what),
		progressbar.OptionSetWidth(24),
		progressbar.OptionThrottle(100 * time.Millisecond),
		progressbar.OptionSetPredictTime(true),
		progressbar.OptionClearOnFinish(),
		progressbar.OptionUseANSICodes(runtime.GOOS != "windows"), // to clear the line, ^C and all
	}, more...)...)}
}

// Expect says that so many more bytes are going to be read.
func (p *progress) Expect(bytes int64) {
	if p != nil {
		p.bar.AddMax64(bytes)
	}
}

// Add says that so many bytes have been read.
func (p *progress) Add(bytes int64) {
	if p != nil {
		p.bar.Add64(bytes)
	}
}

// close takes the bar from the screen.
func (p *progress) close() {
	if p != nil {
		p.bar.Clear()
	}
}
