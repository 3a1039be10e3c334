#include "random_plant.h"

#include <math.h>
#include <string.h>

#include "test.h"

static double real(random_plant_t *w, double low, double high) { return test_random_double(&w->seed, low, high); }
static int pick(random_plant_t *w, int low, int high) { return test_random_int(&w->seed, low, high); }
bool random_plant_moves(const random_plant_t *w, int i) { return w->s.outputs[i].role == COOL_PUMP || w->s.outputs[i].role == COOL_FAN; }

/* The probes of random_settings: water, ambient, outlet, inlet, water2, case. */
bool random_plant_in_water(int i) { return i != 1 && i != 5; }

double random_plant_place(const random_plant_t *w, int i) {
	double inlet, outlet;
	plant_legs(&w->plant, &w->drive, &inlet, &outlet);
	return !random_plant_in_water(i) ? w->room : i == 2 ? outlet : i == 3 ? inlet : w->plant.state.water;
}

/* The mean speed of pumps or fans, of those that are free at full where full is set. */
double random_plant_speed(const random_plant_t *w, cool_role_t role, bool full) {
	double sum = 0;
	int n = 0;
	for (int i = 0; i < w->s.output_count; i++) {
		if (w->s.outputs[i].role != role) continue;
		sum += !full ? w->motors[i].speed : w->motors[i].stalled ? 0 : 1;
		n++;
	}
	return n > 0 ? sum / n : 0;
}

plant_drive_t random_plant_driven(const random_plant_t *w, double pump, double fan) {
	return (plant_drive_t){
		.heat = w->heat, .ambient = w->room, .pump_heat = w->max_pump_heat * pump * pump * pump, .flow = w->max_flow * pump, .fan = fan};
}

/* A part of the heat with which full cooling would just hold the water at critical. */
static void draw_heat(random_plant_t *w) {
	static const double parts[] = {0.8, 0.9, 0.4, 0.1, 0, 1.3};
	plant_drive_t full = random_plant_driven(w, 1, 1);
	full.heat = 0;
	double idle = plant_steady(&w->plant.params, &full).water;
	full.heat = 100;
	double per_watt = (plant_steady(&w->plant.params, &full).water - idle) / 100;
	w->heat = fmax(parts[pick(w, 0, 5)] * (w->s.critical_c - idle) / per_watt, 0);
}

static void restart(random_plant_t *w) {
	bool leaked = cool_regulator_leak(&w->r);
	uint32_t cancelled = cool_regulator_cancelled(&w->r);
	cool_regulator_init(&w->r, &w->s, &w->board);
	if (leaked) cool_regulator_leaked(&w->r);
	cool_regulator_cancel(&w->r, cancelled);
}

void random_plant_begin(random_plant_t *w, uint64_t seed) {
	memset(w, 0, sizeof *w);
	w->seed = seed;
	w->chance.at = seed;
	random_board(&w->seed, &w->board);
	do
		random_settings(&w->seed, &w->s, &w->board);
	while (w->s.critical_c < 38); /* a warm room would be over-temperature */
	w->plant.params = (plant_params_t){real(w, 50, 500), real(w, 1200, 8000), real(w, 4, 30), 0.01, real(w, 0.3, 2), real(w, 0.3, 2), real(w, 10, 60),
		real(w, 0.5, 3), real(w, 3, 40), real(w, 0.8, 2)};
	w->room = w->hot_side = real(w, 8, 28);
	w->plant.state = (plant_state_t){w->room, w->room};
	w->max_flow = real(w, 0.8, 4);
	w->max_pump_heat = real(w, 0.5, 6);
	w->rh = real(w, 20, 60);
	w->told = pick(w, 0, 1);
	w->unix_ms = 1764000000000;
	for (int i = 0; i < w->s.output_count; i++) {
		double start = real(w, 5, 30);
		w->motors[i] = (motor_t){.max_rpm = 4000, .idle = 0.1, .start = start, .stop = real(w, 2, start), .lag = real(w, 0.2, 2), .hunt = 0.005};
		w->tachos[i].window = 2;
	}
	w->flow = (flow_meter_t){.counter = {.window = 2}, .per_litre = 5880, .least = 0.3, .gain = 1};
	for (int i = 0; i < w->s.probe_count; i++) {
		probe_init(&w->probes[i], &w->chance);
		w->probes[i].rom = w->s.probes[i].rom;
		w->probes[i].lag = real(w, 1, 8);
		probe_convert(&w->probes[i]);
	}
	draw_heat(w);
	cool_regulator_init(&w->r, &w->s, &w->board);
}

/* The same plant with other settings of its outputs. */
static bool reconfigure(random_plant_t *w) {
	static cool_settings_t next;
	do
		random_settings(&w->seed, &next, &w->board);
	while (next.critical_c < 38 || next.probe_count != w->s.probe_count || next.output_count != w->s.output_count);
	for (int i = 0; i < next.output_count; i++)
		if (next.outputs[i].role != w->s.outputs[i].role) return false; /* that would be another loop */
	w->s = next;
	cool_regulator_apply(&w->r, &w->s);
	return true;
}

