/* Whatever the network, the broker and the server do, every sample gets to the server in the end, and none leaves the ring before. */
#include <stdio.h>
#include <string.h>

#include "cool/device_state.h"
#include "cool/json.h"
#include "device_util.h"
#include "test.h"

enum { MOST_SAMPLES = 12000, BOOT = 0xb007, MESSAGES = 64, MOST_IN_MESSAGE = COOL_BATCH_EMPTIES };

/** A message of telemetry under way: at most one range of numbers without readings, or numbers with readings. */
typedef struct {
	int id, count;
	uint16_t seqs[MOST_IN_MESSAGE];
	bool readings;
} message_t;

/** A server that stores what reaches it and says a contiguous watermark, and the judge of the device that feeds it. */
static struct {
	uint8_t stored[MOST_SAMPLES]; /**< by number */
	uint8_t real[MOST_SAMPLES];   /**< arrived with readings, ever */
	uint8_t acked[MOST_SAMPLES];
	uint16_t times[MOST_SAMPLES]; /**< how often it arrived */
	uint64_t said;                /**< the greatest watermark that the device was told */
	bool commits;                 /**< it says `committed` */
	message_t messages[MESSAGES];
	int count;
	int moves; /**< commands `endpoint` so far */
	bool good; /**< the network is: everything arrives and is acknowledged */
} server;

static void store(const message_t *m) {
	for (int i = 0; i < m->count; i++) {
		server.stored[m->seqs[i]] = 1;
		server.times[m->seqs[i]]++;
		server.real[m->seqs[i]] = server.real[m->seqs[i]] || m->readings;
	}
}

static void acknowledge(const message_t *m) {
	for (int i = 0; i < m->count; i++)
		server.acked[m->seqs[i]] = 1;
}

static void hear(const char *payload, size_t len, int id) {
	cool_json_t all, s;
	message_t *m = &server.messages[server.count];
	m->id = id;
	m->count = 0;
	if (!CHECK(cool_json_parse(payload, len, &all)) || !CHECK(server.count < MESSAGES - 1)) return;
	cool_json_iter_t at = {NULL, NULL};
	while (cool_json_next(cool_json_member(all, "samples"), &at, NULL, &s)) {
		int64_t seq;
		if (!CHECK(cool_json_integer(cool_json_member(s, "seq"), 1, MOST_SAMPLES - 1, &seq)) || !CHECK(m->count < MOST_IN_MESSAGE)) return;
		m->readings = cool_json_count(cool_json_member(s, "m")) > 0;
		m->seqs[m->count++] = (uint16_t)seq;
	}
	if (!server.good) {
		server.count++;
		return;
	}
	store(m);
	acknowledge(m);
}

static uint64_t through(void) {
	uint64_t n = 0;
	while (n + 1 < MOST_SAMPLES && server.stored[n + 1] != 0)
		n++;
	return n;
}

static void say(void) {
	if (!server.commits || !cool_link_stands(&device.link)) return;
	uint64_t n = through();
	if (n > server.said) server.said = n;
	bench_committed(BOOT, n);
}

/** Ends a message: it arrives or not, and is acknowledged or not. */
static void settle(int i, bool arrives, bool acked) {
	message_t m = server.messages[i];
	server.messages[i] = server.messages[--server.count];
	if (arrives) store(&m);
	if (acked) acknowledge(&m);
	cool_device_settled(&device, bench.now, m.id, acked);
}

/** Acknowledges everything that is no telemetry. */
static void settle_others(void) {
	for (int i = 0; i < bench.sent_count; i++)
		if (bench.sent[i].kind != COOL_TELEMETRY) cool_device_settled(&device, bench.now, bench.sent[i].id, true);
	bench.sent_count = 0;
	bench_run();
}

static void lose_connection(uint64_t *random) {
	for (; server.count > 0; server.count--)
		if (test_random_int(random, 0, 1)) store(&server.messages[server.count - 1]); // arrived all the same
	if (bench.connected) bench_cut("lost");
}

/** Sends the device to another broker of the same server, for a trial that may fail. */
static void move(uint64_t *random) {
	char text[300], id[8] = "m-0000";
	for (int i = 5, n = ++server.moves; i > 1; i--, n /= 10)
		id[i] = (char)('0' + n % 10);
	cool_json_writer_t w;
	cool_json_writer_init(&w, text, sizeof text);
	cool_json_open_object(&w);
	cool_json_key(&w, "id");
	cool_json_put_string(&w, id);
	cool_json_key(&w, "name");
	cool_json_put_string(&w, "endpoint");
	cool_json_key(&w, "expires");
	cool_json_put_int(&w, 1864000000000);
	cool_json_key(&w, "args");
	cool_json_open_object(&w);
	cool_json_key(&w, "url");
	cool_json_put_string(&w, server.moves % 2 ? "mqtts://one.example" : "mqtts://two.example");
	cool_json_key(&w, "username");
	cool_json_put_string(&w, "u");
	cool_json_key(&w, "password");
	cool_json_put_string(&w, "p");
	cool_json_key(&w, "trial_s");
	cool_json_put_int(&w, test_random_int(random, 5, 60));
	cool_json_close_object(&w);
	cool_json_close_object(&w);
	bench_say(COOL_COMMAND, text, false);
	settle_others();
}

