/* Any bytes as JSON: what is found valid can be walked over whole, and reads back from what the writer makes of it. */
#include "cool/json.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#define MUST(cond)            \
	do {                      \
		if (!(cond)) abort(); \
	} while (0)

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static char text[3 * 65536];

/* Writes a value again; depth is bounded by COOL_JSON_DEPTH. */
static void copy(cool_json_t v, cool_json_writer_t *w) {
	cool_json_iter_t it = {NULL, NULL};
	cool_json_t name, value;
	double number;
	bool yes;
	switch (cool_json_kind(v)) {
	case COOL_JSON_OBJECT:
	case COOL_JSON_ARRAY: {
		bool object = cool_json_kind(v) == COOL_JSON_OBJECT;
		object ? cool_json_open_object(w) : cool_json_open_array(w);
		int n = 0;
		while (cool_json_next(v, &it, &name, &value)) {
			if (object) {
				MUST(cool_json_kind(name) == COOL_JSON_STRING);
				cool_json_key(w, cool_json_string(name, text, sizeof text) ? text : "NUL");
			}
			MUST(value.at >= v.at && value.at + value.len <= v.at + v.len);
			copy(value, w);
			n++;
		}
		MUST(cool_json_count(v) == n);
		object ? cool_json_close_object(w) : cool_json_close_array(w);
		return;
	}
	case COOL_JSON_STRING:
		if (cool_json_string(v, text, sizeof text)) {
			MUST(cool_json_equals(v, text));
			cool_json_put_string(w, text);
		} else {
			cool_json_put_string(w, "NUL");
		}
		return;
	case COOL_JSON_NUMBER:
		if (cool_json_double(v, &number)) MUST(number - number == 0);
		cool_json_put_decimal(w, cool_json_double(v, &number) ? number : 0, 4);
		return;
	default:
		if (cool_json_bool(v, &yes)) {
			cool_json_put_bool(w, yes);
		} else {
			MUST(cool_json_kind(v) == COOL_JSON_NULL);
			cool_json_put_decimal(w, 1e300, 0);
		}
		return;
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
	static char first[8 * 65536], second[8 * 65536];
	cool_json_writer_t w;
	cool_json_t v;
	if (size > 65536 || !cool_json_parse((const char *)data, size, &v)) return 0;
	MUST(cool_json_kind(v) != COOL_JSON_NONE);
	cool_json_writer_init(&w, first, sizeof first);
	copy(v, &w);
	MUST(!w.full && cool_json_parse(first, w.len, &v));
	size_t len = w.len;
	cool_json_writer_init(&w, second, sizeof second);
	copy(v, &w);
	MUST(w.len == len && memcmp(first, second, len) == 0);
	return 0;
}
