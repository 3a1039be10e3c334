/* The desired state: what is taken, what is refused and why, and that a refusal changes nothing. */
#include "cool/messages.h"
#include "settings_util.h"
#include "vectors_util.h"

#include <stdio.h>
#include <string.h>

VECTORS(desired);

static cool_settings_t defaults, got, again;
static char dump[8192], other[8192], text[20000];

/* The bits of a list of pins. */
static uint64_t pins(cool_json_t board, const char *name) {
	cool_json_iter_t it = {NULL, NULL};
	cool_json_t pin;
	uint64_t bits = 0;
	int64_t n;
	while (cool_json_next(cool_json_member(board, name), &it, NULL, &pin)) {
		CHECK(cool_json_integer(pin, 0, 63, &n));
		bits |= UINT64_C(1) << n;
	}
	return bits;
}

/* Reads the device that the vectors are about. */
static cool_board_t setup(void) {
	cool_json_t file, board;
	cool_settings_t bare;
	cool_desired_id_t id;
	cool_problem_t p;
	CHECK(cool_json_parse(vectors_desired, vectors_desired_len, &file));
	CHECK(cool_json_string(cool_json_member(file, "defaults"), text, sizeof text));
	cool_settings_defaults(&bare);
	CHECK_EQ_INT(cool_decode_desired(text, strlen(text), &bare, &defaults, &id, &p), COOL_ACCEPTED);
	board = cool_json_member(file, "board");
	cool_board_t b = {
		.output_pins = pins(board, "output_pins"),
		.input_pins = pins(board, "input_pins"),
		.taken_pins = pins(board, "taken_pins"),
		.pwm_channels = (int)vectors_integer(board, "pwm_channels"),
		.counters = (int)vectors_integer(board, "counters"),
	};
	return b;
}

/* What the vector calls accept says the same as its payload. */
static void accept_is_the_same(cool_json_t accept) {
	cool_desired_id_t id;
	cool_problem_t p;
	CHECK_EQ_INT(cool_decode_desired(accept.at, accept.len, &defaults, &again, &id, &p), COOL_ACCEPTED);
	settings_dump(&again, true, other, sizeof other);
	CHECK_STR(dump, other);
}

TEST(desired_vectors) {
	vectors_t v;
	cool_board_t board = setup();
	vectors_begin(&v, vectors_desired, vectors_desired_len, "cases");
	while (vectors_next(&v)) {
		size_t len;
		const char *payload = vectors_payload(&v, &len);
		cool_desired_id_t id;
		cool_problem_t p;
		char reason[COOL_REASON_SIZE] = "";
		memset(&got, 0x55, sizeof got);
		memset(&again, 0x55, sizeof again);
		if (!vectors_accepted(&v, cool_decode_desired(payload, len, &defaults, &got, &id, &p), &p)) {
			CHECK(memcmp(&got, &again, sizeof got) == 0);
			continue;
		}
		CHECK(id.known && id.version == got.version);
		CHECK_STR(id.epoch, got.epoch);
		CHECK(settings_dump(&got, true, dump, sizeof dump) > 0);
		accept_is_the_same(vectors_member(&v, "accept"));
		cool_json_t have, want = vectors_member(&v, "settings");
		CHECK(cool_json_parse(dump, strlen(dump), &have));
		if (want.at != NULL) vectors_covers(have, want, "settings");
		bool refused = vectors_member(&v, "refuse").at != NULL;
		if (!CHECK_EQ_INT(cool_settings_check(&got, &board, reason), !refused)) printf("  the reason: %s\n", reason);
		CHECK_EQ_INT(reason[0] != 0, refused);
	}
}

