#include "tachos.h"

#include <string.h>

#include "sdkconfig.h"

#include "cool/pins.h"
#include "pulses.h"

/* A fan at 200 turns a minute gives 7 pulses a second: shorter is too coarse, longer lets a stall wait. */
enum { WINDOW_MS = 1000 };

static struct {
	bool begun;
	tachos_plan_t plan;
	int handles[COOL_MAX_OUTPUTS];
	int flow;
	uint32_t read_ms;
} now;

void tachos_plan(tachos_plan_t *plan, const cool_settings_t *s) {
	for (int i = 0; i < COOL_MAX_OUTPUTS; i++) {
		bool there = i < s->output_count;
		plan->pins[i] = there ? s->outputs[i].wiring.tacho_pin : -1;
		plan->pulses[i] = there ? s->outputs[i].wiring.tacho_pulses : 0;
	}
}

static void begin(void) {
	for (int i = 0; i < COOL_MAX_OUTPUTS; i++) {
		now.plan.pins[i] = -1;
		now.handles[i] = -1;
	}
	now.flow = CONFIG_COOLANT_PIN_FLOW >= 0 ? pulses_open(CONFIG_COOLANT_PIN_FLOW) : -1;
	now.begun = true;
}

void tachos_wire(const tachos_plan_t *plan) {
	if (!now.begun) {
		begin();
	}
	/* First what ends: a pin may have moved from one output to another. */
	for (int i = 0; i < COOL_MAX_OUTPUTS; i++) {
		if (now.plan.pins[i] != plan->pins[i] && now.handles[i] >= 0) {
			pulses_close(now.handles[i]);
			now.handles[i] = -1;
		}
	}
	for (int i = 0; i < COOL_MAX_OUTPUTS; i++) {
		if (now.plan.pins[i] != plan->pins[i] && plan->pins[i] >= 0) {
			now.handles[i] = pulses_open(plan->pins[i]);
		}
	}
	now.plan = *plan;
}

void tachos_read(cool_senses_t *in, uint32_t now_ms) {
	uint32_t passed = now_ms - now.read_ms;
	if (!now.begun) {
		now.read_ms = now_ms;
		return;
	}
	if (passed < WINDOW_MS) {
		return;
	}
	now.read_ms = now_ms;
	for (int i = 0; i < COOL_MAX_OUTPUTS; i++) {
		/* A counter that could not be had gives no pulses: the output counts as stalled, which cools. */
		in->rpm[i] = cool_rpm(pulses_take(now.handles[i]), passed, now.plan.pulses[i]);
	}
	in->tacho_fresh = true;
	if (now.flow >= 0) {
		in->flow_lpm = cool_litres_per_minute(pulses_take(now.flow), passed, CONFIG_COOLANT_FLOW_PULSES);
		in->flow_fresh = true;
	}
}