void random_plant_heal(random_plant_t *w) {
	for (int i = 0; i < RANDOM_ROMS; i++)
		w->probes[i].fault = PROBE_HEALTHY;
	for (int i = 0; i < COOL_MAX_OUTPUTS; i++)
		w->motors[i].stalled = false;
	w->leak = w->silent = false;
}

void random_plant_exchange(random_plant_t *w) {
	w->plant.state = (plant_state_t){w->room, w->room};
	w->hot_side = w->room;
}

random_plant_event_t random_plant_happen(random_plant_t *w) {
	static const double air[] = {30, 60, 95};
	int i = pick(w, 0, w->s.output_count - 1);
	switch (pick(w, 0, 17)) {
	case 0:
	case 1: w->probes[pick(w, 0, w->s.probe_count - 1)].fault = (probe_fault_t)pick(w, PROBE_LOST, PROBE_STUCK); break;
	case 2:
	case 3: w->motors[i].stalled = !w->motors[i].stalled; break;
	case 4: w->leak = !w->leak; break;
	case 5:
	case 6: random_plant_heal(w); break;
	case 7: return PLANT_CLEARED;
	case 8: draw_heat(w); break;
	case 9: w->told = !w->told; break;
	case 10: w->silent = !w->silent; break;
	case 11: w->rh = air[pick(w, 0, 2)]; break;
	case 12: restart(w); return PLANT_RESTARTED;
	case 15:
	case 16: return PLANT_TRIED;
	case 17: /* air in the pumps, which only a flow meter sees where they have no tachometer */
		for (int k = 0; k < w->s.output_count; k++)
			w->motors[k].stalled = w->motors[k].stalled || w->s.outputs[k].role == COOL_PUMP;
		break;
	case 13: return reconfigure(w) ? PLANT_RECONFIGURED : PLANT_OTHER;
	default:
		random_overrides(&w->seed, &w->s, w->unix_ms);
		cool_regulator_apply(&w->r, &w->s);
		break;
	}
	return PLANT_OTHER;
}

/* A heat pump of 50 W and 60 W, whose hot side is cooled by all fans, and which conducts backwards. What it takes from the water, W. */
static double chilled(random_plant_t *w, double fan) {
	bool there = false, on = false;
	for (int i = 0; i < w->s.output_count; i++) {
		there = there || w->s.outputs[i].role == COOL_CHILLER;
		on = on || (w->s.outputs[i].role == COOL_CHILLER && w->r.drives[i].duty > 0);
	}
	if (!there) return 0;
	double taken = (on ? 50 : 0) - 0.8 * (w->hot_side - w->plant.state.water), away = 0.5 + 9.5 * pow(fan, 0.6);
	w->hot_side += (taken + (on ? 60 : 0) - away * (w->hot_side - w->room)) * PLANT_DT_MS / 1000.0 / 300;
	return taken;
}

/* Lets the loop follow, and senses. */
void random_plant_act(random_plant_t *w) {
	memset(&w->in, 0, sizeof w->in);
	for (int i = 0; i < w->s.output_count; i++) {
		if (!random_plant_moves(w, i)) continue;
		motor_step(&w->motors[i], w->r.drives[i].duty, PLANT_DT_MS / 1000.0, &w->chance);
		if (counter_step(&w->tachos[i], motor_rpm(&w->motors[i]) / 60 * 2, PLANT_DT_MS / 1000.0)) w->in.tacho_fresh = true;
		w->in.rpm[i] = w->tachos[i].rate / 2 * 60;
	}
	double fan = random_plant_speed(w, COOL_FAN, false);
	w->drive = random_plant_driven(w, random_plant_speed(w, COOL_PUMP, false), fan);
	w->drive.pump_heat -= chilled(w, fan);
	w->in.flow_fresh = flow_meter_step(&w->flow, w->drive.flow, PLANT_DT_MS / 1000.0);
	w->in.flow_lpm = flow_meter_lpm(&w->flow);
	(void)plant_step(&w->plant, &w->drive, PLANT_DT_MS / 1000.0);
	for (int i = 0; i < w->s.probe_count; i++) {
		cool_probe_read_t *read = &w->in.probes[i];
		read->rom = w->probes[i].rom;
		if (w->probes[i].converting == 0) probe_convert(&w->probes[i]);
		if (!probe_step(&w->probes[i], random_plant_place(w, i), PLANT_DT_MS, &w->chance)) continue;
		read->fresh = true;
		read->present = probe_read(&w->probes[i], read->pad);
	}
	w->in.leak_wet = w->leak;
	w->in.humidity_fresh = !w->silent;
	w->in.humidity_rh = w->rh;
	w->in.humidity_c = w->room;
	w->in.host_known = w->told;
	w->in.host_w = w->heat;
	w->in.clock_valid = true;
	w->unix_ms += PLANT_DT_MS;
	w->in.unix_ms = w->unix_ms;
}
