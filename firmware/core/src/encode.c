/* The messages that a device sends, except telemetry. */
#include "cool/messages.h"

#include "hex.h"

/* Begins a message. */
static void begin(cool_json_writer_t *w, char *buf, size_t size) {
	cool_json_writer_init(w, buf, size);
	cool_json_open_object(w);
}

/* Ends it, and returns its length; 0 if it did not fit. */
static size_t end(cool_json_writer_t *w) {
	cool_json_close_object(w);
	return w->full ? 0 : w->len;
}

static void hex_member(cool_json_writer_t *w, const char *name, uint64_t v) {
	char digits[17];
	cool_hex16(digits, v);
	cool_json_key(w, name);
	cool_json_put_string(w, digits);
}

static void uint_member(cool_json_writer_t *w, const char *name, uint64_t v) {
	cool_json_key(w, name);
	cool_json_put_uint(w, v);
}

static void bool_member(cool_json_writer_t *w, const char *name, bool v) {
	cool_json_key(w, name);
	cool_json_put_bool(w, v);
}

static void string_member(cool_json_writer_t *w, const char *name, const char *text) {
	cool_json_key(w, name);
	cool_json_put_string(w, text);
}

/* A string that is left out where it is empty. */
static void some_string(cool_json_writer_t *w, const char *name, const char *text) {
	if (text != NULL && text[0] != '\0') string_member(w, name, text);
}

/* A list of strings that is left out where it is empty. */
static void some_strings(cool_json_writer_t *w, const char *name, const char *const *texts, int count) {
	if (count == 0) return;
	cool_json_key(w, name);
	cool_json_open_array(w);
	for (int i = 0; i < count; i++)
		cool_json_put_string(w, texts[i]);
	cool_json_close_array(w);
}

size_t cool_encode_status(char *buf, size_t size, bool online, uint64_t boot, uint64_t conn) {
	cool_json_writer_t w;
	begin(&w, buf, size);
	string_member(&w, "state", online ? "online" : "offline");
	hex_member(&w, "boot", boot);
	uint_member(&w, "conn", conn);
	return end(&w);
}

size_t cool_encode_reply(char *buf, size_t size, const char *id, const char *error) {
	cool_json_writer_t w;
	begin(&w, buf, size);
	string_member(&w, "id", id);
	bool_member(&w, "ok", error == NULL);
	if (error != NULL) string_member(&w, "error", error);
	return end(&w);
}

/* The numbers of the bits that are set. */
static void put_pins(cool_json_writer_t *w, const char *name, uint64_t pins) {
	cool_json_key(w, name);
	cool_json_open_array(w);
	for (int pin = 0; pin < 64; pin++) {
		if (pins >> pin & 1) cool_json_put_int(w, pin);
	}
	cool_json_close_array(w);
}

/* The outputs that the board has by itself, so that nobody has to guess which pins they have. */
static void put_own(cool_json_writer_t *w, const cool_settings_t *own) {
	cool_json_key(w, "outputs");
	cool_json_open_array(w);
	for (int n = 0; n < own->output_count; n++) {
		const cool_output_cfg_t *o = &own->outputs[n];
		cool_json_open_object(w);
		string_member(w, "name", o->name);
		string_member(w, "role", cool_role_words[o->role]);
		string_member(w, "kind", cool_kind_words[o->kind]);
		cool_json_key(w, "pin");
		cool_json_put_int(w, o->wiring.pin);
		cool_json_key(w, "tacho_pin");
		cool_json_put_int(w, o->wiring.tacho_pin);
		cool_json_close_object(w);
	}
	cool_json_close_array(w);
}

/* What can be asked for: pins that the board itself uses are not on offer. */
static void put_board(cool_json_writer_t *w, const cool_board_t *b, const cool_settings_t *own) {
	cool_json_key(w, "board");
	cool_json_open_object(w);
	put_pins(w, "output_pins", b->output_pins & ~b->taken_pins);
	put_pins(w, "input_pins", b->input_pins & ~b->taken_pins);
	cool_json_key(w, "pwm_channels");
	cool_json_put_int(w, b->pwm_channels);
	cool_json_key(w, "counters");
	cool_json_put_int(w, b->counters);
	bool_member(w, "leak", b->leak);
	bool_member(w, "flow", b->flow);
	bool_member(w, "humidity", b->humidity);
	if (own != NULL) put_own(w, own);
	cool_json_close_object(w);
}