/* Which state is refused is known wherever it can be read. */
TEST(a_refused_state_is_named) {
	static const struct {
		const char *text, *epoch;
		int version;
		bool known;
		const char *reason;
	} cases[] = {
		{"{\"epoch\":\"e1\",\"version\":3,\"interval_ms\":5}", "e1", 3, true, "interval_ms: 5 is not within 1000 to 3600000"},
		{"{\"epoch\":\"e1\",\"version\":3,\"critical_c\":60}", "e1", 3, true, "critical_c: 60 is not within 30 to below 60"},
		{"{\"epoch\":\"e1\",\"version\":0}", "e1", 0, false, "version: 1 to 9007199254740991, written as an integer, is expected"},
		{"{\"version\":3}", "", 0, false, "epoch: it is missing"},
		{"{\"epoch\":\"e1\",\"version\":3", "", 0, false, "it is not one JSON value in UTF-8, nested at most 16 levels deep"},
		{"{\"epoch\":\"e1\",\"version\":3,\"outputs\":[{\"name\":\"pump\"},{\"name\":\"pump\",\"wiring\":{\"pin\":64}}]}", "e1", 3, true,
			"outputs[1].wiring.pin: 64 is not within -1 to 63"},
		{"{\"epoch\":\"e1\",\"version\":3,\"outputs\":[{\"name\":\"pump\",\"auto\":{\"input\":\"water\",\"curve\":{\"points\":[[30,50],[31]]}}}]}",
			"e1", 3, true, "outputs[0].auto.curve.points[1]: a pair of numbers is expected"},
		{"{\"epoch\":\"e1\",\"version\":3,\"outputs\":[{\"name\":\"pump2\",\"kind\":\"pwm4\"}]}", "e1", 3, true, "outputs[0].role: it is missing"},
		{"{\"epoch\":\"e1\",\"version\":3,\"outputs\":[{\"name\":\"pump2\",\"role\":\"pump\"}]}", "e1", 3, true, "outputs[0].kind: it is missing"},
		{"{\"epoch\":\"e1\",\"version\":3,\"probes\":[7]}", "e1", 3, true, "probes[0]: an object is expected"},
	};
	setup();
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		cool_desired_id_t id;
		cool_problem_t p;
		test_in(cases[i].text);
		CHECK(cool_decode_desired(cases[i].text, strlen(cases[i].text), &defaults, &got, &id, &p) != COOL_ACCEPTED);
		CHECK_STR(id.epoch, cases[i].epoch);
		CHECK_EQ_INT(id.version, cases[i].version);
		CHECK_EQ_INT(id.known, cases[i].known);
		CHECK_STR(p.reason, cases[i].reason);
	}
	cool_desired_id_t id;
	cool_problem_t p;
	test_in("more outputs than there is room for");
	const char *many = "{\"epoch\":\"e1\",\"version\":3,\"outputs\":[{\"name\":\"a\",\"role\":\"fan\",\"kind\":\"switch\"},"
					   "{\"name\":\"b\",\"role\":\"fan\",\"kind\":\"switch\"},{\"name\":\"c\",\"role\":\"fan\",\"kind\":\"switch\"},"
					   "{\"name\":\"d\",\"role\":\"fan\",\"kind\":\"switch\"},{\"name\":\"e\",\"role\":\"fan\",\"kind\":\"switch\"}]}";
	CHECK_EQ_INT(cool_decode_desired(many, strlen(many), &defaults, &got, &id, &p), COOL_TOO_LARGE);
	CHECK_STR(p.reason, "outputs: with the board's own they are more than 6");
	test_in("too large");
	memset(text, ' ', sizeof text);
	memcpy(text, "{\"epoch\":\"e1\",\"version\":3}", 26);
	CHECK_EQ_INT(cool_decode_desired(text, 12289, &defaults, &got, &id, &p), COOL_TOO_LARGE);
	CHECK(id.known && id.version == 3);
	CHECK_STR(p.reason, "12289 bytes; at most 12288 are allowed");
	text[1] = 'x';
	CHECK_EQ_INT(cool_decode_desired(text, 12289, &defaults, &got, &id, &p), COOL_TOO_LARGE);
	CHECK(!id.known);
}

/* Everything that a device takes can be written out and taken again, and is the same then. It is whole, so that nothing comes from a board. */
TEST(reads_back) {
	vectors_t v;
	cool_settings_t bare;
	setup();
	cool_settings_defaults(&bare);
	vectors_begin(&v, vectors_desired, vectors_desired_len, "cases");
	while (vectors_next(&v)) {
		size_t len;
		const char *payload = vectors_payload(&v, &len);
		cool_desired_id_t id;
		cool_problem_t p;
		if (cool_decode_desired(payload, len, &defaults, &got, &id, &p) != COOL_ACCEPTED) continue;
		len = settings_dump(&got, false, dump, sizeof dump);
		CHECK(len > 0);
		CHECK_EQ_INT(cool_decode_desired(dump, len, &bare, &again, &id, &p), COOL_ACCEPTED);
		settings_dump(&again, false, other, sizeof other);
		CHECK_STR(other, dump);
	}
}
