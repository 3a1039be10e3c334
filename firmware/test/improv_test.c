#include "test.h"

#include <string.h>

#include "cool/improv.h"

/* Feeds bytes; returns what the last one completed. */
static cool_improv_event_t feed(cool_improv_t *p, const void *bytes, size_t len) {
	cool_improv_event_t e = COOL_IMPROV_NOTHING;
	for (size_t i = 0; i < len; i++) {
		e = cool_improv_feed(p, ((const uint8_t *)bytes)[i]);
	}
	return e;
}

/* Builds a packet; returns its length without a line feed. */
static size_t packet(uint8_t out[COOL_IMPROV_FRAME], uint8_t type, const void *data, uint8_t len) {
	memcpy(out, "IMPROV\x01", 7);
	out[7] = type;
	out[8] = len;
	if (len > 0) {
		memcpy(out + 9, data, len);
	}
	uint8_t sum = 0;
	for (size_t i = 0; i < 9U + len; i++) {
		sum = (uint8_t)(sum + out[i]);
	}
	out[9 + len] = sum;
	return 10U + len;
}

static cool_improv_error_t call(const void *data, uint8_t len, cool_improv_t *p, cool_improv_call_t *out) {
	uint8_t frame[COOL_IMPROV_FRAME];
	CHECK_EQ_INT(feed(p, frame, packet(frame, COOL_IMPROV_COMMAND, data, len)), COOL_IMPROV_CALL);
	return cool_improv_call(p, out);
}

TEST(a_packet_of_known_bytes) {
	/* "What is your state?", its sum reckoned by hand. */
	static const uint8_t ask[] = {0x49, 0x4D, 0x50, 0x52, 0x4F, 0x56, 0x01, 0x03, 0x02, 0x02, 0x00, 0xE5};
	cool_improv_t p = {0};
	cool_improv_call_t c;
	CHECK_EQ_INT(feed(&p, ask, sizeof ask), COOL_IMPROV_CALL);
	CHECK_EQ_INT(cool_improv_call(&p, &c), COOL_IMPROV_OK);
	CHECK_EQ_INT(c.command, COOL_IMPROV_GET_STATE);
}

TEST(the_packet_of_the_guide) {
	/* docs/provisioning.md */
	static const uint8_t bytes[] = {0x49, 0x4D, 0x50, 0x52, 0x4F, 0x56, 0x01, 0x03, 0x0A, 0xC0, 0x08, 0x01, 0x01, 'r', 'a', 'c', 'k', '-', '1', 0xB4};
	cool_improv_t p = {0};
	cool_improv_call_t c;
	CHECK_EQ_INT(feed(&p, bytes, sizeof bytes), COOL_IMPROV_CALL);
	CHECK_EQ_INT(cool_improv_call(&p, &c), COOL_IMPROV_OK);
	CHECK_EQ_INT(c.field, 1);
	CHECK(c.begin && c.piece_len == 6 && memcmp(c.piece, "rack-1", 6) == 0);
}

TEST(packets_stand_among_lines_of_the_log) {
	uint8_t frame[COOL_IMPROV_FRAME];
	size_t len = packet(frame, COOL_IMPROV_COMMAND, "\x03\x00", 2);
	cool_improv_t p = {0};
	CHECK_EQ_INT(feed(&p, "I (123) main: IMPROV IMPRIMPROV\x02", 32), COOL_IMPROV_NOTHING);
	CHECK_EQ_INT(feed(&p, "\nIMPRO", 6), COOL_IMPROV_NOTHING);
	CHECK_EQ_INT(feed(&p, frame, len), COOL_IMPROV_CALL);
	CHECK_EQ_INT(feed(&p, "\n", 1), COOL_IMPROV_NOTHING);
	CHECK_EQ_INT(feed(&p, frame, len), COOL_IMPROV_CALL);
}

TEST(a_wrong_sum_is_noticed_once) {
	uint8_t frame[COOL_IMPROV_FRAME];
	size_t len = packet(frame, COOL_IMPROV_COMMAND, "\x03\x00", 2);
	cool_improv_t p = {0};
	for (size_t at = 7; at < len; at++) {
		if (at == 8) {
			continue; /* another length is another packet */
		}
		frame[at] ^= 0x10;
		CHECK_EQ_INT(feed(&p, frame, len), COOL_IMPROV_BROKEN);
		frame[at] ^= 0x10;
		CHECK_EQ_INT(feed(&p, frame, len), COOL_IMPROV_CALL);
	}
}

