/* The messages of experiments: the contract's vectors. */
#include "cool/messages.h"
#include "vectors_util.h"

#include <string.h>

VECTORS(experiments);

static void autotune(const vectors_t *v, cool_json_t args) {
	cool_autotune_t got = {.minutes = 7};
	cool_problem_t p;
	cool_json_t want = vectors_member(v, "accept");
	if (!vectors_accepted(v, cool_decode_autotune(args, &got, &p), &p)) {
		CHECK(got.minutes == 7 && got.output[0] == 0);
		return;
	}
	CHECK_STR(got.output, vectors_text(want, "output"));
	CHECK_EQ_INT(got.at, cool_json_member(want, "setpoint").at != NULL);
	if (got.at) CHECK_NEAR(got.setpoint, vectors_number(want, "setpoint"), 0);
	CHECK_EQ_INT(got.minutes, vectors_integer(want, "minutes"));
}

static void commission(const vectors_t *v, cool_json_t args) {
	cool_commission_t got = {.seconds = 7};
	cool_problem_t p;
	cool_json_t want = vectors_member(v, "accept");
	if (!vectors_accepted(v, cool_decode_commission(args, &got, &p), &p)) {
		CHECK(got.seconds == 7 && got.output[0] == 0);
		return;
	}
	CHECK_STR(got.output, vectors_text(want, "output"));
	CHECK_STR(got.test == COOL_TEST_RUN ? "run" : "sweep", vectors_text(want, "test"));
	CHECK_NEAR(got.duty, vectors_number(want, "duty"), 0);
	CHECK_EQ_INT(got.seconds, vectors_integer(want, "seconds"));
	CHECK_EQ_INT(got.filled, vectors_bool(want, "filled"));
}

TEST(argument_vectors) {
	vectors_t v;
	vectors_begin(&v, vectors_experiments, vectors_experiments_len, "cases");
	while (vectors_next(&v)) {
		size_t len;
		const char *text = vectors_payload(&v, &len), *command = vectors_text(v.now, "command");
		cool_json_t args = {text, len};
		if (strcmp(command, "autotune") == 0) {
			autotune(&v, args);
		} else if (CHECK_STR(command, "commission")) {
			commission(&v, args);
		}
	}
}

/* A command without args has none of what it needs. */
TEST(no_arguments) {
	cool_json_t none = {NULL, 0};
	cool_problem_t p;
	cool_autotune_t a;
	cool_commission_t c;
	CHECK_EQ_INT(cool_decode_autotune(none, &a, &p), COOL_BAD_FIELD);
	CHECK_STR(p.reason, "output: it is missing");
	CHECK_EQ_INT(cool_decode_commission(none, &c, &p), COOL_BAD_FIELD);
}

/* What a case says of an experiment; the word of the phase is kept in phase. */
static void read_experiment(cool_json_t from, cool_experiment_report_t *e, char phase[COOL_WORD_SIZE]) {
	cool_json_t pi = cool_json_member(from, "pi"), value;
	cool_json_iter_t it = {NULL, NULL};
	memset(e, 0, sizeof *e);
	for (e->kind = COOL_AUTOTUNE; e->kind < COOL_SWEEP && strcmp(cool_experiment_word(e->kind), vectors_text(from, "kind")) != 0;)
		e->kind++;
	while (e->state < COOL_EXPERIMENT_RESTING && strcmp(cool_experiment_state_word(e->state), vectors_text(from, "state")) != 0)
		e->state++;
	cool_copy(e->output, sizeof e->output, vectors_text(from, "output"));
	cool_copy(e->reason, sizeof e->reason, vectors_text(from, "reason"));
	cool_copy(phase, COOL_WORD_SIZE, vectors_text(from, "phase"));
	e->phase = phase;
	e->cycles = (uint32_t)vectors_integer(from, "cycles");
	e->tuned.setpoint = vectors_number(pi, "setpoint");
	e->tuned.kp = vectors_number(pi, "kp");
	e->tuned.ti_s = vectors_number(pi, "ti_s");
	e->tuned.deadband_k = vectors_number(pi, "deadband_k");
	e->tuned.delay_s = vectors_number(from, "delay_s");
	e->tuned.gain = vectors_number(from, "gain");
	e->tuned.swing_k = vectors_number(from, "swing_k");
	e->tuned.settle_s = vectors_number(from, "settle_s");
	cool_ran_t *ran = &e->ran;
	for (; cool_json_next(cool_json_member(from, "turned"), &it, NULL, &value); ran->turned_count++) {
		cool_copy(ran->turned[ran->turned_count].output, COOL_NAME_SIZE, vectors_text(value, "output"));
		ran->turned[ran->turned_count].rpm = vectors_number(value, "rpm");
	}
	ran->metered = cool_json_member(from, "flow_lpm").at != NULL;
	ran->flow_lpm = vectors_number(from, "flow_lpm");
	e->swept.start_duty = vectors_number(from, "start_duty");
	e->swept.stop_duty = vectors_number(from, "stop_duty");
	e->swept.min_rpm = vectors_number(from, "min_rpm");
	e->swept.max_rpm = vectors_number(from, "max_rpm");
}

TEST(reported_vectors) {
	vectors_t v;
	char buf[600];
	vectors_begin(&v, vectors_experiments, vectors_experiments_len, "reported");
	while (vectors_next(&v)) {
		cool_reported_t r;
		cool_experiment_report_t e;
		char command[COOL_WORD_SIZE], phase[COOL_WORD_SIZE];
		size_t want_len;
		const char *want = vectors_payload(&v, &want_len);
		cool_json_t says = vectors_member(&v, "says");
		memset(&r, 0, sizeof r);
		cool_copy(command, sizeof command, vectors_text(says, "command"));
		read_experiment(says, &e, phase);
		r.experiment = (cool_experiment_info_t){.command = command, .report = &e};
		CHECK_EQ_INT(cool_encode_reported(buf, sizeof buf, &r), want_len);
		CHECK_STR(buf, want);
		CHECK_EQ_INT(cool_encode_reported(buf, want_len, &r), 0);
	}
}
