package catalog

import (
	"fmt"
	"sync"
)

// Version is the version of the schema, kept in the file's user_version. It
// goes up with every change of a table, also of what package fold makes of a text.
const Version = 2

// applicationID marks the file as ours ("Spcs").
const applicationID = 0x53706373

// Times are milliseconds since 1970, durations seconds. A recording's rowid is
// its place in time (see Tx.rowid), so that a listing by date reads the tables
// from end to end. The keys are folded texts; see package fold. Who and what a
// recording can be found by exactly stands in term: its speakers, host,
// account and hashtags. The flat columns are all that a table needs, so that
// no listing parses JSON; the JSON stands apart, so that a listing does not
// read past it.
var schema = sync.OnceValue(func() string {
	return fmt.Sprintf(`
PRAGMA application_id = %d;
PRAGMA user_version = %d;

CREATE TABLE recording (
	rowid        INTEGER PRIMARY KEY,
	id           TEXT NOT NULL UNIQUE,
	title        TEXT NOT NULL,
	title_key    TEXT NOT NULL,
	title_source TEXT NOT NULL,
	started_at   INTEGER,
	duration     REAL,
	host         TEXT NOT NULL,
	account      TEXT NOT NULL,
	speakers     TEXT NOT NULL,
	hashtags     TEXT NOT NULL,
	state        TEXT NOT NULL,
	lost_seconds REAL NOT NULL,
	pieces       INTEGER NOT NULL,
	bytes        INTEGER NOT NULL,
	folder       TEXT NOT NULL,
	file         TEXT NOT NULL
);

CREATE TABLE document (
	recording INTEGER PRIMARY KEY,
	json      TEXT NOT NULL
);

CREATE TABLE term (
	kind      TEXT NOT NULL,
	key       TEXT NOT NULL,
	recording INTEGER NOT NULL,
	PRIMARY KEY (kind, key, recording)
) WITHOUT ROWID;
CREATE INDEX term_recording ON term (recording);

CREATE VIRTUAL TABLE words USING fts5 (
	title, speakers, hashtags, note,
	content = '', contentless_delete = 1,
	tokenize = 'unicode61 remove_diacritics 2'
);

CREATE TABLE archive (
	sha256 TEXT PRIMARY KEY,
	made   INTEGER,
	json   TEXT NOT NULL
) WITHOUT ROWID;

CREATE TABLE flag (name TEXT PRIMARY KEY, value INTEGER NOT NULL) WITHOUT ROWID;
INSERT INTO flag VALUES ('dirty', 1);
`, applicationID, Version)
})