static void put_probes(cool_json_writer_t *w, const cool_info_t *i) {
	if (i->probe_count == 0) return;
	cool_json_key(w, "probes");
	cool_json_open_array(w);
	for (int n = 0; n < i->probe_count; n++) {
		cool_json_open_object(w);
		hex_member(w, "rom", i->probes[n].rom);
		some_string(w, "role", i->probes[n].role);
		if (i->probes[n].clone) bool_member(w, "clone", true);
		cool_json_close_object(w);
	}
	cool_json_close_array(w);
}

static void put_endpoint(cool_json_writer_t *w, const cool_endpoint_info_t *e) {
	if (e->url == NULL || e->url[0] == '\0') return;
	cool_json_key(w, "endpoint");
	cool_json_open_object(w);
	string_member(w, "url", e->url);
	string_member(w, "state", e->state);
	some_string(w, "reason", e->reason);
	some_string(w, "command", e->command);
	cool_json_close_object(w);
}

size_t cool_encode_info(char *buf, size_t size, const cool_info_t *i) {
	cool_json_writer_t w;
	int capabilities = 0;
	begin(&w, buf, size);
	some_string(&w, "name", i->name);
	some_string(&w, "firmware", i->firmware);
	some_string(&w, "chip", i->chip);
	if (i->boot != 0) hex_member(&w, "boot", i->boot);
	put_probes(&w, i);
	some_strings(&w, "metrics", i->metrics, i->metric_count);
	some_strings(&w, "outputs", i->outputs, i->output_count);
	while (i->capabilities != NULL && i->capabilities[capabilities] != NULL)
		capabilities++;
	some_strings(&w, "capabilities", i->capabilities, capabilities);
	some_string(&w, "ip", i->ip);
	if (i->rssi != 0) {
		cool_json_key(&w, "rssi");
		cool_json_put_int(&w, i->rssi);
	}
	some_string(&w, "reset_reason", i->reset_reason);
	if (i->interval_ms != 0) uint_member(&w, "interval_ms", i->interval_ms);
	put_endpoint(&w, &i->endpoint);
	if (i->board != NULL) put_board(&w, i->board, i->own);
	return end(&w);
}

static void put_outputs(cool_json_writer_t *w, const cool_reported_t *r) {
	cool_json_key(w, "outputs");
	cool_json_open_array(w);
	for (int i = 0; i < r->output_count; i++) {
		cool_json_open_object(w);
		string_member(w, "name", r->outputs[i].name);
		string_member(w, "mode", r->outputs[i].mode);
		cool_json_key(w, "duty");
		cool_json_put_decimal(w, r->outputs[i].duty, 1);
		some_string(w, "claim", r->outputs[i].claim);
		bool_member(w, "supervised", r->outputs[i].supervised);
		if (r->outputs[i].cycles != 0) uint_member(w, "cycles", r->outputs[i].cycles);
		cool_json_close_object(w);
	}
	cool_json_close_array(w);
}

/* `faults` are the names alone, which every server understands; `alarms` say which occurrence, for clear_fault. */
static void put_faults(cool_json_writer_t *w, const cool_reported_t *r) {
	if (r->fault_count == 0) return;
	cool_json_key(w, "faults");
	cool_json_open_array(w);
	for (int i = 0; i < r->fault_count; i++)
		cool_json_put_string(w, r->faults[i].name);
	cool_json_close_array(w);
	cool_json_key(w, "alarms");
	cool_json_open_array(w);
	for (int i = 0; i < r->fault_count; i++) {
		cool_json_open_object(w);
		string_member(w, "name", r->faults[i].name);
		uint_member(w, "occurrence", r->faults[i].occurrence);
		bool_member(w, "active", r->faults[i].active);
		cool_json_close_object(w);
	}
	cool_json_close_array(w);
}

static void put_zero(cool_json_writer_t *w, const cool_reported_t *r) {
	if (r->zero.command == NULL || r->zero.command[0] == '\0') return;
	cool_json_key(w, "zero");
	cool_json_open_object(w);
	string_member(w, "command", r->zero.command);
	some_string(w, "error", r->zero.error);
	if (r->zero.count > 0) {
		cool_json_key(w, "offsets");
		cool_json_open_object(w);
		for (int i = 0; i < r->zero.count; i++) {
			cool_json_key(w, r->zero.offsets[i].role);
			cool_json_put_decimal(w, r->zero.offsets[i].offset_k, 2);
		}
		cool_json_close_object(w);
	}
	cool_json_close_object(w);
}

