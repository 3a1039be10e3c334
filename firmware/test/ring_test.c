#include <string.h>

#include "cool/json.h"
#include "cool/ring.h"
#include "test.h"

VECTORS(ring);

static cool_ring_t ring;

enum { BOOT = 7, ANOTHER = 8, MOST_RANGES = 8, BATCHES = 26 };

static const cool_stamping_t untimed = {.stamp = COOL_NO_TIME};

/** What a message has: ranges of numbers, both ends included. */
typedef struct {
	uint64_t ranges[MOST_RANGES][2];
	int count;
	bool readings;
} message_t;

static bool collect(void *ctx, const cool_sample_t *s) {
	message_t *m = ctx;
	m->readings = m->readings || s->count > 0;
	if (m->count > 0 && m->ranges[m->count - 1][1] + 1 == s->seq) {
		m->ranges[m->count - 1][1]++;
		return true;
	}
	if (m->count == MOST_RANGES) return false;
	m->ranges[m->count][0] = m->ranges[m->count][1] = s->seq;
	m->count++;
	return true;
}

static uint64_t number(cool_json_t object, const char *name) {
	int64_t v = 0;
	(void)cool_json_integer(cool_json_member(object, name), 0, INT64_MAX, &v);
	return (uint64_t)v;
}

static bool flag(cool_json_t object, const char *name, bool missing) {
	bool v = missing;
	(void)cool_json_bool(cool_json_member(object, name), &v);
	return v;
}

static uint64_t push(uint64_t now) {
	const cool_metric_t one = {.name = "water", .reading = {.value = 30, .quality = COOL_GOOD}};
	return cool_ring_push(&ring, now, &one, 1);
}

/** Takes a message and compares it with what a step expects; returns its flight. */
static uint64_t take(cool_json_t step, uint64_t now) {
	message_t m = {.count = 0};
	bool fresh = cool_json_equals(cool_json_member(step, "kind"), "fresh");
	uint64_t flight = fresh ? cool_ring_take_fresh(&ring, now, untimed, collect, &m) : cool_ring_take_backlog(&ring, now, untimed, collect, &m);
	cool_json_t want = cool_json_member(step, "samples"), range;
	cool_json_iter_t at = {NULL, NULL};
	int i = 0;
	for (; cool_json_next(want, &at, NULL, &range); i++) {
		cool_json_iter_t ends = {NULL, NULL};
		cool_json_t end;
		for (int k = 0; k < 2 && cool_json_next(range, &ends, NULL, &end); k++) {
			int64_t v = -1;
			(void)cool_json_integer(end, 0, INT64_MAX, &v);
			CHECK_EQ_INT(m.ranges[i][k], v);
		}
	}
	CHECK_EQ_INT(m.count, i);
	CHECK((flight != 0) == (m.count > 0));
	CHECK(m.count == 0 || m.readings == flag(step, "readings", true));
	return flight;
}

static uint64_t *batch(cool_json_t step, uint64_t flights[BATCHES]) {
	char name[2] = "a";
	(void)cool_json_string(cool_json_member(step, "batch"), name, sizeof name);
	return &flights[(name[0] - 'a') % BATCHES];
}

static void do_step(cool_json_t step, uint64_t *now, uint64_t flights[BATCHES]) {
	char what[16] = "";
	(void)cool_json_string(cool_json_member(step, "do"), what, sizeof what);
	if (strcmp(what, "push") == 0) {
		for (uint64_t n = number(step, "count"); n > 0; n--)
			push(*now);
	} else if (strcmp(what, "connected") == 0) {
		cool_ring_connected(&ring, *now);
	} else if (strcmp(what, "disconnected") == 0) {
		cool_ring_disconnected(&ring);
	} else if (strcmp(what, "left") == 0) {
		cool_ring_left(&ring);
	} else if (strcmp(what, "hold") == 0) {
		cool_ring_hold(&ring, flag(step, "held", false));
	} else if (strcmp(what, "take") == 0) {
		*batch(step, flights) = take(step, *now);
	} else if (strcmp(what, "settle") == 0) {
		cool_ring_settle(&ring, *batch(step, flights), flag(step, "acked", false), *now);
	} else if (strcmp(what, "committed") == 0) {
		bool present = cool_json_equals(cool_json_member(step, "boot"), "present");
		cool_ring_committed(&ring, present ? BOOT : ANOTHER, number(step, "through"), *now);
	} else if (strcmp(what, "wait") == 0) {
		*now += number(step, "ms");
	} else {
		CHECK_STR(what, "a known step");
	}
}

static void check_holds(cool_json_t step) {
	cool_json_t holds = cool_json_member(step, "holds"), end;
	cool_json_iter_t at = {NULL, NULL};
	int64_t first = 0, last = 0;
	if (cool_json_count(holds) == 0) {
		CHECK_EQ_INT(cool_ring_len(&ring), 0);
	} else {
		CHECK(cool_json_next(holds, &at, NULL, &end) && cool_json_integer(end, 0, INT64_MAX, &first));
		CHECK(cool_json_next(holds, &at, NULL, &end) && cool_json_integer(end, 0, INT64_MAX, &last));
		CHECK_EQ_INT(ring.first, first);
		CHECK_EQ_INT(ring.next - 1, last);
	}
	CHECK_EQ_INT(ring.dropped, number(step, "dropped"));
}

