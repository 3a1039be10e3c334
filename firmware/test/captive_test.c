#include "test.h"

#include <string.h>

#include "cool/captive.h"

static const uint8_t address[4] = {192, 168, 4, 1};

/* A query for a.bc, type A, as RFC 1035 writes it; recursion is desired. */
static const uint8_t query[] = {0x12, 0x34, 0x01, 0x00, 0, 1, 0, 0, 0, 0, 0, 0, 1, 'a', 2, 'b', 'c', 0, 0, 1, 0, 1};

TEST(a_name_is_the_device) {
	static const uint8_t want[] = {
		0x12, 0x34, 0x85, 0x00, 0, 1, 0, 1, 0, 0, 0, 0, 1, 'a', 2, 'b', 'c', 0, 0, 1, 0, 1, 0xC0, 0x0C, 0, 1, 0, 1, 0, 0, 0, 1, 0, 4, 192, 168, 4, 1};
	uint8_t out[COOL_DNS_SIZE];
	size_t n = cool_captive_answer(query, sizeof query, address, out, sizeof out);
	CHECK_EQ_INT(n, sizeof want);
	CHECK(n == sizeof want && memcmp(out, want, n) == 0);
}

TEST(other_types_have_no_record) {
	uint8_t q[sizeof query], out[COOL_DNS_SIZE];
	memcpy(q, query, sizeof q);
	q[19] = 28; /* AAAA */
	CHECK_EQ_INT(cool_captive_answer(q, sizeof q, address, out, sizeof out), sizeof q);
	CHECK_EQ_INT(out[7], 0);
	memcpy(q, query, sizeof q);
	q[21] = 3; /* another class */
	CHECK_EQ_INT(cool_captive_answer(q, sizeof q, address, out, sizeof out), sizeof q);
}

/* A resolver adds records of its own behind the question (EDNS); they are not answered. */
TEST(what_follows_the_question_is_left_out) {
	uint8_t q[sizeof query + 11] = {0}, out[COOL_DNS_SIZE];
	memcpy(q, query, sizeof query);
	q[11] = 1;
	CHECK_EQ_INT(cool_captive_answer(q, sizeof q, address, out, sizeof out), sizeof query + 16);
	CHECK_EQ_INT(out[11], 0);
}

TEST(what_is_no_query_is_not_answered) {
	uint8_t q[sizeof query], out[COOL_DNS_SIZE];
	for (size_t len = 0; len < sizeof query; len++) {
		CHECK_EQ_INT(cool_captive_answer(query, len, address, out, sizeof out), 0);
	}
	static const struct {
		const char *name;
		size_t at;
		uint8_t byte;
	} cases[] = {{"an answer", 2, 0x81}, {"another opcode", 2, 0x10}, {"two questions", 5, 2}, {"no question", 5, 0},
		{"a pointer as a name", 12, 0xC0}, {"a label that goes beyond", 12, 63}};
	for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
		test_in(cases[i].name);
		memcpy(q, query, sizeof q);
		q[cases[i].at] = cases[i].byte;
		CHECK_EQ_INT(cool_captive_answer(q, sizeof q, address, out, sizeof out), 0);
	}
	test_in("no room");
	CHECK_EQ_INT(cool_captive_answer(query, sizeof query, address, out, sizeof query + 15), 0);
}

TEST(a_name_has_an_end) {
	uint8_t q[COOL_DNS_SIZE], out[COOL_DNS_SIZE];
	memset(q, 1, sizeof q);
	memcpy(q, query, 12);
	CHECK_EQ_INT(cool_captive_answer(q, sizeof q, address, out, sizeof out), 0);
}
