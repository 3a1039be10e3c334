/* The claims by the vectors that the simulator's regulator answers, too. */
#include "cool/messages.h"
#include "cool/regulator.h"

#include <stdio.h>
#include <string.h>

#include "loop_util.h"
#include "test.h"
#include "vectors_util.h"

VECTORS(claims);

static loop_t l;
static cool_settings_t board;
static char text[4096];

/* Settings as the contract's desired, on top of the board's. */
static void read_settings(cool_json_t v, cool_settings_t *out) {
	cool_desired_id_t id;
	cool_problem_t p = {.code = COOL_ACCEPTED};
	if (!CHECK_EQ_INT(cool_decode_desired(v.at, v.len, &board, out, &id, &p), COOL_ACCEPTED)) printf("  %s\n", p.reason);
}

static void read_board(void) {
	cool_json_t file, defaults;
	cool_settings_t bare;
	cool_desired_id_t id;
	cool_problem_t p;
	CHECK(cool_json_parse(vectors_claims, vectors_claims_len, &file));
	CHECK(cool_json_string(cool_json_member(file, "defaults"), text, sizeof text));
	CHECK(cool_json_parse(text, strlen(text), &defaults));
	cool_settings_defaults(&bare);
	CHECK_EQ_INT(cool_decode_desired(defaults.at, defaults.len, &bare, &board, &id, &p), COOL_ACCEPTED);
}

static void begin(const vectors_t *v) {
	static const double celsius[] = {28, 22, 28.5};
	cool_json_t desired = vectors_member(v, "desired");
	memset(&l, 0, sizeof l);
	l.b = loop_board();
	l.b.flow = vectors_bool(v->now, "flow");
	l.s = board;
	if (desired.at != NULL) read_settings(desired, &l.s);
	for (int i = 0; i < 3; i++) {
		l.in.probes[i].rom = board.probes[i].rom;
		l.celsius[i] = celsius[i];
	}
	loop_begin(&l);
}

static int output_named(const char *name) {
	for (int i = 0; i < l.s.output_count; i++) {
		if (strcmp(l.s.outputs[i].name, name) == 0) return i;
	}
	CHECK_STR(name, "an output");
	return 0;
}

/* A member that may be null; returns whether it is said. */
static bool said(cool_json_t step, const char *name, bool *known) {
	cool_json_t v = cool_json_member(step, name);
	if (v.at == NULL) return false;
	*known = cool_json_kind(v) != COOL_JSON_NULL;
	return *known;
}

static void sense_probes(cool_json_t probes) {
	cool_json_iter_t it = {NULL, NULL};
	cool_json_t name, value;
	while (cool_json_next(probes, &it, &name, &value)) {
		for (int i = 0; i < board.probe_count; i++) {
			if (!cool_json_equals(name, board.probes[i].role)) continue;
			l.absent[i] = cool_json_kind(value) == COOL_JSON_NULL;
			if (!l.absent[i]) CHECK(cool_json_double(value, &l.celsius[i]));
		}
	}
}

static void hold(cool_json_t held) {
	cool_json_iter_t it = {NULL, NULL};
	cool_json_t value;
	char name[COOL_NAME_SIZE];
	if (held.at == NULL) return;
	memset(l.held, 0, sizeof l.held);
	while (cool_json_next(held, &it, NULL, &value)) {
		CHECK(cool_json_string(value, name, sizeof name));
		l.held[output_named(name)] = true;
	}
}

static void sense(cool_json_t step) {
	sense_probes(cool_json_member(step, "probes"));
	hold(cool_json_member(step, "held"));
	if (cool_json_member(step, "tacho").at != NULL) l.no_tacho = !vectors_bool(step, "tacho");
	if (cool_json_member(step, "leak").at != NULL) l.in.leak_wet = vectors_bool(step, "leak");
	if (said(step, "flow_lpm", &l.in.flow_fresh)) l.in.flow_lpm = vectors_number(step, "flow_lpm");
	if (said(step, "host_w", &l.in.host_known)) l.in.host_w = vectors_number(step, "host_w");
	if (said(step, "now", &l.in.clock_valid)) l.in.unix_ms = vectors_integer(step, "now");
	if (said(step, "air", &l.in.humidity_fresh)) {
		cool_json_t air = cool_json_member(step, "air");
		l.in.humidity_rh = vectors_number(air, "rh");
		l.in.humidity_c = vectors_number(air, "c");
	}
}

static void clear(cool_json_t c) {
	char reason[COOL_REASON_SIZE];
	if (c.at == NULL) return;
	bool done = cool_regulator_clear(&l.r, vectors_text(c, "fault"), (uint32_t)vectors_integer(c, "occurrence"), reason);
	CHECK_EQ_INT(done, vectors_bool(c, "ok"));
}

