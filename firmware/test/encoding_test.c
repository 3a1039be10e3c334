/* What a device writes, byte for byte. */
#include "cool/messages.h"
#include "vectors_util.h"

#include <string.h>

VECTORS(encoding);
VECTORS(telemetry);

static char buf[4096];

static uint64_t hex(const char *text) {
	uint64_t v = 0;
	for (; *text != 0; text++)
		v = v << 4 | (uint64_t)(*text <= '9' ? *text - '0' : *text - 'a' + 10);
	return v;
}

/* Checks what was written against the case's payload. */
static void is_payload(const vectors_t *v, size_t len) {
	size_t want_len;
	const char *want = vectors_payload(v, &want_len);
	CHECK_EQ_INT(len, want_len);
	CHECK_STR(buf, want);
}

static cool_quality_t quality(const char *word) {
	for (int q = COOL_GOOD; q <= COOL_STALE; q++) {
		if (strcmp(cool_quality_word((cool_quality_t)q), word) == 0) return (cool_quality_t)q;
	}
	CHECK(false);
	return COOL_GOOD;
}

static cool_sample_t read_sample(cool_json_t from, cool_metric_t metrics[COOL_MAX_METRICS]) {
	cool_sample_t s = {.seq = (uint64_t)vectors_integer(from, "seq"), .metrics = metrics, .watched = vectors_bool(from, "watched")};
	cool_json_iter_t it = {NULL, NULL};
	cool_json_t metric;
	if (cool_json_member(from, "ts").at != NULL) {
		s.stamp = COOL_TS;
		s.time = vectors_integer(from, "ts");
	} else if (cool_json_member(from, "age").at != NULL) {
		s.stamp = COOL_AGE;
		s.time = vectors_integer(from, "age");
	}
	for (; cool_json_next(cool_json_member(from, "metrics"), &it, NULL, &metric); s.count++) {
		cool_metric_t *m = &metrics[s.count];
		cool_copy(m->name, sizeof m->name, vectors_text(metric, "name"));
		m->reading.value = vectors_number(metric, "value");
		m->reading.quality = cool_json_member(metric, "quality").at == NULL ? COOL_GOOD : quality(vectors_text(metric, "quality"));
	}
	return s;
}

TEST(telemetry) {
	vectors_t v;
	cool_metric_t metrics[COOL_MAX_METRICS];
	vectors_begin(&v, vectors_encoding, vectors_encoding_len, "telemetry");
	while (vectors_next(&v)) {
		cool_telemetry_t t;
		cool_json_iter_t it = {NULL, NULL};
		cool_json_t sample;
		int n = 0;
		cool_telemetry_begin(&t, buf, sizeof buf, hex(vectors_text(v.now, "boot")));
		for (; cool_json_next(vectors_member(&v, "samples"), &it, NULL, &sample); n++) {
			cool_sample_t s = read_sample(sample, metrics);
			CHECK(cool_telemetry_add(&t, &s));
		}
		CHECK_EQ_INT(t.samples, n);
		is_payload(&v, cool_telemetry_end(&t));
	}
}

/* Adds the members of an object as metrics: values, or words of faults. */
static void add_metrics(cool_sample_t *s, cool_metric_t metrics[COOL_MAX_METRICS], cool_json_t from, bool faults) {
	cool_json_iter_t it = {NULL, NULL};
	cool_json_t name, value;
	char word[20];
	while (s->count < COOL_MAX_METRICS && cool_json_next(from, &it, &name, &value)) {
		cool_metric_t *m = &metrics[s->count++];
		CHECK(cool_json_string(name, m->name, sizeof m->name));
		m->reading.quality = COOL_GOOD;
		m->reading.value = 0;
		if (faults) {
			CHECK(cool_json_string(value, word, sizeof word));
			m->reading.quality = quality(word);
		} else {
			CHECK(cool_json_double(value, &m->reading.value));
		}
	}
}

/* Whether a number is one that a device sends: at most four decimals, and not huge. */
static bool sent(double v) {
	double scaled = v * 10000;
	return scaled < 9e15 && scaled > -9e15 && scaled == (double)(int64_t)scaled;
}