TEST(vectors) {
	cool_json_t file, c, step;
	CHECK(cool_json_parse(vectors_ring, vectors_ring_len, &file));
	int cases = 0;
	cool_json_iter_t at = {NULL, NULL};
	while (cool_json_next(cool_json_member(file, "cases"), &at, NULL, &c)) {
		char name[128] = "";
		CHECK(cool_json_string(cool_json_member(c, "name"), name, sizeof name));
		test_in(name);
		uint64_t now = 0, flights[BATCHES] = {0};
		cool_ring_init(&ring, BOOT, (uint32_t)number(c, "capacity"), now);
		cool_json_iter_t next = {NULL, NULL};
		while (cool_json_next(cool_json_member(c, "steps"), &next, NULL, &step)) {
			do_step(step, &now, flights);
			check_holds(step);
		}
		cases++;
	}
	test_in(NULL);
	CHECK_EQ_INT(cases, test_count_cases(vectors_ring, vectors_ring_len, "cases"));
}

TEST(it_holds_a_day_and_has_room) {
	CHECK_EQ_INT(sizeof(cool_slot_t), 44);
	CHECK(COOL_RING_CAPACITY >= 1440 + 2 * 60);
	CHECK(sizeof(cool_ring_t) < 70 * 1024);
	cool_ring_init(&ring, BOOT, 0, 0);
	for (int i = 0; i < COOL_RING_CAPACITY; i++)
		push((uint64_t)i * 60000);
	CHECK_EQ_INT(cool_ring_len(&ring), COOL_RING_CAPACITY);
	CHECK_EQ_INT(ring.dropped, 0);
	push(0);
	CHECK_EQ_INT(cool_ring_len(&ring), COOL_RING_CAPACITY);
	CHECK_EQ_INT(ring.dropped, 1);
}

/** A sink that takes a copy of the first sample, and only so many. */
typedef struct {
	int room, taken;
	cool_sample_t sample;
	cool_metric_t metrics[COOL_RING_METRICS];
} copy_t;

static bool copy(void *ctx, const cool_sample_t *s) {
	copy_t *c = ctx;
	if (c->taken == c->room) return false;
	if (c->taken++ == 0) {
		c->sample = *s;
		for (int i = 0; i < s->count; i++)
			c->metrics[i] = s->metrics[i];
	}
	return true;
}

TEST(what_does_not_fit_into_a_message_stays) {
	cool_ring_init(&ring, BOOT, 0, 0);
	cool_ring_connected(&ring, 0);
	for (int i = 0; i < 5; i++)
		push(0);
	copy_t c = {.room = 2};
	uint64_t flight = cool_ring_take_fresh(&ring, 0, untimed, copy, &c);
	cool_ring_settle(&ring, flight, true, 0);
	CHECK_EQ_INT(ring.first, 3);
	c = (copy_t){.room = 0};
	CHECK_EQ_INT(cool_ring_take_fresh(&ring, 0, untimed, copy, &c), 0);
	c = (copy_t){.room = 9};
	CHECK(cool_ring_take_fresh(&ring, 0, untimed, copy, &c) != 0);
	CHECK_EQ_INT(c.sample.seq, 3);
	CHECK_EQ_INT(c.taken, 3);
}

TEST(empties_that_do_not_fit_stay) {
	cool_ring_init(&ring, BOOT, 2, 0);
	for (int i = 0; i < 5; i++)
		push(0);
	cool_ring_connected(&ring, 0);
	cool_ring_committed(&ring, ANOTHER, 0, 0);
	copy_t c = {.room = 2};
	CHECK(cool_ring_take_backlog(&ring, 10000, untimed, copy, &c) != 0);
	CHECK_EQ_INT(c.sample.seq, 1);
	CHECK_EQ_INT(c.sample.count, 0);
	c = (copy_t){.room = 0};
	CHECK_EQ_INT(cool_ring_take_backlog(&ring, 10000, untimed, copy, &c), 0);
	c = (copy_t){.room = 2};
	CHECK(cool_ring_take_backlog(&ring, 10000, untimed, copy, &c) != 0);
	CHECK_EQ_INT(c.sample.seq, 3);
}

TEST(times) {
	const uint64_t taken = 0x1234567890ab; // years after the start: the high half counts
	cool_ring_init(&ring, BOOT, 0, 0);
	push(taken);
	cool_ring_connected(&ring, taken);
	copy_t c = {.room = 1};
	(void)cool_ring_take_backlog(&ring, taken + 5, (cool_stamping_t){.stamp = COOL_TS, .offset = 1764000000000}, copy, &c);
	CHECK(c.sample.stamp == COOL_TS);
	CHECK_EQ_INT(c.sample.time, 1764000000000 + (int64_t)taken);
	cool_ring_disconnected(&ring);
	c = (copy_t){.room = 1};
	(void)cool_ring_take_backlog(&ring, taken + 5, (cool_stamping_t){.stamp = COOL_AGE}, copy, &c);
	CHECK(c.sample.stamp == COOL_AGE);
	CHECK_EQ_INT(c.sample.time, 5);
	CHECK(c.sample.watched);
}

