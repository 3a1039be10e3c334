-- Times are Unix milliseconds, and buckets are named by the time at which they
-- begin. The text that belongs to a device outside of its series (documents,
-- boots) names it by its id, so that it reads well in any SQLite tool.

-- One row: what must survive a restart and belongs to no table.
CREATE TABLE state (
	id           INTEGER PRIMARY KEY CHECK (id = 1),
	commit_no    INTEGER NOT NULL, -- the last commit's number
	journal_from INTEGER NOT NULL, -- the journal has every commit after this one, while there are cursors
	raw_from     INTEGER NOT NULL, -- samples and faults before this time have been expired
	minute_from  INTEGER NOT NULL  -- and minute buckets before this one
) STRICT;

INSERT INTO state (id, commit_no, journal_from, raw_from, minute_from) VALUES (1, 0, 0, 0, 0);

CREATE TABLE devices (
	id      TEXT PRIMARY KEY,
	name    TEXT NOT NULL,
	created INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE credentials (
	device TEXT PRIMARY KEY REFERENCES devices (id) ON DELETE CASCADE,
	salt   BLOB NOT NULL,
	hash   BLOB NOT NULL
) STRICT, WITHOUT ROWID;

-- The last reading moves here when retention takes it out of samples or faults.
CREATE TABLE series (
	id           INTEGER PRIMARY KEY AUTOINCREMENT, -- never used again
	device       TEXT NOT NULL,
	metric       TEXT NOT NULL,
	last_ts      INTEGER,
	last_value   REAL,
	last_quality INTEGER,
	UNIQUE (device, metric)
) STRICT;

-- Series whose data is still to be deleted, piece by piece.
CREATE TABLE removed (
	series INTEGER PRIMARY KEY
) STRICT;

CREATE TABLE samples (
	series INTEGER NOT NULL,
	ts     INTEGER NOT NULL,
	value  REAL NOT NULL,
	PRIMARY KEY (series, ts)
) STRICT, WITHOUT ROWID;

CREATE TABLE faults (
	series  INTEGER NOT NULL,
	ts      INTEGER NOT NULL,
	quality INTEGER NOT NULL,
	PRIMARY KEY (series, ts)
) STRICT, WITHOUT ROWID;

-- Hours of a series in which samples arrived since their buckets were computed:
-- the hour's own bucket and its sixty minutes.
CREATE TABLE dirty (
	series INTEGER NOT NULL,
	hour   INTEGER NOT NULL,
	PRIMARY KEY (series, hour)
) STRICT, WITHOUT ROWID;

-- Minute buckets, an hour of them in a row, and hour buckets, a day of them in a
-- row; chunk.go has the form of a body.
CREATE TABLE minutes (
	series INTEGER NOT NULL,
	hour   INTEGER NOT NULL,
	body   BLOB NOT NULL,
	PRIMARY KEY (series, hour)
) STRICT, WITHOUT ROWID;

CREATE TABLE hours (
	series INTEGER NOT NULL,
	day    INTEGER NOT NULL,
	body   BLOB NOT NULL,
	PRIMARY KEY (series, day)
) STRICT, WITHOUT ROWID;

-- What has been received of each start of a device; identity.go explains ahead.
CREATE TABLE boots (
	id      INTEGER PRIMARY KEY AUTOINCREMENT, -- in the order of first appearance
	device  TEXT NOT NULL,
	boot    INTEGER NOT NULL, -- 64 bits, as a signed number
	through INTEGER NOT NULL, -- 64 bits, as a signed number
	ahead   BLOB,
	newest  INTEGER NOT NULL, -- time of its newest sample
	UNIQUE (device, boot)
) STRICT;

CREATE TABLE cursors (
	name TEXT PRIMARY KEY,
	no   INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

-- Commits that a cursor has not passed; journal.go has the form of a body.
CREATE TABLE journal (
	no   INTEGER PRIMARY KEY,
	body BLOB NOT NULL
) STRICT;

CREATE TABLE documents (
	device   TEXT NOT NULL,
	kind     TEXT NOT NULL,
	body     BLOB NOT NULL,
	received INTEGER NOT NULL,
	PRIMARY KEY (device, kind)
) STRICT;

CREATE TABLE rejections (
	id      INTEGER PRIMARY KEY AUTOINCREMENT,
	minute  INTEGER NOT NULL,
	time    INTEGER NOT NULL,
	device  TEXT NOT NULL,
	topic   TEXT NOT NULL,
	code    TEXT NOT NULL,
	mistake TEXT NOT NULL, -- what of detail makes equal rejections equal
	detail  TEXT NOT NULL,
	excerpt TEXT NOT NULL,
	count   INTEGER NOT NULL,
	UNIQUE (device, topic, code, mistake, minute)
) STRICT;

CREATE INDEX rejections_by_time ON rejections (time, id);

-- What the embedded broker keeps: retained messages and sessions.
CREATE TABLE records (
	id     INTEGER PRIMARY KEY,
	bucket TEXT NOT NULL,
	key    TEXT NOT NULL,
	value  BLOB NOT NULL,
	UNIQUE (bucket, key)
) STRICT;