/* What the server keeps of a message is what it keeps of the one that a device writes for it. */
TEST(telemetry_as_the_server_reads_it) {
	vectors_t v;
	cool_metric_t metrics[COOL_MAX_METRICS];
	int compared = 0;
	vectors_begin(&v, vectors_telemetry, vectors_telemetry_len, "cases");
	while (vectors_next(&v)) {
		cool_telemetry_t t;
		cool_json_iter_t it = {NULL, NULL}, written_it = {NULL, NULL};
		cool_json_t sample, written, message;
		bool whole = vectors_member(&v, "reject").at == NULL;
		cool_telemetry_begin(&t, buf, sizeof buf, hex(vectors_text(v.now, "boot")));
		while (whole && cool_json_next(vectors_member(&v, "samples"), &it, NULL, &sample)) {
			cool_sample_t s = {.seq = (uint64_t)vectors_integer(sample, "seq"), .metrics = metrics, .watched = vectors_bool(sample, "judged")};
			if (cool_json_member(sample, "ts").at != NULL || cool_json_member(sample, "age").at != NULL) {
				s.stamp = cool_json_member(sample, "ts").at != NULL ? COOL_TS : COOL_AGE;
				s.time = vectors_integer(sample, s.stamp == COOL_TS ? "ts" : "age");
			}
			add_metrics(&s, metrics, cool_json_member(sample, "values"), false);
			add_metrics(&s, metrics, cool_json_member(sample, "faults"), true);
			/* No device writes a sample that is refused, more metrics than it has, or finer numbers. */
			whole = !vectors_bool(sample, "refused") && s.count < COOL_MAX_METRICS;
			for (int i = 0; i < s.count; i++)
				whole = whole && sent(metrics[i].reading.value);
			whole = whole && cool_telemetry_add(&t, &s);
		}
		if (!whole) continue;
		compared++;
		CHECK(cool_json_parse(buf, cool_telemetry_end(&t), &message));
		it.at = NULL;
		while (cool_json_next(vectors_member(&v, "samples"), &it, NULL, &sample)) {
			CHECK(cool_json_next(cool_json_member(message, "samples"), &written_it, NULL, &written));
			vectors_covers(cool_json_member(written, "m"), cool_json_member(sample, "values"), "m");
			if (cool_json_count(cool_json_member(sample, "faults")) > 0)
				vectors_covers(cool_json_member(written, "q"), cool_json_member(sample, "faults"), "q");
			CHECK_EQ_INT(
				cool_json_member(written, "q").at != NULL, vectors_bool(sample, "judged") || cool_json_count(cool_json_member(sample, "faults")) > 0);
		}
	}
	CHECK(compared >= 20);
}

/* A value that is no number goes out as a fault, as from Go's encoder. */
TEST(no_number_is_a_fault) {
	volatile double zero = 0;
	cool_metric_t metrics[] = {{"a", {zero / zero, COOL_GOOD}}, {"b", {1 / zero, COOL_GOOD}}, {"c", {-1 / zero, COOL_GOOD}},
		{"d", {1e300, COOL_GOOD}}, {"e", {1, COOL_GOOD}}};
	cool_sample_t s = {.seq = 1, .metrics = metrics, .count = 5};
	cool_telemetry_t t;
	cool_telemetry_begin(&t, buf, sizeof buf, 1);
	CHECK(cool_telemetry_add(&t, &s));
	cool_telemetry_end(&t);
	CHECK_STR(buf,
		"{\"boot\":\"0000000000000001\",\"samples\":[{\"seq\":1,\"m\":{\"e\":1},\"q\":{\"a\":\"range\",\"b\":\"range\",\"c\":\"range\",\"d\":"
		"\"range\"}}]}");
}

/* A sample that does not fit leaves the message as it was, in a buffer of any size, and the message can always be ended. */
TEST(a_full_message_can_be_ended) {
	cool_metric_t metrics[] = {{"water", {31.25, COOL_GOOD}}, {"inlet", {0, COOL_CRC}}};
	for (size_t size = 1; size < 300; size++) {
		cool_telemetry_t t;
		cool_json_t got;
		memset(buf, '#', sizeof buf);
		cool_telemetry_begin(&t, buf, size, 1);
		int n = 0;
		for (;; n++) {
			cool_sample_t s = {.seq = (uint64_t)n + 1, .stamp = COOL_TS, .time = 1764000000123, .metrics = metrics, .count = 2};
			if (!cool_telemetry_add(&t, &s)) break;
		}
		CHECK_EQ_INT(t.samples, n);
		size_t len = cool_telemetry_end(&t);
		CHECK_EQ_INT(buf[size], '#');
		if (len == 0) {
			CHECK(n == 0 && size <= 42);
			continue;
		}
		CHECK(len < size);
		CHECK(cool_json_parse(buf, len, &got));
		CHECK_EQ_INT(cool_json_count(cool_json_member(got, "samples")), n);
	}
}

