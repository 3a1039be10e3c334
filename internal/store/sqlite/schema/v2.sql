-- What was ever wanted of each device, one row a version. Rows are written once, but for the device's word.
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
