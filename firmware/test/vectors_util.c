#include "vectors_util.h"

#include <stdio.h>
#include <string.h>

void vectors_begin(vectors_t *v, const char *text, size_t len, const char *array) {
	cool_json_t file;
	memset(v, 0, sizeof *v);
	CHECK(cool_json_parse(text, len, &file));
	v->cases = cool_json_member(file, array);
	v->want = test_count_cases(text, len, array);
	CHECK(v->want > 0);
}

bool vectors_next(vectors_t *v) {
	if (!cool_json_next(v->cases, &v->it, NULL, &v->now)) {
		test_in(NULL);
		CHECK_EQ_INT(v->seen, v->want);
		return false;
	}
	v->seen++;
	snprintf(v->name, sizeof v->name, "case %d (%s)", v->seen, vectors_text(v->now, "name"));
	test_in(v->name);
	return true;
}

cool_json_t vectors_member(const vectors_t *v, const char *name) { return cool_json_member(v->now, name); }

const char *vectors_payload(const vectors_t *v, size_t *len) {
	static char payload[70000];
	cool_json_t hex = vectors_member(v, "payload_hex");
	payload[0] = 0;
	if (hex.at == NULL) {
		CHECK(cool_json_string(vectors_member(v, "payload"), payload, sizeof payload));
		*len = strlen(payload);
		return payload;
	}
	static char digits[2000];
	CHECK(cool_json_string(hex, digits, sizeof digits));
	*len = strlen(digits) / 2;
	for (size_t i = 0; i < *len; i++) {
		unsigned byte = 0;
		CHECK_EQ_INT(sscanf(digits + 2 * i, "%2x", &byte), 1);
		payload[i] = (char)byte;
	}
	return payload;
}

const char *vectors_text(cool_json_t object, const char *name) {
	static char texts[4][1200];
	static int turn;
	char *text = texts[turn++ % 4];
	cool_json_t v = cool_json_member(object, name);
	text[0] = 0;
	if (v.at != NULL) cool_json_string(v, text, sizeof texts[0]);
	return text;
}

double vectors_number(cool_json_t object, const char *name) {
	double v = 0;
	cool_json_double(cool_json_member(object, name), &v);
	return v;
}

int64_t vectors_integer(cool_json_t object, const char *name) {
	int64_t v = 0;
	cool_json_t member = cool_json_member(object, name);
	if (member.at != NULL) CHECK(cool_json_integer(member, -9007199254740991, 9007199254740991, &v));
	return v;
}

bool vectors_bool(cool_json_t object, const char *name) {
	bool v = false;
	cool_json_bool(cool_json_member(object, name), &v);
	return v;
}

bool vectors_accepted(const vectors_t *v, cool_reject_t got, const cool_problem_t *p) {
	const char *want = vectors_text(v->now, "reject");
	bool ok = CHECK_STR(cool_reject_word(got), want);
	CHECK_EQ_INT(p->code, got);
	CHECK_EQ_INT(p->reason[0] != 0, got != COOL_ACCEPTED);
	if (!ok) printf("  the reason: %s\n", p->reason);
	return ok && got == COOL_ACCEPTED;
}

/* The inside of a container, element by element. */
static void covers_all(cool_json_t got, cool_json_t want, const char *where) {
	cool_json_iter_t it = {NULL, NULL}, other = {NULL, NULL};
	cool_json_t name, value, element;
	char inner[200], member[64];
	bool object = cool_json_kind(want) == COOL_JSON_OBJECT;
	if (!object) CHECK_EQ_INT(cool_json_count(got), cool_json_count(want));
	for (int i = 0; cool_json_next(want, &it, &name, &value); i++) {
		if (object) {
			CHECK(cool_json_string(name, member, sizeof member));
			element = cool_json_member(got, member);
			snprintf(inner, sizeof inner, "%.120s.%s", where, member);
		} else {
			if (!cool_json_next(got, &other, NULL, &element)) return;
			snprintf(inner, sizeof inner, "%.120s[%d]", where, i);
		}
		vectors_covers(element, value, inner);
	}
}

void vectors_covers(cool_json_t got, cool_json_t want, const char *where) {
	double a = 0, b = 0;
	bool equal = cool_json_kind(got) == cool_json_kind(want);
	switch (cool_json_kind(want)) {
	case COOL_JSON_OBJECT:
	case COOL_JSON_ARRAY:
		if (equal) {
			covers_all(got, want, where);
			return;
		}
		break;
	case COOL_JSON_NUMBER: equal = equal && cool_json_double(got, &a) && cool_json_double(want, &b) && a - b < 1e-9 && b - a < 1e-9; break;
	default: equal = equal && got.len == want.len && memcmp(got.at, want.at, got.len) == 0; break;
	}
	if (!equal) {
		CHECK(equal);
		printf("  %s: is %.*s, want %.*s\n", where, (int)got.len, got.at == NULL ? "" : got.at, (int)want.len, want.at);
	}
}
