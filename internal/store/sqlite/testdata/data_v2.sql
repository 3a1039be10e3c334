-- A little of everything, as version 2 stores it.
INSERT INTO state (id, commit_no, journal_from, raw_from, minute_from) VALUES (1, 3, 0, 0, 0);
INSERT INTO devices (id, name, created) VALUES ('esp32', 'Loop', 1700000000000);
INSERT INTO credentials (device, salt, hash) VALUES ('esp32', x'0102', x'0304');
INSERT INTO series (id, device, metric) VALUES (1, 'esp32', 'water');
INSERT INTO samples (series, ts, value) VALUES (1, 1700049600000, 21.5), (1, 1700049610000, 22.25), (1, 1700049620000, 23.0);
INSERT INTO faults (series, ts, quality) VALUES (1, 1700049630000, 3);
INSERT INTO dirty (series, hour) VALUES (1, 1700049600000);
INSERT INTO boots (id, device, boot, through, ahead, newest) VALUES (1, 'esp32', -6972608158633013658, 4, NULL, 1700049630000);
INSERT INTO documents (device, kind, body, received) VALUES ('esp32', 'info', CAST('{"firmware":"1.0"}' AS BLOB), 1700049600000);
INSERT INTO rejections (minute, time, device, topic, code, mistake, detail, excerpt, count)
	VALUES (1700049600000, 1700049600001, 'esp32', 'coolant/esp32/telemetry', 'not_json', 'not JSON', 'not JSON', 'x', 2);
INSERT INTO records (bucket, key, value) VALUES ('retained', 'coolant/esp32/status', x'7b7d');
INSERT INTO desired (device, version, epoch, body, at, by, note, source, refused) VALUES ('esp32', 1, 'e1', CAST('{"interval_ms":10000}' AS BLOB), 1700049600000, 'page', '', 0, '');
