package words

import (
	"fmt"
	"hash/fnv"
	"sync"
	"time"
)

// Version is the version of the schema, kept in the file's user_version. It
// goes up with every change of a table, also of what package fold makes of a
// text.
const Version = 2

// applicationID marks the file as ours ("Spcw").
const applicationID = 0x53706377

const pageSize = 8192

// A transcript has a place, and each of its utterances a rowid that begins with
// it. Places run backwards in time: FTS5 yields the rows of a word in the order
// of their rowids, so that the newest Space comes first, and in a Space what was
// said first, without anything being sorted. Times and lengths of utterances
// are samples; who speaks is a number among the speakers of the transcript, so
// that no name outlives it.
//
// Of the index, the beginnings of three letters have one of their own: without
// it, whoever types a common word waits for all words that begin like it to be
// merged.
//
// A phrase of words that nearly every utterance has would be looked for in all of
// them. So short words that follow each other are a token of their own, in the
// column pair; see appendPairs.
//
// The columns of word hold tokens with spaces between (see tokens), which the
// tokenizer takes as they are.
var schema = sync.OnceValue(func() string {
	return fmt.Sprintf(`
PRAGMA application_id = %d;
PRAGMA user_version = %d;

CREATE TABLE transcript (
	place      INTEGER PRIMARY KEY,
	id         TEXT NOT NULL UNIQUE,
	started_at INTEGER,
	rate       INTEGER NOT NULL,
	stamp      TEXT NOT NULL,
	source     TEXT NOT NULL
);

CREATE TABLE speaker (
	place INTEGER NOT NULL,
	n     INTEGER NOT NULL,
	names TEXT NOT NULL,
	PRIMARY KEY (place, n)
) WITHOUT ROWID;

CREATE TABLE utterance (
	rowid   INTEGER PRIMARY KEY,
	start   INTEGER NOT NULL,
	length  INTEGER NOT NULL,
	speaker INTEGER NOT NULL,
	text    TEXT NOT NULL
);

CREATE VIRTUAL TABLE word USING fts5 (
	text, pair, speaker,
	content = '', contentless_delete = 1, prefix = '3',
	tokenize = "ascii tokenchars '_'"
);

CREATE TABLE flag (name TEXT PRIMARY KEY, value INTEGER NOT NULL) WITHOUT ROWID;
INSERT INTO flag VALUES ('dirty', 1);
`, applicationID, Version)
})

const (
	// utteranceBits are those of a rowid that number the utterances of a
	// transcript.
	utteranceBits = 20
	// slotBits are those of a place that tell apart the Spaces that began in
	// the same second.
	slotBits = 10
	// lastSecond is the latest second that a place can tell, in the year 2242.
	lastSecond = 1<<(63-utteranceBits-slotBits) - 1
	// undated are the seconds after 1970 whose places are those of Spaces
	// without a date.
	undated = 24 * 60 * 60
)

// placeAt returns the first place of the Spaces that began in the second of t.
func placeAt(t time.Time) int64 {
	second := min(max(t.Unix(), undated), lastSecond)
	return (lastSecond - second) << slotBits
}

// firstPlace returns where a Space stands, if nobody stands there yet. Those
// that began in the same second, or have no date, are told apart by the hash of
// the id, so that their order does not depend on when they were put in (but for
// those few that have the same).
func firstPlace(id string, started time.Time) int64 {
	hash := fnv.New32a()
	hash.Write([]byte(id))
	n := int64(hash.Sum32())
	if started.IsZero() {
		// The last places are left free for those that find theirs taken.
		return (lastSecond-undated+1)<<slotBits + n%(undated/2<<slotBits)
	}
	return placeAt(started) + n>>(32-slotBits)
}
