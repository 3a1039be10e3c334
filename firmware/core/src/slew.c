#include "cool/slew.h"

#include "number.h"

double cool_slew_step(cool_slew_t *s, double up, double down, double target, uint32_t dt_ms, bool urgent) {
	double seconds = dt_ms / 1000.0;
	if (!s->started || (target > s->duty && (urgent || up <= 0)) || (target < s->duty && down <= 0)) {
		s->duty = target;
	} else if (target > s->duty) {
		s->duty = cool_min(target, s->duty + up * seconds);
	} else {
		s->duty = cool_max(target, s->duty - down * seconds);
	}
	s->started = true;
	return s->duty;
}