TEST(stuck_counts_from_the_last_that_left) {
	cool_ring_init(&ring, BOOT, 0, 0);
	CHECK_EQ_INT(cool_ring_stuck(&ring, 5000), 0);
	push(6000);
	push(7000);
	CHECK_EQ_INT(cool_ring_stuck(&ring, 10000), 4000);
	cool_ring_committed(&ring, BOOT, 1, 10000);
	CHECK_EQ_INT(cool_ring_stuck(&ring, 12000), 2000);
	cool_ring_committed(&ring, BOOT, 2, 12000);
	CHECK_EQ_INT(cool_ring_stuck(&ring, 90000), 0);
}

static cool_metric_t metric(const char *name, double value) {
	cool_metric_t m = {.reading = {.value = value, .quality = COOL_GOOD}};
	(void)cool_copy(m.name, sizeof m.name, name);
	return m;
}

TEST(values_keep_the_resolution_of_their_metric) {
	static const struct {
		const char *name;
		double value, kept;
	} cases[] = {
		{"water", 31.2549, 31.25},
		{"water", -0.004, 0},
		{"water", -12.345, -12.35},
		{"ambient", 125, 125},
		{"inlet", -55, -55},
		{"pump_rpm", 2410.4, 2410},
		{"fan2_rpm", 30000, 30000},
		{"pump_duty", 59.96, 60},
		{"flow_lpm", 1.304, 1.3},
		{"flow_lpm", 100, 100},
		{"ambient_rh", 45.67, 45.7},
		{"heat_w", -5000, -5000},
		{"heat_w", 45.29, 45.2},
		{"_w", 1.234, 1.23},
	};
	for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
		test_in(cases[i].name);
		cool_reading_t r = {0};
		CHECK(cool_slot_unpack(cases[i].name, cool_slot_pack(cases[i].name, metric("", cases[i].value).reading), &r));
		CHECK_NEAR(r.value, cases[i].kept, 1e-9);
		CHECK_EQ_INT(r.quality, COOL_GOOD);
	}
}

TEST(qualities_survive) {
	cool_reading_t r;
	for (int q = COOL_POR85; q <= COOL_STALE; q++) {
		CHECK(cool_slot_unpack("water", cool_slot_pack("water", (cool_reading_t){.value = 20, .quality = (cool_quality_t)q}), &r));
		CHECK_EQ_INT(r.quality, q);
	}
	static const double strange[] = {400, -400, 1e300, -1e300};
	for (size_t i = 0; i < sizeof strange / sizeof strange[0]; i++) {
		CHECK(cool_slot_unpack("water", cool_slot_pack("water", metric("", strange[i]).reading), &r));
		CHECK_EQ_INT(r.quality, COOL_RANGE);
	}
	volatile double zero = 0;
	CHECK(cool_slot_unpack("water", cool_slot_pack("water", metric("", zero / zero).reading), &r));
	CHECK_EQ_INT(r.quality, COOL_RANGE);
}

TEST(a_column_is_used_again_when_its_name_is_gone) {
	cool_ring_init(&ring, BOOT, 0, 0);
	cool_metric_t m[COOL_RING_METRICS];
	for (int i = 0; i < COOL_RING_METRICS; i++) {
		char name[] = "temp_a";
		name[5] = (char)('a' + i);
		m[i] = metric(name, i);
	}
	cool_ring_push(&ring, 0, m, COOL_RING_METRICS);
	cool_metric_t other = metric("other", 1);
	cool_ring_push(&ring, 0, &other, 1);
	CHECK_EQ_INT(ring.left_out, 1); // there is no room for its name yet
	cool_ring_connected(&ring, 0);
	cool_ring_committed(&ring, BOOT, 1, 0);
	cool_ring_push(&ring, 0, &other, 1);
	CHECK_EQ_INT(ring.left_out, 1);
	cool_ring_committed(&ring, BOOT, 2, 0);
	copy_t c = {.room = 1};
	CHECK(cool_ring_take_fresh(&ring, 0, untimed, copy, &c) != 0);
	CHECK_EQ_INT(c.sample.count, 1);
	CHECK_STR(c.metrics[0].name, "other");
	CHECK_NEAR(c.metrics[0].reading.value, 1, 1e-9);
}

TEST(a_metric_that_is_said_twice_counts_once) {
	cool_ring_init(&ring, BOOT, 0, 0);
	cool_metric_t m[] = {metric("water", 1), metric("water", 2)};
	cool_ring_push(&ring, 0, m, 2);
	CHECK_EQ_INT(ring.columns[0].used, 1);
	cool_ring_committed(&ring, BOOT, 1, 0);
	CHECK_EQ_INT(ring.columns[0].used, 0);
}
