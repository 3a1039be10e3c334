#include "cool/clock.h"

void cool_clock_init(cool_clock_t *c, uint32_t now_ms) { *c = (cool_clock_t){.counter = now_ms}; }

uint64_t cool_clock_peek(const cool_clock_t *c, uint32_t now_ms) {
	uint32_t passed = cool_since(now_ms, c->counter);
	if (passed > INT32_MAX) return c->mono; // read before the other task's, and passed on after it
	return c->mono + passed;
}

uint64_t cool_clock_at(cool_clock_t *c, uint32_t now_ms) {
	uint64_t mono = cool_clock_peek(c, now_ms);
	if (cool_since(now_ms, c->counter) <= INT32_MAX) c->counter = now_ms;
	c->mono = mono;
	return mono;
}

void cool_clock_set(cool_clock_t *c, uint64_t mono, int64_t unix_ms) {
	c->wall = unix_ms - (int64_t)mono;
	if (!c->set) c->stamping = c->wall;
	c->set = true;
}

bool cool_clock_wall(const cool_clock_t *c, uint64_t mono, int64_t *unix_ms) {
	*unix_ms = c->wall + (int64_t)mono;
	return c->set;
}