TEST(status) {
	vectors_t v;
	vectors_begin(&v, vectors_encoding, vectors_encoding_len, "status");
	while (vectors_next(&v)) {
		is_payload(&v,
			cool_encode_status(
				buf, sizeof buf, vectors_bool(v.now, "online"), hex(vectors_text(v.now, "boot")), (uint64_t)vectors_integer(v.now, "conn")));
	}
	CHECK_EQ_INT(cool_encode_status(buf, 20, true, 1, 1), 0);
}

TEST(reply) {
	vectors_t v;
	vectors_begin(&v, vectors_encoding, vectors_encoding_len, "reply");
	while (vectors_next(&v)) {
		const char *error = vectors_member(&v, "error").at == NULL ? NULL : vectors_text(v.now, "error");
		is_payload(&v, cool_encode_reply(buf, sizeof buf, vectors_text(v.now, "id"), error));
	}
}

/* Texts of a case that outlive further look-ups. */
static char kept[64][80];
static int keeps;
static const char *keep(const char *text) {
	char *to = kept[keeps++ % 64];
	cool_copy(to, sizeof kept[0], text);
	return to;
}

static int keep_list(cool_json_t list, const char **out) {
	cool_json_iter_t it = {NULL, NULL};
	cool_json_t value;
	char text[80];
	int n = 0;
	while (cool_json_next(list, &it, NULL, &value)) {
		CHECK(cool_json_string(value, text, sizeof text));
		out[n++] = keep(text);
	}
	return n;
}

static uint64_t read_pins(cool_json_t list) {
	cool_json_iter_t it = {NULL, NULL};
	cool_json_t value;
	uint64_t pins = 0;
	int64_t n;
	while (cool_json_next(list, &it, NULL, &value)) {
		CHECK(cool_json_integer(value, 0, 63, &n));
		pins |= UINT64_C(1) << n;
	}
	return pins;
}

static void read_own(cool_json_t outputs, cool_settings_t *own) {
	static const char *const roles[] = {"pump", "fan", "chiller", "buzzer"}, *const kinds[] = {"pwm4", "dc_pwm", "switch"};
	cool_json_iter_t it = {NULL, NULL};
	cool_json_t output;
	memset(own, 0, sizeof *own);
	while (cool_json_next(outputs, &it, NULL, &output)) {
		cool_output_cfg_t *o = &own->outputs[own->output_count++];
		int role = 0, kind = 0;
		while (strcmp(roles[role], vectors_text(output, "role")) != 0)
			role++;
		while (strcmp(kinds[kind], vectors_text(output, "kind")) != 0)
			kind++;
		cool_output_defaults(o, vectors_text(output, "name"), (cool_role_t)role, (cool_kind_t)kind);
		o->wiring.pin = (int)vectors_integer(output, "pin");
		o->wiring.tacho_pin = (int)vectors_integer(output, "tacho_pin");
	}
}

