/* Telemetry, sample by sample, in the order of the contract: seq, ts or age, m, q. */
#include "cool/messages.h"

#include "hex.h"

enum { TAIL = 2 /* bytes of "]}", for which there is always room */ };

void cool_telemetry_begin(cool_telemetry_t *t, char *buf, size_t size, uint64_t boot) {
	cool_json_writer_t *w = &t->json;
	char digits[17];
	cool_hex16(digits, boot);
	cool_json_writer_init(w, buf, size > TAIL ? size - TAIL : 1);
	cool_json_open_object(w);
	cool_json_key(w, "boot");
	cool_json_put_string(w, digits);
	cool_json_key(w, "samples");
	cool_json_open_array(w);
	t->samples = 0;
}

/* A good value that is no number, or none that could be written, is a fault like any other. */
static cool_quality_t sent_quality(const cool_reading_t *r) {
	const double most = 9e18;
	if (r->quality != COOL_GOOD) return r->quality;
	return cool_finite(r->value) && r->value < most && r->value > -most ? COOL_GOOD : COOL_RANGE;
}

static void put_values(cool_json_writer_t *w, const cool_sample_t *s) {
	cool_json_key(w, "m");
	cool_json_open_object(w);
	for (int i = 0; i < s->count; i++) {
		const cool_reading_t *r = &s->metrics[i].reading;
		if (sent_quality(r) != COOL_GOOD) continue;
		cool_json_key(w, s->metrics[i].name);
		/* Four digits hold the sixteenths of a DS18B20. */
		cool_json_put_decimal(w, r->value, 4);
	}
	cool_json_close_object(w);
}

static void put_faults(cool_json_writer_t *w, const cool_sample_t *s) {
	cool_json_key(w, "q");
	cool_json_open_object(w);
	for (int i = 0; i < s->count; i++) {
		cool_quality_t q = sent_quality(&s->metrics[i].reading);
		if (q == COOL_GOOD) continue;
		cool_json_key(w, s->metrics[i].name);
		cool_json_put_string(w, cool_quality_word(q));
	}
	cool_json_close_object(w);
}

bool cool_telemetry_add(cool_telemetry_t *t, const cool_sample_t *s) {
	cool_json_writer_t *w = &t->json, before = *w;
	bool faults = s->watched;
	for (int i = 0; i < s->count; i++)
		faults = faults || sent_quality(&s->metrics[i].reading) != COOL_GOOD;
	cool_json_open_object(w);
	cool_json_key(w, "seq");
	cool_json_put_uint(w, s->seq);
	if (s->stamp != COOL_NO_TIME) {
		cool_json_key(w, s->stamp == COOL_TS ? "ts" : "age");
		cool_json_put_int(w, s->time);
	}
	put_values(w, s);
	if (faults) put_faults(w, s);
	cool_json_close_object(w);
	if (w->full) {
		/* One that did not even have room to begin stays full. */
		*w = before;
		w->buf[w->len] = '\0';
		return false;
	}
	t->samples++;
	return true;
}

size_t cool_telemetry_end(cool_telemetry_t *t) {
	cool_json_writer_t *w = &t->json;
	if (w->full) return 0;
	w->size += TAIL;
	cool_json_close_array(w);
	cool_json_close_object(w);
	return w->len;
}
