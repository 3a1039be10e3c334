#include "rig.h"

#include <math.h>
#include <string.h>

static const double dry_haste = 1.15;    /* how much faster a pump turns in air */
static const double max_flow = 2.17;     /* L/min at the pump's greatest speed */
static const double max_pump_heat = 4.0; /* W there, falling with the cube of the speed */
enum {
	PULSES = 2,   /* of a turn: the convention of 4-wire motors */
	TICK_MS = 250 /* the longest step of the physics between two looks at the probes */
};

static const struct {
	const char *name;
	cool_role_t role;
	int pin, tacho;
} wires[RIG_MOTORS] = {
	[RIG_PUMP] = {"pump", COOL_PUMP, RIG_PUMP_PIN, RIG_PUMP_TACHO},
	[RIG_FAN] = {"fan", COOL_FAN, RIG_FAN_PIN, RIG_FAN_TACHO},
};
static const char *const roles[RIG_PROBES] = {"water", "inlet", "outlet", "ambient"};

cool_board_t rig_board(void) {
	/* The pins of a classic ESP32 that are free of boot straps; 25 has the probes, 26 the leak sensor, 27 the flow meter. */
	uint64_t outputs = 0, taken = 1ULL << 25 | 1ULL << 26 | 1ULL << 27;
	static const int free_pins[] = {4, 13, 14, 16, 17, 18, 19, 21, 22, 23, 32, 33};
	for (size_t i = 0; i < sizeof free_pins / sizeof free_pins[0]; i++)
		outputs |= 1ULL << free_pins[i];
	uint64_t input_only = 1ULL << 34 | 1ULL << 35 | 1ULL << 36 | 1ULL << 39;
	return (cool_board_t){
		.output_pins = outputs,
		.input_pins = outputs | input_only,
		.taken_pins = taken,
		.pwm_channels = 6,
		.counters = 4,
		.leak = true,
		.flow = true,
	};
}

void rig_settings(const rig_t *r, uint32_t interval_ms, cool_settings_t *s) {
	cool_settings_defaults(s);
	s->interval_ms = interval_ms;
	s->probe_count = RIG_PROBES;
	for (int i = 0; i < RIG_PROBES; i++) {
		s->probes[i] = (cool_probe_cfg_t){.rom = r->probes[i].rom};
		cool_copy(s->probes[i].role, sizeof s->probes[i].role, roles[i]);
	}
	s->output_count = RIG_MOTORS;
	for (int i = 0; i < RIG_MOTORS; i++) {
		cool_output_defaults(&s->outputs[i], wires[i].name, wires[i].role, COOL_PWM4);
		s->outputs[i].wiring = (cool_wiring_t){
			.pin = wires[i].pin,
			.hz = 25000,
			.inverted = true,
			.tacho_pin = wires[i].tacho,
			.tacho_pulses = PULSES,
		};
	}
}

void rig_init(rig_t *r, uint64_t seed, rig_weather_fn weather, void *ctx, int64_t unix_ms) {
	memset(r, 0, sizeof *r);
	r->chance.at = chance_mix(seed);
	r->weather = weather;
	r->ctx = ctx;
	r->motors[RIG_PUMP] = (motor_t){.max_rpm = 4000, .start = 20, .stop = 10, .lag = 0.5, .hunt = 0.004};
	r->motors[RIG_FAN] = (motor_t){.max_rpm = 2100, .idle = 0.1, .start = 20, .stop = 12, .lag = 1.2, .hunt = 0.006};
	for (int i = 0; i < RIG_MOTORS; i++)
		r->tachos[i].window = 2;
	r->flow = (flow_meter_t){.counter = {.window = 2}, .per_litre = 5880, .least = 0.3};
	r->flow.gain = 1 + 0.02 * (chance_unit(&r->chance) - 0.5);
	for (int i = 0; i < RIG_PROBES; i++)
		probe_init(&r->probes[i], &r->chance);
	r->drive.ambient = weather(ctx, unix_ms).ambient;
	r->plant = (plant_t){plant_default_params(), {r->drive.ambient, r->drive.ambient}};
	rig_release(r);
}

