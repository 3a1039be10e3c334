#include "workday.h"

#include <math.h>
#include <stddef.h>

#include "chance.h"

/** A part of the day. A burst is a build: it begins at random in a slot of five minutes. */
typedef struct {
	double from;   /**< hours after midnight */
	double base;   /**< W */
	double burst;  /**< W while a burst lasts; 0: none */
	double chance; /**< of a burst in a slot */
	double length; /**< greatest length of a burst, s */
} activity_t;

/** A day, in order; the same as in Go. */
static const activity_t schedule[] = {
	{0, 6, 0, 0, 0},                         /* asleep */
	{7.5, 12, 0, 0, 0},                      /* mail over breakfast */
	{9, 46, 0, 0, 0},                        /* the IDE indexes */
	{9.3, 20, 62, 0.5, 210},                 /* coding */
	{10.5, 28, 0, 0, 0},                     /* a meeting, camera on */
	{11.2, 20, 64, 0.55, 220},               /* coding */
	{12.2, 8, 0, 0, 0},                      /* lunch */
	{13.2, 44, 0, 0, 0},                     /* indexing again */
	{13.5, 22, 66, 0.7, 280},                /* the day's large builds */
	{15.5, 29, 0, 0, 0},                     /* a meeting */
	{16.5, 20, 62, 0.5, 210},                /* coding */
	{18.2, 8, 0, 0, 0},                      /* dinner */
	{19.7, 17, 30, 0.3, 240},                /* films and reading */
	{21, 50, 62, 0.5, 280},                  /* a game */
	{22.3, 14, 0, 0, 0}, {23.4, 6, 0, 0, 0}, /* and to bed */
};

enum {
	SLOT_S = 300,
	KNOT_S = 2400, /* between the knots of the room's wander */
	DAY_S = 86400,
	/* Salts keep the random streams of the parts apart. */
	SALT_SHIFT = 1,
	SALT_BURST,
	SALT_START,
	SALT_LENGTH,
	SALT_RIPPLE,
	SALT_ROOM,
};

/** A number in [0, 1) that is always the same for the same place. */
static double unit(uint64_t seed, uint64_t salt, uint64_t a, uint64_t b) {
	uint64_t h = chance_mix(seed ^ chance_mix(salt ^ chance_mix(a ^ chance_mix(b))));
	return (double)(h >> 11) / 9007199254740992.0;
}

/** The number of a local day: 1000 times the year, and the day of the year from 1. */
static uint64_t day_number(int64_t local_s) {
	int64_t days = local_s / DAY_S, year = 1970;
	for (;;) {
		int64_t length = (year % 4 == 0 && year % 100 != 0) || year % 400 == 0 ? 366 : 365;
		if (days < length) return (uint64_t)(year * 1000 + days + 1);
		days -= length;
		year++;
	}
}

/** Hours after the local midnight. */
static double clock_hours(int64_t local_s) { return (double)(local_s % DAY_S) / 3600; }

double workday_heat(uint64_t seed, int64_t unix_s, int32_t zone_s) {
	double clock = clock_hours(unix_s + zone_s);
	uint64_t day = day_number(unix_s + zone_s);
	const activity_t *now = &schedule[0];
	for (size_t i = 1; i < sizeof schedule / sizeof schedule[0]; i++) {
		/* Nobody starts anything on the minute. */
		if (clock < schedule[i].from + (unit(seed, SALT_SHIFT, day, i - 1) - 0.5) / 6) break;
		now = &schedule[i];
	}
	double ripple = 1 + 0.16 * (unit(seed, SALT_RIPPLE, (uint64_t)(unix_s / 20), 0) - 0.5);
	uint64_t slot = (uint64_t)(unix_s / SLOT_S);
	if (now->burst > 0 && unit(seed, SALT_BURST, slot, 0) < now->chance) {
		double start = 60 * unit(seed, SALT_START, slot, 0);
		double length = 40 + (now->length - 40) * unit(seed, SALT_LENGTH, slot, 0);
		double at = (double)(unix_s % SLOT_S) - start;
		if (at >= 0 && at < length) return now->burst * ripple;
	}
	return now->base * ripple;
}

double workday_ambient(uint64_t seed, int64_t unix_s, int32_t zone_s) {
	double clock = clock_hours(unix_s + zone_s);
	int64_t k = unix_s / KNOT_S;
	double at = (double)(unix_s % KNOT_S) / KNOT_S;
	at = at * at * (3 - 2 * at); /* smooth at the knots */
	double a = unit(seed, SALT_ROOM, (uint64_t)k, 0), b = unit(seed, SALT_ROOM, (uint64_t)(k + 1), 0);
	return 22.4 + 1.1 * cos(6.283185307179586 * (clock - 16.5) / 24) + 0.5 * (a + (b - a) * at - 0.5);
}
