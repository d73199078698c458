package durable

import "io/fs"

// A Trace is told of each step on the disk before it is taken: "create", "write",
// "fsync", "rename", with the name of the file or folder. An error of it is
// the step's. The tests stop programs there, let flushes fail and fill disks;
// nil lets every step be taken.
type Trace func(step, name string) error

// Step asks t whether a step may be taken.
func (t Trace) Step(step, name string) error {
	if t == nil {
		t = watched
	}
	if t == nil {
		return nil
	}
	return t(step, name)
}

// watched is told of the steps of all that has no trace.
var watched Trace

// Watch has a trace told of the steps of all that is given none, and of what
// Remove and RemoveAll remove. It is for tests of whole programs, and called
// before anything is written.
func Watch(t Trace) { watched = t }

// Options say how files are made. The zero value makes ones that everybody may
// read.
type Options struct {
	Perm  fs.FileMode // 0 is 0644
	Trace Trace
}