static void read_info(cool_json_t from, cool_info_t *i, cool_board_t *b, cool_settings_t *own, const char **capabilities) {
	cool_json_iter_t it = {NULL, NULL};
	cool_json_t probe, endpoint = cool_json_member(from, "endpoint"), board = cool_json_member(from, "board");
	memset(i, 0, sizeof *i);
	memset(b, 0, sizeof *b);
	i->name = keep(vectors_text(from, "label"));
	i->firmware = keep(vectors_text(from, "firmware"));
	i->chip = keep(vectors_text(from, "chip"));
	i->ip = keep(vectors_text(from, "ip"));
	i->reset_reason = keep(vectors_text(from, "reset_reason"));
	i->boot = hex(vectors_text(from, "boot"));
	i->rssi = (int)vectors_integer(from, "rssi");
	i->interval_ms = (uint32_t)vectors_integer(from, "interval_ms");
	for (; cool_json_next(cool_json_member(from, "probes"), &it, NULL, &probe); i->probe_count++) {
		i->probes[i->probe_count].rom = hex(vectors_text(probe, "rom"));
		i->probes[i->probe_count].role = keep(vectors_text(probe, "role"));
		i->probes[i->probe_count].clone = vectors_bool(probe, "clone");
	}
	i->metric_count = keep_list(cool_json_member(from, "metrics"), i->metrics);
	i->output_count = keep_list(cool_json_member(from, "outputs"), i->outputs);
	capabilities[keep_list(cool_json_member(from, "capabilities"), capabilities)] = NULL;
	i->capabilities = capabilities;
	i->endpoint.url = keep(vectors_text(endpoint, "url"));
	i->endpoint.state = keep(vectors_text(endpoint, "state"));
	i->endpoint.reason = keep(vectors_text(endpoint, "reason"));
	i->endpoint.command = keep(vectors_text(endpoint, "command"));
	if (board.at == NULL) return;
	b->output_pins = read_pins(cool_json_member(board, "output_pins"));
	b->input_pins = read_pins(cool_json_member(board, "input_pins"));
	b->pwm_channels = (int)vectors_integer(board, "pwm_channels");
	b->counters = (int)vectors_integer(board, "counters");
	b->leak = vectors_bool(board, "leak");
	b->flow = vectors_bool(board, "flow");
	b->humidity = vectors_bool(board, "humidity");
	i->board = b;
	if (cool_json_member(board, "outputs").at == NULL) return;
	read_own(cool_json_member(board, "outputs"), own);
	i->own = own;
}

TEST(info) {
	vectors_t v;
	cool_info_t i;
	cool_board_t b;
	static cool_settings_t own;
	const char *capabilities[16];
	vectors_begin(&v, vectors_encoding, vectors_encoding_len, "info");
	while (vectors_next(&v)) {
		read_info(v.now, &i, &b, &own, capabilities);
		is_payload(&v, cool_encode_info(buf, sizeof buf, &i));
		/* Pins that the board uses itself are on offer to nobody. */
		b.taken_pins = UINT64_C(1) << 5;
		b.output_pins |= b.taken_pins;
		b.input_pins |= b.taken_pins;
		is_payload(&v, cool_encode_info(buf, sizeof buf, &i));
		CHECK_EQ_INT(cool_encode_info(buf, 2, &i), 0);
	}
	/* NULL is as good as an empty text. */
	cool_info_t none;
	memset(&none, 0, sizeof none);
	CHECK_EQ_INT(cool_encode_info(buf, sizeof buf, &none), 2);
}

TEST(reported) {
	vectors_t v;
	vectors_begin(&v, vectors_encoding, vectors_encoding_len, "reported");
	while (vectors_next(&v)) {
		cool_reported_t r;
		cool_json_iter_t outputs = {NULL, NULL}, alarms = {NULL, NULL};
		cool_json_t value;
		memset(&r, 0, sizeof r);
		r.epoch = keep(vectors_text(v.now, "epoch"));
		r.version = (uint64_t)vectors_integer(v.now, "version");
		r.refused = keep(vectors_text(v.now, "refused"));
		r.interval_ms = (uint32_t)vectors_integer(v.now, "interval_ms");
		r.dropped = (uint64_t)vectors_integer(v.now, "dropped");
		for (; cool_json_next(vectors_member(&v, "outputs"), &outputs, NULL, &value); r.output_count++) {
			r.outputs[r.output_count].name = keep(vectors_text(value, "name"));
			r.outputs[r.output_count].mode = keep(vectors_text(value, "mode"));
			r.outputs[r.output_count].claim = keep(vectors_text(value, "claim"));
			r.outputs[r.output_count].duty = vectors_number(value, "duty") + 0.04; /* written with one decimal */
			r.outputs[r.output_count].supervised = vectors_bool(value, "supervised");
			r.outputs[r.output_count].cycles = (uint32_t)vectors_integer(value, "cycles");
		}
		for (; cool_json_next(vectors_member(&v, "alarms"), &alarms, NULL, &value); r.fault_count++) {
			r.faults[r.fault_count].name = keep(vectors_text(value, "name"));
			r.faults[r.fault_count].occurrence = (uint32_t)vectors_integer(value, "occurrence");
			r.faults[r.fault_count].active = vectors_bool(value, "active");
		}
		is_payload(&v, cool_encode_reported(buf, sizeof buf, &r));
		CHECK_EQ_INT(cool_encode_reported(buf, 10, &r), 0);
	}
}