static void put_ota(cool_json_writer_t *w, const cool_reported_t *r) {
	if (r->ota.version == NULL || r->ota.version[0] == '\0') return;
	cool_json_key(w, "ota");
	cool_json_open_object(w);
	string_member(w, "version", r->ota.version);
	string_member(w, "state", r->ota.state);
	some_string(w, "reason", r->ota.reason);
	cool_json_close_object(w);
}

static void decimal_member(cool_json_writer_t *w, const char *name, double v, int decimals) {
	cool_json_key(w, name);
	cool_json_put_decimal(w, v, decimals);
}

static void put_tuned(cool_json_writer_t *w, const cool_tuned_t *e) {
	cool_json_key(w, "pi");
	cool_json_open_object(w);
	decimal_member(w, "setpoint", e->setpoint, 2);
	decimal_member(w, "kp", e->kp, 2);
	decimal_member(w, "ti_s", e->ti_s, 1);
	decimal_member(w, "deadband_k", e->deadband_k, 2);
	cool_json_close_object(w);
	decimal_member(w, "delay_s", e->delay_s, 1);
	decimal_member(w, "gain", e->gain, 6);
	decimal_member(w, "swing_k", e->swing_k, 2);
	decimal_member(w, "settle_s", e->settle_s, 0);
}

static void put_ran(cool_json_writer_t *w, const cool_ran_t *e) {
	cool_json_key(w, "turned");
	cool_json_open_array(w);
	for (int i = 0; i < e->turned_count; i++) {
		cool_json_open_object(w);
		string_member(w, "output", e->turned[i].output);
		decimal_member(w, "rpm", e->turned[i].rpm, 0);
		cool_json_close_object(w);
	}
	cool_json_close_array(w);
	if (e->metered) decimal_member(w, "flow_lpm", e->flow_lpm, 2);
}

static void put_swept(cool_json_writer_t *w, const cool_swept_t *e) {
	decimal_member(w, "start_duty", e->start_duty, 1);
	decimal_member(w, "stop_duty", e->stop_duty, 1);
	decimal_member(w, "min_rpm", e->min_rpm, 0);
	decimal_member(w, "max_rpm", e->max_rpm, 0);
}

static void put_experiment(cool_json_writer_t *w, const cool_experiment_info_t *i) {
	const cool_experiment_report_t *e = i->report;
	if (i->command == NULL || i->command[0] == '\0') return;
	bool done = e->state == COOL_EXPERIMENT_DONE;
	cool_json_key(w, "experiment");
	cool_json_open_object(w);
	string_member(w, "command", i->command);
	string_member(w, "kind", cool_experiment_word(e->kind));
	string_member(w, "output", e->output);
	string_member(w, "state", cool_experiment_state_word(e->state));
	some_string(w, "phase", e->phase);
	if (e->kind == COOL_AUTOTUNE && e->state == COOL_EXPERIMENT_RUNNING) uint_member(w, "cycles", e->cycles);
	some_string(w, "reason", e->reason);
	if (done && e->kind == COOL_AUTOTUNE) put_tuned(w, &e->tuned);
	if (done && e->kind == COOL_RUN) put_ran(w, &e->ran);
	if (done && e->kind == COOL_SWEEP) put_swept(w, &e->swept);
	cool_json_close_object(w);
}

size_t cool_encode_reported(char *buf, size_t size, const cool_reported_t *r) {
	cool_json_writer_t w;
	begin(&w, buf, size);
	some_string(&w, "epoch", r->epoch);
	uint_member(&w, "version", r->version);
	some_string(&w, "refused", r->refused);
	if (r->interval_ms != 0) uint_member(&w, "interval_ms", r->interval_ms);
	if (r->output_count > 0) put_outputs(&w, r);
	put_faults(&w, r);
	if (r->dropped != 0) uint_member(&w, "dropped", r->dropped);
	put_zero(&w, r);
	put_ota(&w, r);
	put_experiment(&w, &r->experiment);
	return end(&w);
}
