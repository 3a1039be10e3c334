#include "outputs.h"

#include <string.h>

#include "driver/gpio.h"
#include "driver/ledc.h"
#include "esp_log.h"

#include "cool/pins.h"

static const char TAG[] = "outputs";

/* All three chips have the low-speed group and can clock it with APB at 80 MHz; on two of them all timers share one clock. */
#define SPEED LEDC_LOW_SPEED_MODE
#define RESOLUTION LEDC_TIMER_10_BIT /* 80 MHz / 1024 is above the highest frequency, 40 kHz */
enum { FULL = 1 << 10 };

/* What is wired now. The channel is the index of the output, which is below LEDC_CHANNEL_MAX of every chip. */
static struct {
	outputs_plan_t plan;
	bool works[COOL_MAX_OUTPUTS];
	ledc_timer_t timers[COOL_MAX_OUTPUTS];
	uint32_t timer_hz[LEDC_TIMER_MAX]; /* 0: free */
} now;

_Static_assert((int)COOL_MAX_OUTPUTS <= (int)LEDC_CHANNEL_MAX, "an output has the channel of its index");

void outputs_begin(uint64_t pins) {
	const gpio_config_t floating = {.pin_bit_mask = pins, .mode = GPIO_MODE_DISABLE, .intr_type = GPIO_INTR_DISABLE};
	ESP_ERROR_CHECK_WITHOUT_ABORT(gpio_config(&floating));
}

void outputs_plan(outputs_plan_t *plan, const cool_settings_t *s) {
	memset(plan, 0, sizeof *plan);
	plan->count = s->output_count;
	for (int i = 0; i < s->output_count; i++) {
		const cool_output_cfg_t *o = &s->outputs[i];
		outputs_wire_t *w = &plan->wires[i];
		w->kind = o->kind;
		w->wiring.pin = o->wiring.pin;
		w->wiring.hz = o->wiring.hz;
		w->wiring.inverted = o->wiring.inverted;
		w->boot_duty = cool_boot_duty(o);
	}
}

/* By members: a changed failsafe duty alone is no reason to touch a pin, and padding has no meaning. */
static bool same(const outputs_wire_t *a, const outputs_wire_t *b) {
	return a->kind == b->kind && a->wiring.pin == b->wiring.pin && a->wiring.hz == b->wiring.hz && a->wiring.inverted == b->wiring.inverted;
}

static bool failed(int index, const char *what, esp_err_t err) {
	if (err != ESP_OK) {
		ESP_LOGE(TAG, "output %d: %s: %s", index, what, esp_err_to_name(err));
	}
	return err != ESP_OK;
}

/* The level that a pin has while nothing drives it with PWM: full for what cools, off for a chiller. */
static bool boot_level(const outputs_wire_t *w) { return cool_switch_level(w->boot_duty, w->wiring.inverted); }

/* Lets a pin float. gpio_reset_pin would pull it up, which switches an inverting transistor on. */
static void release(int index) {
	outputs_wire_t *w = &now.plan.wires[index];
	if (now.works[index] && w->kind != COOL_SWITCH) {
		(void)failed(index, "stop PWM", ledc_stop(SPEED, (ledc_channel_t)index, boot_level(w) ? 1 : 0));
	}
	const gpio_config_t floating = {.pin_bit_mask = 1ULL << w->wiring.pin, .mode = GPIO_MODE_DISABLE, .intr_type = GPIO_INTR_DISABLE};
	(void)failed(index, "release", gpio_config(&floating));
	now.works[index] = false;
}

/* A timer with this frequency: one that runs with it, or a free one. */
static bool timer_for(int index, uint32_t hz, ledc_timer_t *out) {
	int found = -1;
	for (int t = 0; t < LEDC_TIMER_MAX; t++) {
		if (now.timer_hz[t] == hz) {
			*out = (ledc_timer_t)t;
			return true;
		}
		if (now.timer_hz[t] == 0 && found < 0) {
			found = t;
		}
	}
	if (found < 0) {
		ESP_LOGE(TAG, "output %d: more than %d different frequencies", index, LEDC_TIMER_MAX);
		return false;
	}
	const ledc_timer_config_t cfg = {
		.speed_mode = SPEED, .duty_resolution = RESOLUTION, .timer_num = (ledc_timer_t)found, .freq_hz = hz, .clk_cfg = LEDC_USE_APB_CLK};
	if (failed(index, "set up the PWM's timer", ledc_timer_config(&cfg))) {
		return false;
	}
	now.timer_hz[found] = hz;
	*out = (ledc_timer_t)found;
	return true;
}

