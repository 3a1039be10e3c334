#include "text.h"

#include "cool/json.h"

void cool_text_begin(cool_text_t *t, char *buf, size_t size) {
	*t = (cool_text_t){.at = buf, .size = size};
	if (size > 0) buf[0] = '\0';
}

void cool_text_add(cool_text_t *t, const char *s) {
	while (*s != '\0' && t->len + 1 < t->size)
		t->at[t->len++] = *s++;
	if (t->len < t->size) t->at[t->len] = '\0';
}

void cool_text_int(cool_text_t *t, int64_t v) {
	char number[24];
	cool_json_writer_t w;
	cool_json_writer_init(&w, number, sizeof number);
	cool_json_put_int(&w, v);
	cool_text_add(t, number);
}

void cool_text_number(cool_text_t *t, double v) {
	if (!cool_finite(v)) {
		cool_text_add(t, "not a number");
		return;
	}
	char number[32];
	cool_json_writer_t w;
	cool_json_writer_init(&w, number, sizeof number);
	cool_json_put_decimal(&w, v, 4);
	cool_text_add(t, w.full ? "a huge number" : number);
}

bool cool_refuse(char *reason, const char *member, double v, const char *expected) {
	cool_text_t t;
	cool_text_begin(&t, reason, COOL_REASON_SIZE);
	cool_text_add(&t, member);
	cool_text_add(&t, ": ");
	cool_text_number(&t, v);
	cool_text_add(&t, expected);
	return false;
}
