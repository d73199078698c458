package unithash

import (
	"runtime"

	"github.com/spaces-cli/spaces/internal/media/track"
)

// A Builder makes the Index of a file, unit by unit. It hashes batches of units
// on all cores: parsing AAC takes longer than all else that is done with a unit.
type Builder struct {
	config track.Config
	index  Index
	seen   map[Hash]uint8

	batch   *batch   // the one that is being filled
	running []*batch // in the order of their units
	idle    []*batch
	most    int // batches that may run
}

// batchBytes is how many bytes of units are hashed in one go: milliseconds of
// work.
const batchBytes = 64 << 10

// A batch is a row of units, hashed by a goroutine of its own.
type batch struct {
	hasher *Hasher
	data   []byte
	ends   []int // of the units in data
	hashes []Hash
	done   chan any // what the goroutine panicked with, or nil
}

// NewBuilder returns a Builder for units that c describes. The error is an
// *UnsupportedError.
func NewBuilder(c track.Config) (*Builder, error) {
	b := &Builder{config: c, seen: make(map[Hash]uint8), most: runtime.GOMAXPROCS(0)}
	var err error
	b.batch, err = newBatch(c)
	return b, err
}

func newBatch(c track.Config) (*batch, error) {
	h, err := New(c)
	return &batch{hasher: h, done: make(chan any, 1)}, err
}

// Add takes in the next unit.
func (b *Builder) Add(unit []byte) {
	b.batch.data = append(b.batch.data, unit...)
	b.batch.ends = append(b.batch.ends, len(b.batch.data))
	if len(b.batch.data) >= batchBytes {
		b.start()
	}
}

// Index returns the index of all units so far.
func (b *Builder) Index() *Index {
	b.start()
	for len(b.running) > 0 {
		b.collect()
	}
	return &b.index
}

// start has the batch hashed, and begins another one.
func (b *Builder) start() {
	for len(b.running) >= b.most {
		b.collect()
	}
	go b.batch.hash()
	b.running = append(b.running, b.batch)
	if n := len(b.idle); n > 0 {
		b.batch, b.idle = b.idle[n-1], b.idle[:n-1]
		return
	}
	b.batch, _ = newBatch(b.config) // that of the first one had no error
}

func (b *batch) hash() {
	defer func() { b.done <- recover() }()
	start := 0
	for _, end := range b.ends {
		b.hashes = append(b.hashes, b.hasher.Hash(b.data[start:end]))
		start = end
	}
}

// collect waits for the oldest batch and takes its hashes into the index. Where
// its goroutine has panicked, so does this one, whose caller may be prepared.
func (b *Builder) collect() {
	oldest := b.running[0]
	if v := <-oldest.done; v != nil {
		panic(v)
	}
	for _, h := range oldest.hashes {
		if Selects(h) && b.seen[h] < maxRepeats {
			b.seen[h]++
			b.index.Entries = append(b.index.Entries, Entry{h, uint32(b.index.Units)})
		}
		b.index.Units++
	}
	oldest.data, oldest.ends, oldest.hashes = oldest.data[:0], oldest.ends[:0], oldest.hashes[:0]
	b.running = append(b.running[:0], b.running[1:]...)
	b.idle = append(b.idle, oldest)
}