/* A pin that goes straight to a fan's PWM wire must not push 3.3 V into its pull-up; one that drives a transistor has to. */
static bool set_up_pin(int index, const outputs_wire_t *w) {
	bool open_drain = w->kind == COOL_PWM4 && !w->wiring.inverted;
	const gpio_config_t cfg = {
		.pin_bit_mask = 1ULL << w->wiring.pin, .mode = open_drain ? GPIO_MODE_OUTPUT_OD : GPIO_MODE_OUTPUT, .intr_type = GPIO_INTR_DISABLE};
	/* The level first, so that the pin never shows another one. */
	return !failed(index, "set the level", gpio_set_level((gpio_num_t)w->wiring.pin, boot_level(w))) &&
		!failed(index, "set up the pin", gpio_config(&cfg));
}

static bool set_up_pwm(int index, const outputs_wire_t *w) {
	ledc_timer_t timer;
	if (!timer_for(index, w->wiring.hz, &timer)) {
		return false;
	}
	const ledc_channel_config_t cfg = {
		.gpio_num = w->wiring.pin,
		.speed_mode = SPEED,
		.channel = (ledc_channel_t)index,
		.timer_sel = timer,
		.duty = cool_pwm_counts(w->boot_duty, FULL, w->wiring.inverted),
		.hpoint = 0,
	};
	now.timers[index] = timer;
	return !failed(index, "set up the PWM", ledc_channel_config(&cfg));
}

/* Timers that no output uses any more are free for other frequencies. */
static void free_timers(void) {
	for (int t = 0; t < LEDC_TIMER_MAX; t++) {
		bool used = false;
		for (int i = 0; i < COOL_MAX_OUTPUTS; i++) {
			used = used || (now.works[i] && now.plan.wires[i].kind != COOL_SWITCH && (int)now.timers[i] == t);
		}
		if (!used) {
			now.timer_hz[t] = 0;
		}
	}
}

void outputs_wire(const outputs_plan_t *plan) {
	bool keep[COOL_MAX_OUTPUTS];
	for (int i = 0; i < COOL_MAX_OUTPUTS; i++) {
		bool was = i < now.plan.count, is = i < plan->count;
		keep[i] = was == is && (!was || same(&now.plan.wires[i], &plan->wires[i]));
	}
	/* First all releases: a pin may have moved from one output to another. */
	for (int i = 0; i < now.plan.count; i++) {
		if (!keep[i] && now.plan.wires[i].wiring.pin >= 0) {
			release(i);
		}
	}
	free_timers();
	now.plan = *plan;
	for (int i = 0; i < plan->count; i++) {
		const outputs_wire_t *w = &plan->wires[i];
		if (!keep[i] && w->wiring.pin >= 0) {
			now.works[i] = set_up_pin(i, w) && (w->kind == COOL_SWITCH || set_up_pwm(i, w));
		}
	}
}

void outputs_release(void) {
	for (int i = 0; i < now.plan.count; i++) {
		if (now.plan.wires[i].wiring.pin >= 0) {
			release(i);
		}
	}
}

void outputs_drive(int index, double duty) {
	if (index < 0 || index >= now.plan.count || !now.works[index]) {
		return;
	}
	const outputs_wire_t *w = &now.plan.wires[index];
	if (w->kind == COOL_SWITCH) {
		(void)failed(index, "switch", gpio_set_level((gpio_num_t)w->wiring.pin, cool_switch_level(duty, w->wiring.inverted)));
		return;
	}
	if (!failed(index, "set the duty", ledc_set_duty(SPEED, (ledc_channel_t)index, cool_pwm_counts(duty, FULL, w->wiring.inverted)))) {
		(void)failed(index, "set the duty", ledc_update_duty(SPEED, (ledc_channel_t)index));
	}
}