TEST(packets_of_other_types_are_passed_over) {
	uint8_t frame[COOL_IMPROV_FRAME];
	cool_improv_t p = {0};
	CHECK_EQ_INT(feed(&p, frame, packet(frame, COOL_IMPROV_STATE, "\x02", 1)), COOL_IMPROV_NOTHING);
	CHECK_EQ_INT(feed(&p, frame, packet(frame, 0x77, NULL, 0)), COOL_IMPROV_NOTHING);
	CHECK_EQ_INT(feed(&p, frame, packet(frame, COOL_IMPROV_COMMAND, "\x02\x00", 2)), COOL_IMPROV_CALL);
}

TEST(wifi_settings) {
	cool_improv_t p = {0};
	cool_improv_call_t c;
	CHECK_EQ_INT(call("\x01\x0e\x04home\x08hunter22", 16, &p, &c), COOL_IMPROV_OK);
	CHECK_STR(c.ssid, "home");
	CHECK_STR(c.password, "hunter22");
	CHECK_EQ_INT(call("\x01\x06\x04open\x00", 8, &p, &c), COOL_IMPROV_OK);
	CHECK_STR(c.password, "");
}

TEST(commands_of_another_form_are_refused) {
	static const struct {
		const char *name;
		const char *data;
		uint8_t len;
		cool_improv_error_t want;
	} cases[] = {
		{"nothing", "", 0, COOL_IMPROV_INVALID},
		{"no length", "\x02", 1, COOL_IMPROV_INVALID},
		{"too short", "\x02\x01", 2, COOL_IMPROV_INVALID},
		{"too long", "\x02\x00x", 3, COOL_IMPROV_INVALID},
		{"with something behind", "\x02\x01x", 3, COOL_IMPROV_INVALID},
		{"no ssid", "\x01\x02\x00\x00", 4, COOL_IMPROV_INVALID},
		{"an ssid that is longer than the packet", "\x01\x02\x09x", 4, COOL_IMPROV_INVALID},
		{"no password", "\x01\x02\x01x", 4, COOL_IMPROV_INVALID},
		{"a password that is longer than the packet", "\x01\x04\x01x\x02y", 6, COOL_IMPROV_INVALID},
		{"something behind the password", "\x01\x05\x01x\x01yz", 7, COOL_IMPROV_INVALID},
		{"a zero byte in the ssid", "\x01\x04\x02x\x00\x00", 6, COOL_IMPROV_INVALID},
		{"an ssid of 33 bytes",
			"\x01\x23\x21"
			"012345678901234567890123456789012\x00",
			37, COOL_IMPROV_INVALID},
		{"a piece without a field", "\xC0\x00", 2, COOL_IMPROV_INVALID},
		{"a piece without its begin", "\xC0\x01\x07", 3, COOL_IMPROV_INVALID},
		{"a piece that begins twice", "\xC0\x02\x07\x02", 4, COOL_IMPROV_INVALID},
		{"an unknown command", "\x63\x00", 2, COOL_IMPROV_UNKNOWN},
	};
	for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
		cool_improv_t p = {0};
		cool_improv_call_t c;
		test_in(cases[i].name);
		CHECK_EQ_INT(call(cases[i].data, cases[i].len, &p, &c), cases[i].want);
	}
}

TEST(pieces_of_values) {
	uint8_t data[COOL_IMPROV_DATA] = {COOL_IMPROV_PUT, COOL_IMPROV_DATA - 2, 7, 1};
	cool_improv_t p = {0};
	cool_improv_call_t c;
	memset(data + 4, 'x', COOL_IMPROV_CHUNK);
	CHECK_EQ_INT(call(data, COOL_IMPROV_DATA, &p, &c), COOL_IMPROV_OK);
	CHECK_EQ_INT(c.field, 7);
	CHECK(c.begin);
	CHECK_EQ_INT(c.piece_len, COOL_IMPROV_CHUNK);
	CHECK_EQ_INT(c.piece[COOL_IMPROV_CHUNK - 1], 'x');
	CHECK_EQ_INT(call("\xC0\x02\x07\x00", 4, &p, &c), COOL_IMPROV_OK);
	CHECK(!c.begin);
	CHECK_EQ_INT(c.piece_len, 0);
	static const uint8_t plain[] = {COOL_IMPROV_APPLY, COOL_IMPROV_NETWORKS, COOL_IMPROV_GET_INFO, COOL_IMPROV_SCAN};
	for (size_t i = 0; i < sizeof plain; i++) {
		uint8_t both[2] = {plain[i], 0};
		CHECK_EQ_INT(call(both, 2, &p, &c), COOL_IMPROV_OK);
		CHECK_EQ_INT(c.command, plain[i]);
	}
}

