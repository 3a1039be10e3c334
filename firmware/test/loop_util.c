#include "loop_util.h"

#include <string.h>

#include "cool/crc.h"
#include "test.h"

void loop_scratchpad(uint8_t pad[9], double celsius) {
	int raw = (int)(celsius * 16 + (celsius < 0 ? -0.5 : 0.5));
	const uint8_t bytes[8] = {(uint8_t)(raw & 0xff), (uint8_t)((raw >> 8) & 0xff), 0x4b, 0x46, 0x7f, 0xff, 0x05, 0x10};
	memcpy(pad, bytes, sizeof bytes);
	pad[8] = cool_crc8(pad, 8);
}

uint64_t loop_rom(int n) {
	uint8_t b[8] = {0x28, (uint8_t)n, 0x64, 0x1e, 0x82, 0, 0, 0};
	uint64_t rom = 0;
	b[7] = cool_crc8(b, 7);
	for (int i = 0; i < 8; i++)
		rom = rom << 8 | b[i];
	return rom;
}

cool_board_t loop_board(void) { return (cool_board_t){.output_pins = 0xffffffff, .input_pins = 0xffffffff, .pwm_channels = 6, .counters = 8}; }

static void probe(loop_t *l, const char *role, double celsius) {
	int i = l->s.probe_count++;
	l->s.probes[i].rom = l->in.probes[i].rom = loop_rom(i);
	(void)cool_copy(l->s.probes[i].role, COOL_NAME_SIZE, role);
	l->celsius[i] = celsius;
}

static void output(loop_t *l, const char *name, cool_role_t role, cool_kind_t kind, bool tacho) {
	int i = l->s.output_count++;
	cool_output_defaults(&l->s.outputs[i], name, role, kind);
	l->s.outputs[i].wiring.pin = 2 * i;
	if (tacho) l->s.outputs[i].wiring.tacho_pin = 2 * i + 1;
}

void loop_init(loop_t *l) {
	memset(l, 0, sizeof *l);
	cool_settings_defaults(&l->s);
	l->b = loop_board();
	probe(l, "water", 28);
	probe(l, "ambient", 22);
	probe(l, "outlet", 28.5);
	output(l, "pump", COOL_PUMP, COOL_PWM4, true);
	output(l, "fan", COOL_FAN, COOL_PWM4, true);
	output(l, "chiller", COOL_CHILLER, COOL_SWITCH, false);
	output(l, "buzzer", COOL_BUZZER, COOL_SWITCH, false);
}

void loop_refused(const loop_mistake_t *mistakes, size_t count) {
	static loop_t l;
	for (size_t i = 0; i < count; i++) {
		char reason[COOL_REASON_SIZE];
		loop_init(&l);
		CHECK(cool_settings_check(&l.s, &l.b, reason));
		mistakes[i].change(&l.s, &l.b);
		CHECK(!cool_settings_check(&l.s, &l.b, reason));
		CHECK_STR(reason, mistakes[i].says);
	}
}

void loop_begin(loop_t *l) {
	char reason[COOL_REASON_SIZE];
	if (!CHECK(cool_settings_check(&l->s, &l->b, reason))) CHECK_STR(reason, "");
	cool_regulator_init(&l->r, &l->s, &l->b);
}

void loop_step(loop_t *l, uint32_t dt_ms) {
	for (int i = 0; i < COOL_MAX_PROBES; i++) {
		cool_probe_read_t *p = &l->in.probes[i];
		if (p->rom == 0) continue;
		p->fresh = true;
		p->present = !l->absent[i];
		loop_scratchpad(p->pad, l->celsius[i]);
		if (l->broken[i]) p->pad[8] ^= 1;
	}
	l->in.tacho_fresh = !l->no_tacho;
	for (int i = 0; i < l->s.output_count; i++)
		l->in.rpm[i] = l->held[i] ? 0 : 40 * l->r.drives[i].duty;
	cool_regulator_step(&l->r, &l->in, dt_ms);
}

void loop_run(loop_t *l, uint32_t ms) {
	for (uint32_t t = 0; t < ms; t += 250)
		loop_step(l, 250);
}

const char *loop_by(const loop_t *l, int i) { return cool_by_word(l->r.drives[i].by); }

double loop_duty(const loop_t *l, int i) { return l->r.drives[i].duty; }

bool loop_latched(const loop_t *l, const char *fault) { return cool_faults_find(&l->r.faults, fault) != NULL; }

bool loop_active(const loop_t *l, const char *fault) {
	const cool_fault_t *f = cool_faults_find(&l->r.faults, fault);
	return f != NULL && f->active;
}

void loop_apply(loop_t *l) {
	char reason[COOL_REASON_SIZE];
	if (!CHECK(cool_settings_check(&l->s, &l->b, reason))) CHECK_STR(reason, "");
	cool_regulator_apply(&l->r, &l->s);
}