/** Lets motors, plant, meters and probes follow for ms. */
static void act(rig_t *r, int ms, int64_t unix_ms) {
	double dt = ms / 1000.0;
	double full = r->dry ? 0 : 1; /* of water; air is not moved, and takes no work */
	for (int i = 0; i < RIG_MOTORS; i++) {
		double haste = r->dry && i == RIG_PUMP ? dry_haste : 1;
		motor_step(&r->motors[i], r->duties[i], dt, &r->chance);
		if (counter_step(&r->tachos[i], motor_rpm(&r->motors[i]) * haste / 60 * PULSES, dt)) r->senses.tacho_fresh = true;
	}
	const motor_t *pump = &r->motors[RIG_PUMP];
	rig_weather_t w = r->weather(r->ctx, unix_ms);
	r->drive = (plant_drive_t){
		.heat = w.heat,
		.ambient = w.ambient,
		.pump_heat = full * max_pump_heat * pump->speed * pump->speed * pump->speed,
		.flow = full * max_flow * pump->speed,
		.fan = r->motors[RIG_FAN].speed,
	};
	if (flow_meter_step(&r->flow, full * max_flow * pump->shown, dt)) r->senses.flow_fresh = true;
	plant_step(&r->plant, &r->drive, dt);
	double at[RIG_PROBES] = {[RIG_WATER] = r->plant.state.water, [RIG_AMBIENT] = r->drive.ambient};
	plant_legs(&r->plant, &r->drive, &at[RIG_INLET], &at[RIG_OUTLET]);
	for (int i = 0; i < RIG_PROBES; i++) {
		cool_probe_read_t *read = &r->senses.probes[i];
		read->rom = r->probes[i].rom;
		if (r->probes[i].converting == 0) probe_convert(&r->probes[i]);
		if (probe_step(&r->probes[i], at[i], ms, &r->chance)) {
			read->fresh = true;
			read->present = probe_read(&r->probes[i], read->pad);
		}
	}
}

void rig_step(rig_t *r, uint32_t ms, int64_t unix_ms) {
	memset(&r->senses, 0, sizeof r->senses);
	/* A short remainder comes first, so that steps end where the caller's do. */
	while (ms > 0) {
		uint32_t part = ms % TICK_MS > 0 ? ms % TICK_MS : TICK_MS;
		ms -= part;
		act(r, (int)part, unix_ms - (int64_t)ms);
	}
	r->senses.flow_lpm = flow_meter_lpm(&r->flow);
	r->senses.leak_wet = r->leak;
}

const cool_senses_t *rig_senses(rig_t *r, const cool_settings_t *settings) {
	for (int i = 0; i < settings->output_count; i++) {
		r->senses.rpm[i] = 0;
		for (int m = 0; m < RIG_MOTORS; m++)
			if (settings->outputs[i].wiring.tacho_pin == wires[m].tacho) r->senses.rpm[i] = r->tachos[m].rate / PULSES * 60;
	}
	return &r->senses;
}

void rig_drive(rig_t *r, const cool_settings_t *settings, const cool_drive_t *drives) {
	rig_release(r);
	for (int i = 0; i < settings->output_count; i++)
		for (int m = 0; m < RIG_MOTORS; m++)
			if (settings->outputs[i].wiring.pin == wires[m].pin) r->duties[m] = drives[i].duty;
}

void rig_release(rig_t *r) {
	for (int i = 0; i < RIG_MOTORS; i++)
		r->duties[i] = 100;
}

void rig_mishaps(rig_t *r, const mishaps_t *m, int64_t after_ms) {
	static const struct {
		mishap_kind_t kind;
		probe_fault_t fault;
	} ways[] = {{MISHAP_PROBE_LOST, PROBE_LOST}, {MISHAP_POR85, PROBE_POR}, {MISHAP_CRC, PROBE_CRC}, {MISHAP_STUCK, PROBE_STUCK}};
	probe_fault_t fault = PROBE_HEALTHY;
	for (size_t i = 0; i < sizeof ways / sizeof ways[0]; i++)
		if (mishaps_active(m, ways[i].kind, after_ms) && ways[i].fault > fault) fault = ways[i].fault;
	r->probes[RIG_WATER].fault = fault;
	r->motors[RIG_PUMP].stalled = mishaps_active(m, MISHAP_PUMP_STALL, after_ms);
	r->motors[RIG_FAN].stalled = mishaps_active(m, MISHAP_FAN_STALL, after_ms);
	r->dry = mishaps_active(m, MISHAP_DRY, after_ms);
	r->leak = mishaps_active(m, MISHAP_LEAK, after_ms);
}