static void some_event(uint64_t *random) {
	int what = test_random_int(random, 0, 99);
	if (what < 55) {
		bench_pass((uint32_t)test_random_int(random, 1, 12) * 250);
		settle_others();
	} else if (what < 75 && server.count > 0) {
		// Acknowledged and lost is a hole: only a server that says `committed` can be behind a broker that makes those.
		bool acked = test_random_int(random, 0, 3) > 0;
		settle(test_random_int(random, 0, server.count - 1), test_random_int(random, 0, 2) > 0 || (acked && !server.commits), acked);
	} else if (what < 85) {
		say();
	} else if (what < 88 && server.commits) {
		uint64_t after = (uint64_t)test_random_int(random, 0, (int)device.ring.next); // restored from a backup
		memset(server.stored + after + 1, 0, sizeof server.stored - (size_t)after - 1);
	} else if (what < 90 && server.commits) {
		bench_committed(BOOT, device.ring.next + 5);
		bench_committed(3, 99);
	} else if (what < 93) {
		lose_connection(random);
	} else if (what < 94) {
		cool_device_network(&device, bench.now, false, NULL, 0);
		lose_connection(random);
		bench_run();
	} else if (what < 97) {
		cool_device_network(&device, bench.now, true, "192.0.2.7", -50);
		bench_run();
		settle_others();
	} else if (what < 98 && device.order_count == 0) {
		move(random);
	}
}

/** What left the ring was committed (or acknowledged, where `committed` is never said). */
static bool check(void) {
	for (uint64_t seq = 1; seq < device.ring.first; seq++)
		if (server.commits ? seq > server.said : server.acked[seq] == 0) return CHECK_STR("a sample left the ring too early", "none");
	return CHECK(device.ring.dropped == 0);
}

static void heal(uint64_t *random) {
	lose_connection(random);
	bench.silent = false;
	server.good = true;
	cool_device_network(&device, bench.now, true, "192.0.2.7", -50);
	uint64_t target = device.ring.next - 1;
	for (int round = 0; round < 500 && (device.ring.first <= target); round++) {
		bench_pass(3000);
		say();
		check();
	}
	CHECK(device.ring.first > target);
	for (uint64_t seq = 1; seq <= target; seq++)
		if (!CHECK(server.real[seq] != 0)) return;
}

static void begin(uint64_t *random, bool commits) {
	memset(&server, 0, sizeof server);
	server.commits = commits;
	// The counter wraps within the first minutes.
	bench_init(UINT32_MAX - (uint32_t)test_random_int(random, 0, 120000));
	bench.cfg.boot = BOOT;
	bench.cfg.defaults.interval_ms = 1000;
	bench.cfg.seed = (uint32_t)test_random(random);
	bench.silent = true;
	bench.on_telemetry = hear;
	bench_start();
	bench_probe(0, 25);
	cool_device_clock(&device, bench.now, 1764000000000);
	bench_online();
	settle_others();
	if (commits) bench_committed(3, 99); // retained, of another boot
}

TEST(every_sample_arrives) {
	const uint64_t seed = 20261125;
	printf("seed %llu\n", (unsigned long long)seed);
	uint64_t random = seed;
	int outcomes[COOL_HOME_ROLLED_BACK + 1] = {0};
	for (int run = 0; run < TEST_RUNS(150, 2); run++) {
		begin(&random, run % 3 != 0);
		int events = test_random_int(&random, 50, 900);
		for (int i = 0; i < events && device.ring.next < MOST_SAMPLES - 3000; i++)
			some_event(&random);
		if (!check()) printf("run %d\n", run);
		outcomes[device.home.outcome]++;
		int failures = test_failures();
		heal(&random);
		if (test_failures() > failures) {
			printf("run %d: ring %llu to %llu, server through %llu\n", run, (unsigned long long)device.ring.first,
				(unsigned long long)device.ring.next - 1, (unsigned long long)through());
			return;
		}
	}
	printf("last moves: %d confirmed, %d rolled back\n", outcomes[COOL_HOME_CONFIRMED], outcomes[COOL_HOME_ROLLED_BACK]);
	CHECK(TEST_RUNS(outcomes[COOL_HOME_CONFIRMED] > 0 && outcomes[COOL_HOME_ROLLED_BACK] > 0, true));
}

TEST(a_day_offline_arrives_once) {
	uint64_t random = 1;
	begin(&random, true);
	bench.cfg.defaults.interval_ms = 10000;
	bench_start();
	cool_device_clock(&device, bench.now, 1764000000000);
	bench.silent = false;
	server.good = true;
	bench_pass_by(24 * 3600 * 1000, 5000);
	uint64_t day = device.ring.next - 1;
	CHECK(day >= 1440 && day < COOL_RING_CAPACITY);
	CHECK_EQ_INT(device.ring.dropped, 0);
	bench_online();
	bench_committed(3, 99);
	for (int i = 0; i < 5; i++) {
		bench_pass(3000);
		say();
	}
	CHECK(device.ring.first > day);
	for (uint64_t seq = 1; seq <= day; seq++)
		if (!CHECK_EQ_INT(server.times[seq], 1) || !CHECK(server.real[seq] != 0)) return;
}

TEST(a_ring_that_is_full_drops_the_oldest_and_the_watermark_passes) {
	uint64_t random = 1;
	begin(&random, true);
	bench_start();
	cool_device_clock(&device, bench.now, 1764000000000);
	bench.silent = false;
	server.good = true;
	bench_pass_by(30 * 3600 * 1000, 5000);
	uint64_t dropped = device.ring.dropped;
	CHECK(dropped > 100);
	CHECK_EQ_INT(cool_ring_len(&device.ring), COOL_RING_CAPACITY);
	bench_online();
	bench_committed(3, 99);
	for (int i = 0; i < 40; i++) {
		bench_pass(3000);
		say();
	}
	CHECK(cool_ring_len(&device.ring) < 10);
	CHECK(server.real[dropped] == 0 && server.stored[dropped] != 0 && server.real[dropped + 1] != 0);
	CHECK(bench_has(bench.reported, "\"dropped\":") || bench.reports > 0);
}