static void tune(cool_json_t c) {
	char reason[COOL_REASON_SIZE] = "";
	cool_autotune_t a;
	cool_problem_t p;
	if (c.at == NULL || !CHECK_EQ_INT(cool_decode_autotune(cool_json_member(c, "args"), &a, &p), COOL_ACCEPTED)) return;
	CHECK_EQ_INT(cool_regulator_autotune(&l.r, a.output, a.at ? &a.setpoint : NULL, a.minutes, reason), vectors_bool(c, "ok"));
	if (!CHECK(strstr(reason, vectors_text(c, "error")) != NULL)) printf("  %s\n", reason);
}

static void try_output(cool_json_t step) {
	char reason[COOL_REASON_SIZE] = "";
	cool_json_t c = cool_json_member(step, "commission");
	cool_commission_t a;
	cool_problem_t p;
	if (c.at != NULL && CHECK_EQ_INT(cool_decode_commission(cool_json_member(c, "args"), &a, &p), COOL_ACCEPTED)) {
		cool_commissioning_cfg_t ask = {.test = a.test, .duty = a.duty, .seconds = a.seconds, .filled = a.filled};
		CHECK_EQ_INT(cool_regulator_commission(&l.r, a.output, &ask, reason), vectors_bool(c, "ok"));
		if (!CHECK(strstr(reason, vectors_text(c, "error")) != NULL)) printf("  %s\n", reason);
	}
	tune(cool_json_member(step, "autotune"));
	if (cool_json_member(step, "abort").at != NULL) CHECK_EQ_INT(cool_regulator_abort(&l.r, reason), vectors_bool(step, "abort"));
}

static void check_experiment(cool_json_t want) {
	if (want.at == NULL) return;
	const cool_experiment_report_t *e = cool_regulator_experiment(&l.r);
	CHECK_STR(e->output, vectors_text(want, "output"));
	CHECK_STR(cool_experiment_word(e->kind), vectors_text(want, "kind"));
	CHECK_STR(cool_experiment_state_word(e->state), vectors_text(want, "state"));
	CHECK_STR(e->phase, vectors_text(want, "phase"));
	CHECK_EQ_INT(e->cycles, vectors_integer(want, "cycles"));
	const char *reason = vectors_text(want, "reason");
	if (!CHECK(strstr(e->reason, reason) != NULL && (e->reason[0] == '\0') == (reason[0] == '\0'))) printf("  %s\n", e->reason);
}

static void check_outputs(cool_json_t want) {
	cool_json_iter_t it = {NULL, NULL};
	cool_json_t name, w;
	char output[COOL_NAME_SIZE];
	while (cool_json_next(want, &it, &name, &w)) {
		CHECK(cool_json_string(name, output, sizeof output));
		int i = output_named(output);
		if (cool_json_member(w, "duty").at != NULL) CHECK_NEAR(loop_duty(&l, i), vectors_number(w, "duty"), 1e-6);
		if (cool_json_member(w, "claim").at != NULL) CHECK_STR(loop_by(&l, i), vectors_text(w, "claim"));
		if (cool_json_member(w, "supervised").at != NULL) CHECK_EQ_INT(l.r.drives[i].supervised, vectors_bool(w, "supervised"));
		if (cool_json_member(w, "cycles").at != NULL) CHECK_EQ_INT(l.r.drives[i].cycles, vectors_integer(w, "cycles"));
	}
}

static void check_faults(cool_json_t want) {
	cool_json_iter_t it = {NULL, NULL};
	cool_json_t w;
	cool_fault_t got[COOL_MAX_FAULTS];
	if (want.at == NULL) return;
	int n = 0, count = cool_faults_list(&l.r.faults, got);
	CHECK_EQ_INT(count, cool_json_count(want));
	while (cool_json_next(want, &it, NULL, &w) && n < count) {
		CHECK_STR(got[n].name, vectors_text(w, "name"));
		CHECK_EQ_INT(got[n].occurrence, vectors_integer(w, "occurrence"));
		CHECK_EQ_INT(got[n].active, vectors_bool(w, "active"));
		n++;
	}
}

TEST(claims_vectors) {
	vectors_t v;
	read_board();
	vectors_begin(&v, vectors_claims, vectors_claims_len, "cases");
	while (vectors_next(&v)) {
		cool_json_iter_t it = {NULL, NULL};
		cool_json_t step;
		begin(&v);
		for (int n = 0; cool_json_next(vectors_member(&v, "steps"), &it, NULL, &step); n++) {
			char where[160];
			snprintf(where, sizeof where, "%s, step %d", v.name, n);
			test_in(where);
			cool_json_t desired = cool_json_member(step, "desired");
			if (desired.at != NULL) {
				read_settings(desired, &l.s);
				loop_apply(&l);
			}
			clear(cool_json_member(step, "clear"));
			try_output(step);
			sense(step);
			loop_run(&l, (uint32_t)vectors_integer(step, "run_ms"));
			check_outputs(cool_json_member(step, "want"));
			check_experiment(cool_json_member(step, "experiment"));
			check_faults(cool_json_member(step, "faults"));
		}
	}
}
