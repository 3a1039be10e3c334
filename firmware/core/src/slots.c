#include "cool/slots.h"

#include <string.h>

enum {
	ABSENT = INT16_MIN,     /**< the sample does not have this metric */
	FAULTY = INT16_MIN + 1, /**< plus a quality from COOL_POR85 on */
	LEAST = INT16_MIN + 16, /**< the least value that is a number */
};

/** Steps of a unit, by the suffix that states the unit of a metric; temperatures have none. */
static int steps_of(const char *metric) {
	static const struct {
		const char *suffix;
		int steps;
	} units[] = {
		{"_rpm", 1},
		{"_duty", 10},
		{"_lpm", 100},
		{"_rh", 10},
		{"_w", 5},
	};
	size_t len = strlen(metric);
	for (size_t i = 0; i < sizeof units / sizeof units[0]; i++) {
		size_t suffix = strlen(units[i].suffix);
		if (len > suffix && memcmp(metric + len - suffix, units[i].suffix, suffix) == 0) return units[i].steps;
	}
	return 100;
}

int16_t cool_slot_pack(const char *metric, cool_reading_t reading) {
	if (reading.quality != COOL_GOOD) return (int16_t)(FAULTY + (int)reading.quality);
	double steps = reading.value * steps_of(metric);
	// Written so that NaN goes this way, too.
	if (!(steps > LEAST && steps < INT16_MAX)) return (int16_t)(FAULTY + (int)COOL_RANGE);
	return (int16_t)(steps < 0 ? steps - 0.5 : steps + 0.5);
}

bool cool_slot_unpack(const char *metric, int16_t value, cool_reading_t *out) {
	if (value == ABSENT) return false;
	if (value < LEAST) {
		*out = (cool_reading_t){.quality = (cool_quality_t)(value - FAULTY)};
		return true;
	}
	*out = (cool_reading_t){.value = (double)value / steps_of(metric), .quality = COOL_GOOD};
	return true;
}

void cool_columns_release(cool_column_t columns[COOL_RING_METRICS], const cool_slot_t *s) {
	for (int i = 0; i < COOL_RING_METRICS; i++)
		if (s->values[i] != ABSENT) columns[i].used--;
}

/** The column of a name: its own, or else one that no sample has; -1 if there is none. */
static int column_for(cool_column_t columns[COOL_RING_METRICS], const char *name) {
	int unused = -1;
	for (int i = COOL_RING_METRICS - 1; i >= 0; i--) {
		if (strcmp(columns[i].name, name) == 0) return i;
		if (columns[i].used == 0) unused = i;
	}
	if (unused >= 0) (void)cool_copy(columns[unused].name, sizeof columns[unused].name, name);
	return unused;
}

int cool_columns_fill(cool_column_t columns[COOL_RING_METRICS], cool_slot_t *s, const cool_metric_t *metrics, int count) {
	for (int i = 0; i < COOL_RING_METRICS; i++)
		s->values[i] = ABSENT;
	int left_out = 0;
	for (int i = 0; i < count; i++) {
		int column = column_for(columns, metrics[i].name);
		if (column < 0) {
			left_out++;
			continue;
		}
		if (s->values[column] == ABSENT) columns[column].used++;
		s->values[column] = cool_slot_pack(metrics[i].name, metrics[i].reading);
	}
	return left_out;
}

int cool_columns_read(const cool_column_t columns[COOL_RING_METRICS], const cool_slot_t *s, cool_metric_t out[COOL_RING_METRICS]) {
	int count = 0;
	for (int i = 0; i < COOL_RING_METRICS; i++) {
		if (!cool_slot_unpack(columns[i].name, s->values[i], &out[count].reading)) continue;
		(void)cool_copy(out[count].name, sizeof out[count].name, columns[i].name);
		count++;
	}
	return count;
}
