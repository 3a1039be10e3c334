/* The arguments of clear_fault, ota and zero: the contract's vectors. */
#include "cool/messages.h"
#include "vectors_util.h"

#include <string.h>

VECTORS(commands);

static void clear_fault(const vectors_t *v, cool_json_t args) {
	cool_clear_fault_t got = {"before", 7};
	cool_problem_t p;
	cool_json_t want = vectors_member(v, "accept");
	if (!vectors_accepted(v, cool_decode_clear_fault(args, &got, &p), &p)) {
		CHECK_STR(got.fault, "before");
		return;
	}
	CHECK_STR(got.fault, vectors_text(want, "fault"));
	CHECK_EQ_INT(got.occurrence, vectors_integer(want, "occurrence"));
}

static void ota(const vectors_t *v, cool_json_t args) {
	cool_ota_t got = {"before", "", {0}};
	cool_problem_t p;
	char sha256[65];
	cool_json_t want = vectors_member(v, "accept");
	if (!vectors_accepted(v, cool_decode_ota(args, &got, &p), &p)) {
		CHECK_STR(got.url, "before");
		return;
	}
	for (size_t i = 0; i < 64; i++)
		sha256[i] = "0123456789abcdef"[i % 2 == 0 ? got.sha256[i / 2] >> 4 : got.sha256[i / 2] & 15];
	sha256[64] = 0;
	CHECK_STR(got.url, vectors_text(want, "url"));
	CHECK_STR(got.version, vectors_text(want, "version"));
	CHECK_STR(sha256, vectors_text(want, "sha256"));
}

static void zero(const vectors_t *v, cool_json_t args) {
	cool_zero_t got = {.count = 7};
	cool_problem_t p;
	cool_json_t want = vectors_member(v, "accept"), role;
	cool_json_iter_t it = {NULL, NULL};
	if (!vectors_accepted(v, cool_decode_zero(args, &got, &p), &p)) {
		CHECK_EQ_INT(got.count, 7);
		return;
	}
	CHECK_EQ_INT(got.seconds, vectors_integer(want, "seconds"));
	CHECK_EQ_INT(got.count, cool_json_count(cool_json_member(want, "roles")));
	for (int i = 0; cool_json_next(cool_json_member(want, "roles"), &it, NULL, &role); i++)
		CHECK(cool_json_equals(role, got.roles[i]));
}

TEST(argument_vectors) {
	vectors_t v;
	vectors_begin(&v, vectors_commands, vectors_commands_len, "cases");
	while (vectors_next(&v)) {
		size_t len;
		const char *text = vectors_payload(&v, &len), *command = vectors_text(v.now, "command");
		cool_json_t args = {text, len};
		if (strcmp(command, "clear_fault") == 0) {
			clear_fault(&v, args);
		} else if (strcmp(command, "ota") == 0) {
			ota(&v, args);
		} else if (CHECK_STR(command, "zero")) {
			zero(&v, args);
		}
	}
}

/* A command without args has none of what it needs. */
TEST(no_arguments) {
	cool_json_t none = {NULL, 0};
	cool_problem_t p;
	cool_clear_fault_t c;
	cool_ota_t o;
	cool_zero_t z;
	CHECK_EQ_INT(cool_decode_clear_fault(none, &c, &p), COOL_BAD_FIELD);
	CHECK_STR(p.reason, "fault: it is missing");
	CHECK_EQ_INT(cool_decode_ota(none, &o, &p), COOL_BAD_FIELD);
	CHECK_EQ_INT(cool_decode_zero(none, &z, &p), COOL_BAD_FIELD);
}