/* Takes an answer apart again with the sum that a receiver would reckon. */
static void check_frame(const uint8_t *f, size_t len, uint8_t type, size_t content) {
	CHECK(memcmp(f, "IMPROV\x01", 7) == 0);
	CHECK_EQ_INT(f[7], type);
	CHECK_EQ_INT(f[8], content);
	CHECK_EQ_INT(len, 11 + content);
	CHECK_EQ_INT(f[len - 1], '\n');
	uint8_t sum = 0;
	for (size_t i = 0; i + 2 < len; i++) {
		sum = (uint8_t)(sum + f[i]);
	}
	CHECK_EQ_INT(f[len - 2], sum);
}

TEST(answers) {
	uint8_t f[COOL_IMPROV_FRAME];
	check_frame(f, cool_improv_write_state(f, COOL_IMPROV_PROVISIONED), COOL_IMPROV_STATE, 1);
	CHECK_EQ_INT(f[9], 4);
	check_frame(f, cool_improv_write_error(f, COOL_IMPROV_UNREACHABLE), COOL_IMPROV_ERROR, 1);
	CHECK_EQ_INT(f[9], 3);
	check_frame(f, cool_improv_write_result(f, COOL_IMPROV_APPLY, NULL, 0), COOL_IMPROV_RESULT, 2);
	const char *texts[] = {"Coolant", "1.0.0", "", "pump"};
	check_frame(f, cool_improv_write_result(f, COOL_IMPROV_GET_INFO, texts, 4), COOL_IMPROV_RESULT, 2 + 8 + 6 + 1 + 5);
	CHECK(memcmp(f + 9,
			  "\x03\x14\x07"
			  "Coolant\x05"
			  "1.0.0\x00\x04pump",
			  22) == 0);
}

TEST(answers_that_do_not_fit_are_cut) {
	char text[400];
	uint8_t f[COOL_IMPROV_FRAME + 1];
	f[COOL_IMPROV_FRAME] = 0xA5;
	for (size_t len = 240; len < sizeof text; len++) {
		memset(text, 'x', len);
		text[len] = '\0';
		const char *texts[] = {text, "more", "and more"};
		size_t n = cool_improv_write_result(f, COOL_IMPROV_GET_INFO, texts, 3);
		CHECK(n <= COOL_IMPROV_FRAME);
		check_frame(f, n, COOL_IMPROV_RESULT, f[8]);
		CHECK_EQ_INT(f[10], f[8] - 2);
		CHECK_EQ_INT(f[COOL_IMPROV_FRAME], 0xA5);
		if (len + 1 >= sizeof text) {
			break;
		}
	}
}

/* Whatever comes, a whole packet behind it is found once a longest packet has passed. */
TEST(noise_never_sticks) {
	uint64_t seed = 20261125;
	uint8_t frame[COOL_IMPROV_FRAME];
	size_t len = packet(frame, COOL_IMPROV_COMMAND, "\x02\x00", 2);
	for (int run = 0; run < TEST_RUNS(20000, 500); run++) {
		cool_improv_t p = {0};
		int noise = test_random_int(&seed, 0, 40);
		for (int i = 0; i < noise; i++) {
			uint8_t byte =
				test_random_int(&seed, 0, 1) == 0 ? frame[test_random_int(&seed, 0, (int)len - 1)] : (uint8_t)test_random_int(&seed, 0, 255);
			(void)cool_improv_feed(&p, byte);
		}
		for (int i = 0; i < COOL_IMPROV_FRAME; i++) {
			(void)cool_improv_feed(&p, 0);
		}
		CHECK_EQ_INT(feed(&p, frame, len), COOL_IMPROV_CALL);
	}
}
