#include "motor.h"

#include <math.h>

void motor_step(motor_t *m, double duty, double seconds, chance_t *c) {
	if (m->stalled || duty < m->stop)
		m->turning = false;
	else if (duty >= m->start)
		m->turning = true;
	double target = m->turning ? m->idle + (1 - m->idle) * fmin(fmax(duty, 0), 100) / 100 : 0;
	m->speed = target + (m->speed - target) * exp(-seconds / m->lag);
	if (m->speed < 0.01 && !m->turning) m->speed = 0; /* friction */
	m->shown = m->speed * (1 + m->hunt * chance_normal(c));
}

double motor_rpm(const motor_t *m) { return m->shown * m->max_rpm; }

bool counter_step(counter_t *c, double pulses_per_second, double seconds) {
	bool fresh = false;
	/* Half a millisecond makes eight quarters of a second a window of two seconds whatever their sum rounds to. */
	for (c->since += seconds; c->since >= c->window - 0.0005; c->since -= c->window) {
		double pulses = pulses_per_second * c->window + c->partial;
		double whole = floor(pulses);
		c->partial = pulses - whole;
		c->rate = whole / c->window;
		fresh = true;
	}
	return fresh;
}

bool flow_meter_step(flow_meter_t *f, double lpm, double seconds) {
	if (lpm < f->least) {
		lpm = 0;
		f->counter.partial = 0;
	}
	return counter_step(&f->counter, lpm * f->gain / 60 * f->per_litre, seconds);
}

double flow_meter_lpm(const flow_meter_t *f) { return f->counter.rate / f->per_litre * 60; }
