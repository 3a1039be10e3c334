PRAGMA application_id = 1131376492;
PRAGMA user_version = 2;
CREATE TABLE boots (
	id      INTEGER PRIMARY KEY AUTOINCREMENT, -- in the order of first appearance
	device  TEXT NOT NULL,
	boot    INTEGER NOT NULL, -- 64 bits, as a signed number
	through INTEGER NOT NULL, -- 64 bits, as a signed number
	ahead   BLOB,
	newest  INTEGER NOT NULL, -- time of its newest sample
	UNIQUE (device, boot)
) STRICT;
CREATE TABLE credentials (
	device TEXT PRIMARY KEY REFERENCES devices (id) ON DELETE CASCADE,
	salt   BLOB NOT NULL,
	hash   BLOB NOT NULL
) STRICT, WITHOUT ROWID;
CREATE TABLE cursors (
	name TEXT PRIMARY KEY,
	no   INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE TABLE desired (
	device  TEXT NOT NULL,
	version INTEGER NOT NULL, -- from 1
	epoch   TEXT NOT NULL,
	body    BLOB NOT NULL,    -- JSON
	at      INTEGER NOT NULL, -- Unix milliseconds
	by      TEXT NOT NULL,
	note    TEXT NOT NULL,
	source  INTEGER NOT NULL, -- the version that it goes back to, or 0
	refused TEXT NOT NULL,    -- why the device did not apply it, or ''
	PRIMARY KEY (device, version)
) STRICT, WITHOUT ROWID;
CREATE TABLE devices (
	id      TEXT PRIMARY KEY,
	name    TEXT NOT NULL,
	created INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE TABLE dirty (
	series INTEGER NOT NULL,
	hour   INTEGER NOT NULL,
	PRIMARY KEY (series, hour)
) STRICT, WITHOUT ROWID;
CREATE TABLE documents (
	device   TEXT NOT NULL,
	kind     TEXT NOT NULL,
	body     BLOB NOT NULL,
	received INTEGER NOT NULL,
	PRIMARY KEY (device, kind)
) STRICT;
CREATE TABLE faults (
	series  INTEGER NOT NULL,
	ts      INTEGER NOT NULL,
	quality INTEGER NOT NULL,
	PRIMARY KEY (series, ts)
) STRICT, WITHOUT ROWID;
CREATE TABLE hours (
	series INTEGER NOT NULL,
	day    INTEGER NOT NULL,
	body   BLOB NOT NULL,
	PRIMARY KEY (series, day)
) STRICT, WITHOUT ROWID;
CREATE TABLE journal (
	no   INTEGER PRIMARY KEY,
	body BLOB NOT NULL
) STRICT;
CREATE TABLE minutes (
	series INTEGER NOT NULL,
	hour   INTEGER NOT NULL,
	body   BLOB NOT NULL,
	PRIMARY KEY (series, hour)
) STRICT, WITHOUT ROWID;
CREATE TABLE records (
	id     INTEGER PRIMARY KEY,
	bucket TEXT NOT NULL,
	key    TEXT NOT NULL,
	value  BLOB NOT NULL,
	UNIQUE (bucket, key)
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
CREATE TABLE removed (
	series INTEGER PRIMARY KEY
) STRICT;
CREATE TABLE samples (
	series INTEGER NOT NULL,
	ts     INTEGER NOT NULL,
	value  REAL NOT NULL,
	PRIMARY KEY (series, ts)
) STRICT, WITHOUT ROWID;
CREATE TABLE series (
	id           INTEGER PRIMARY KEY AUTOINCREMENT, -- never used again
	device       TEXT NOT NULL,
	metric       TEXT NOT NULL,
	last_ts      INTEGER,
	last_value   REAL,
	last_quality INTEGER,
	UNIQUE (device, metric)
) STRICT;
CREATE TABLE state (
	id           INTEGER PRIMARY KEY CHECK (id = 1),
	commit_no    INTEGER NOT NULL, -- the last commit's number
	journal_from INTEGER NOT NULL, -- the journal has every commit after this one, while there are cursors
	raw_from     INTEGER NOT NULL, -- samples and faults before this time have been expired
	minute_from  INTEGER NOT NULL  -- and minute buckets before this one
) STRICT;
CREATE INDEX rejections_by_time ON rejections (time, id);
