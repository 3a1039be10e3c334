#include "chance.h"

#include <math.h>

static const uint64_t golden = 0x9e3779b97f4a7c15U;

uint64_t chance_mix(uint64_t x) {
	x += golden;
	x = (x ^ (x >> 30)) * 0xbf58476d1ce4e5b9U;
	x = (x ^ (x >> 27)) * 0x94d049bb133111ebU;
	return x ^ (x >> 31);
}

uint64_t chance_next(chance_t *c) {
	uint64_t v = chance_mix(c->at);
	c->at += golden;
	return v;
}

double chance_unit(chance_t *c) { return (double)(chance_next(c) >> 11) / 9007199254740992.0; /* 2^53 */ }

double chance_normal(chance_t *c) {
	/* Box and Muller (1958). 1 - u is never 0. */
	double r = sqrt(-2 * log(1 - chance_unit(c)));
	double v = r * cos(6.283185307179586 * chance_unit(c));
	return fmin(fmax(v, -3), 3);
}
