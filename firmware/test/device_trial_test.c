#include <string.h>

#include "cool/device_state.h"
#include "cool/json.h"
#include "device_util.h"
#include "test.h"

VECTORS(endpoint);

static const int64_t wall = 1764000000000;
static const char *const move = "{\"id\":\"m-1\",\"name\":\"endpoint\",\"expires\":1764000060000,\"args\":"
								"{\"url\":\"mqtts://new.example\",\"username\":\"u\",\"password\":\"p\",\"trial_s\":60}}";
static const char *const said_1 = "{\"boot\":\"b007\",\"through\":1}";
static const char *const said_2 = "{\"boot\":\"b007\",\"through\":2}";
static const char *const said_other = "{\"boot\":\"1\",\"through\":9}";

static void start(void) {
	bench_init(1000);
	bench_start();
	bench_probe(0, 25);
	cool_device_clock(&device, bench.now, wall);
	bench_pass(1000);
	bench_online();
	bench.order[0] = '\0';
}

TEST(proof_vectors) {
	cool_json_t file, c;
	CHECK(cool_json_parse(vectors_endpoint, vectors_endpoint_len, &file));
	cool_json_iter_t at = {NULL, NULL};
	int cases = 0;
	while (cool_json_next(cool_json_member(file, "proof"), &at, NULL, &c)) {
		char name[128] = "";
		int64_t through = -1, known = -1;
		bool retained = false, proves = false;
		CHECK(cool_json_string(cool_json_member(c, "name"), name, sizeof name));
		test_in(name);
		CHECK(cool_json_integer(cool_json_member(c, "through"), 0, INT64_MAX, &through));
		CHECK(cool_json_integer(cool_json_member(c, "known"), 0, INT64_MAX, &known));
		CHECK(cool_json_bool(cool_json_member(c, "retained"), &retained) && cool_json_bool(cool_json_member(c, "proves"), &proves));
		uint64_t boot = cool_json_equals(cool_json_member(c, "boot"), "present") ? 7 : 3;
		CHECK(cool_home_proves(boot, (uint64_t)through, retained, 7, (uint64_t)known, 100) == proves);
		// The same, heard on a trial.
		cool_proof_t p = {.on_trial = true, .begun = true, .known = (uint64_t)known};
		cool_committed_t said = {.boot = boot, .through = (uint64_t)through};
		CHECK(cool_proof_committed(&p, &said, retained, 7, 100) == proves);
		CHECK(p.proven == proves);
		cases++;
	}
	test_in(NULL);
	CHECK_EQ_INT(cases, test_count_cases(vectors_endpoint, vectors_endpoint_len, "proof"));
}

TEST(a_move_that_is_proven) {
	start();
	bench_say(COOL_COMMAND, move, false);
	// Kept (home, then answer), replied, said goodbye, and only then connected elsewhere.
	CHECK(strncmp(bench.order, "WWrPXCSSSSPIR", 13) == 0);
	CHECK_STR(bench.reply, "{\"id\":\"m-1\",\"ok\":true}");
	CHECK_EQ_INT(bench.goodbyes, 1);
	CHECK_STR(bench.to.url, "mqtts://new.example:8883");
	CHECK_EQ_INT(bench.ca, COOL_BLOB_COUNT); // the public roots
	CHECK(bench_has(bench.will, "\"conn\":2"));
	CHECK(bench_has(bench.info, "{\"url\":\"mqtts://new.example:8883\",\"state\":\"trial\",\"command\":\"m-1\"}"));
	bench_pass(250);
	CHECK(bench_has(bench.telemetry, "\"seq\":2")); // something to commit, at once
	size_t waiting = cool_ring_len(&device.ring);
	CHECK(waiting > 0); // acknowledged, and yet there
	bench_say(COOL_COMMITTED, said_other, false);
	bench_pass(250);
	CHECK(device.home.trying);
	bench_say(COOL_COMMITTED, said_2, false);
	bench_pass(250);
	CHECK(!device.home.trying);
	CHECK_EQ_INT(cool_ring_len(&device.ring), 0);
	CHECK(bench_has(bench.info, "\"state\":\"confirmed\",\"command\":\"m-1\""));
	bench_pass(70000);
	CHECK_EQ_INT(bench.connects, 2);
	bench_start();
	bench_online();
	CHECK_STR(bench.to.url, "mqtts://new.example:8883");
	CHECK(bench_has(bench.info, "\"state\":\"confirmed\",\"command\":\"m-1\""));
	// The command delivered again changes nothing.
	bench_say(COOL_COMMAND, move, false);
	CHECK(!device.home.trying);
	// Who provisions the device again says where it lives.
	(void)cool_copy(bench.cfg.provisioned.url, sizeof bench.cfg.provisioned.url, "mqtts://third.example:8883");
	bench_start();
	bench_online();
	CHECK_STR(bench.to.url, "mqtts://third.example:8883");
}

TEST(what_is_kept_at_the_broker_proves_nothing) {
	start();
	bench_say(COOL_COMMITTED, said_1, false);
	bench_say(COOL_COMMAND, move, false);
	bench_pass(250);
	bench_say(COOL_COMMITTED, said_1, true);
	bench_pass(250);
	CHECK(device.home.trying);
	bench_say(COOL_COMMITTED, said_2, true); // more than was known
	bench_pass(250);
	CHECK(!device.home.trying);
}

TEST(a_move_without_a_server_is_rolled_back) {
	start();
	bench_say(COOL_COMMAND, move, false);
	uint64_t before = device.ring.next;
	bench_pass(59000);
	CHECK(device.home.trying);
	CHECK(device.ring.next - before >= 6); // at least one in 10 s
	CHECK_EQ_INT(cool_ring_len(&device.ring), device.ring.next - device.ring.first);
	size_t waiting = cool_ring_len(&device.ring);
	CHECK(waiting >= 6);
	bench_pass(1500);
	CHECK(!device.home.trying);
	CHECK_STR(bench.to.url, "mqtts://home.example:8883");
	CHECK_EQ_INT(bench.ca, COOL_BLOB_CA_PROVISIONED);
	CHECK(bench_has(bench.info, "\"state\":\"rolled_back\""));
	CHECK(bench_has(bench.info, "mqtts://new.example:8883: the broker took the device, but no server said `committed` within 60 s"));
	CHECK_EQ_INT(cool_ring_len(&device.ring), 0); // acknowledged at home, where nothing ever says committed
	CHECK_EQ_INT(bench.goodbyes, 2);
}

TEST(what_only_the_other_broker_acknowledged_is_sent_again_at_home) {
	start();
	bench_say(COOL_COMMITTED, said_1, false); // this server says committed
	bench_say(COOL_COMMAND, move, false);
	bench_pass(30000);
	CHECK(bench.telemetries > 2);
	size_t waiting = cool_ring_len(&device.ring);
	CHECK(waiting >= 3);
	bench_pass(31000);
	CHECK_STR(bench.to.url, "mqtts://home.example:8883");
	CHECK(bench_has(bench.telemetry, "\"seq\":2,")); // long before patience with a hole ends
}

TEST(a_move_to_nowhere) {
	start();
	bench.refused = "mqtts://new.example:8883";
	bench_say(COOL_COMMAND, move, false);
	bench_pass(59000);
	CHECK(bench.connects > 3);
	CHECK_STR(bench.to.url, "mqtts://new.example:8883");
	bench_pass(1500);
	CHECK_STR(bench.to.url, "mqtts://home.example:8883");
	CHECK(bench_has(bench.info, "\"state\":\"rolled_back\""));
	CHECK(bench_has(bench.info, "not connected within 60 s: connection refused"));
}

TEST(a_restart_rolls_back) {
	start();
	bench_say(COOL_COMMAND, move, false);
	CHECK(device.home.trying);
	bench_start();
	CHECK(!device.home.trying);
	bench_online();
	CHECK_STR(bench.to.url, "mqtts://home.example:8883");
	CHECK(bench_has(bench.info, "the device restarted during the trial"));
	CHECK_STR(bench.order, "WCSSSSPIR");
}

TEST(a_further_move_replaces_the_trial) {
	start();
	bench_say(COOL_COMMAND, move, false);
	bench_pass(30000);
	bench_say(COOL_COMMAND,
		"{\"id\":\"m-2\",\"name\":\"endpoint\",\"expires\":1764000060000,\"args\":"
		"{\"url\":\"mqtts://other.example\",\"username\":\"u\",\"password\":\"p\",\"trial_s\":60}}",
		false);
	CHECK_STR(bench.to.url, "mqtts://other.example:8883");
	bench_pass(50000);
	CHECK(device.home.trying); // the time of the first is no matter
	CHECK_STR(device.home.command, "m-2");
	bench_pass(12000);
	CHECK_STR(bench.to.url, "mqtts://home.example:8883");
}

TEST(a_move_that_cannot_be_kept) {
	start();
	bench.broken_flash = true;
	bench_say(COOL_COMMAND, move, false);
	CHECK(bench_has(bench.reply, "flash could not be written"));
	CHECK(!device.home.trying);
	CHECK_EQ_INT(bench.connects, 1);
	CHECK_EQ_INT(device.executed.count, 0);
	bench.broken_flash = false;
	bench_pass(61000);
	bench_say(COOL_COMMAND, "{\"id\":\"m-1\",\"name\":\"identify\",\"expires\":1764000090000}", false);
	CHECK_EQ_INT(bench.identifies, 1);
}

/** A command with the first certificate of the vectors. */
static char *with_certificates(const char *id, const char *url) {
	static char text[8192];
	cool_json_t file, c, payload;
	static char args[6000];
	cool_json_iter_t at = {NULL, NULL};
	CHECK(cool_json_parse(vectors_endpoint, vectors_endpoint_len, &file));
	CHECK(cool_json_next(cool_json_member(file, "args"), &at, NULL, &c)); // "everything"
	payload = cool_json_member(c, "payload");
	CHECK(cool_json_string(payload, args, sizeof args));
	cool_json_t all;
	static char ca[4096];
	CHECK(cool_json_parse(args, strlen(args), &all) && cool_json_string(cool_json_member(all, "ca"), ca, sizeof ca));
	cool_json_writer_t w;
	cool_json_writer_init(&w, text, sizeof text);
	cool_json_open_object(&w);
	cool_json_key(&w, "id");
	cool_json_put_string(&w, id);
	cool_json_key(&w, "name");
	cool_json_put_string(&w, "endpoint");
	cool_json_key(&w, "expires");
	cool_json_put_int(&w, wall + 600000);
	cool_json_key(&w, "args");
	cool_json_open_object(&w);
	cool_json_key(&w, "url");
	cool_json_put_string(&w, url);
	cool_json_key(&w, "username");
	cool_json_put_string(&w, "u");
	cool_json_key(&w, "password");
	cool_json_put_string(&w, "p");
	cool_json_key(&w, "ca");
	cool_json_put_string(&w, ca);
	cool_json_close_object(&w);
	cool_json_close_object(&w);
	return text;
}

TEST(certificates_take_turns) {
	start();
	bench_say(COOL_COMMAND, with_certificates("m-1", "mqtts://one.example"), false);
	CHECK(strncmp(bench.order, "WWWrPXC", 7) == 0); // certificates, home, answer
	CHECK_EQ_INT(bench.ca, COOL_BLOB_CA_A);
	size_t len;
	static char pem[COOL_BUF_SIZE];
	memcpy(pem, bench.flash[COOL_BLOB_CA_A], bench.flash_len[COOL_BLOB_CA_A]);
	const char *text = cool_flash_pem(COOL_BLOB_CA_A, true, pem, bench.flash_len[COOL_BLOB_CA_A], sizeof pem, &len);
	CHECK(text != NULL && bench_has(text, "-----BEGIN CERTIFICATE-----") && strlen(text) + 1 == len);
	bench_pass(250);
	bench_say(COOL_COMMITTED, said_2, false);
	bench_pass(250);
	CHECK_EQ_INT(device.home.confirmed_ca, COOL_BLOB_CA_A);
	bench_say(COOL_COMMAND, with_certificates("m-2", "mqtts://two.example"), false);
	CHECK_EQ_INT(bench.ca, COOL_BLOB_CA_B);
	bench_pass(601000);
	CHECK_STR(bench.to.url, "mqtts://one.example:8883");
	CHECK_EQ_INT(bench.ca, COOL_BLOB_CA_A);
}

TEST(a_desired_state_waits_while_certificates_are_written) {
	start();
	device.staged = COOL_BLOB_CA_A;
	bench_say(COOL_DESIRED, "{\"epoch\":\"e1\",\"version\":3,\"interval_ms\":5000}", true);
	CHECK(!device.judged.known);
	bench_say(COOL_COMMAND, move, false); // and so does another move
	CHECK_EQ_INT(bench.replies, 0);
	device.staged = COOL_BLOB_COUNT;
	bench_say(COOL_DESIRED, "{\"epoch\":\"e1\",\"version\":3,\"interval_ms\":5000}", true);
	CHECK(device.judged.known);
}

TEST(the_result_of_a_trial_is_written_when_flash_works_again) {
	start();
	bench_say(COOL_COMMAND, move, false);
	bench_pass(250);
	bench.broken_flash = true;
	bench_say(COOL_COMMITTED, said_2, false);
	bench_pass(1000);
	bench.broken_flash = false;
	bench_pass(61000);
	bench_start();
	CHECK_STR(device.home.confirmed.url, "mqtts://new.example:8883");
}

/** Lets a reply hang, so that what comes next waits for its turn. */
static void keep_busy(void) {
	bench.silent = true;
	bench_say(COOL_COMMAND, "{\"id\":\"c-1\",\"name\":\"identify\",\"expires\":1764000600000}", false);
	CHECK(device.replying);
}

/** Everything that hangs is answered. */
static void go_on(void) {
	bench.silent = false;
	for (int i = 0; i < bench.sent_count; i++)
		cool_device_settled(&device, bench.now, bench.sent[i].id, true);
	bench.sent_count = 0;
	bench_run();
}

TEST(a_desired_state_does_not_become_the_certificates_of_a_move_that_waits) {
	start();
	keep_busy();
	device.save_rest = 60000;             // flash could not be written a moment ago
	bench_say(COOL_COMMAND, move, false); // with the public roots
	bench_say(COOL_DESIRED, "{\"epoch\":\"e1\",\"version\":3,\"interval_ms\":5000}", true);
	CHECK_EQ_INT(device.order_count, 2);
	go_on();
	bench_pass(1000);
	CHECK_STR(bench.to.url, "mqtts://new.example:8883");
	CHECK_EQ_INT(bench.ca, COOL_BLOB_COUNT);
}

TEST(a_move_that_waits_does_not_take_the_certificates_of_a_trial_that_succeeds_meanwhile) {
	start();
	bench_say(COOL_COMMAND, with_certificates("m-1", "mqtts://one.example"), false);
	bench_pass(250);
	CHECK_EQ_INT(bench.ca, COOL_BLOB_CA_A);
	keep_busy();
	bench_say(COOL_COMMAND, with_certificates("m-2", "mqtts://two.example"), false);
	bench_say(COOL_COMMITTED, said_2, false);
	bench_run();
	CHECK_EQ_INT(device.home.confirmed_ca, COOL_BLOB_CA_A);
	go_on();
	CHECK_STR(bench.to.url, "mqtts://two.example:8883");
	CHECK_EQ_INT(bench.ca, COOL_BLOB_CA_B);
}

TEST(no_certificates_are_kept_as_such_however_many_blobs_there_are) {
	static cool_home_t h, again;
	static uint8_t blob[2048];
	memset(&h, 0, sizeof h);
	h.trying = true;
	h.trial_ca = COOL_BLOB_COUNT;
	size_t len = cool_home_store(&h, blob, sizeof blob);
	CHECK(len > 0 && blob[len - 1] == 0xff);
	h.trial_ca = COOL_BLOB_CA_B;
	CHECK_EQ_INT(cool_home_store(&h, blob, sizeof blob), len);
	static const struct {
		uint8_t kept;
		cool_blob_t means;
	} cases[] = {{0xff, COOL_BLOB_COUNT}, {COOL_BLOB_CA_PROVISIONED, COOL_BLOB_CA_PROVISIONED}, {COOL_BLOB_CA_A, COOL_BLOB_CA_A},
		{COOL_BLOB_CA_B, COOL_BLOB_CA_B}, {COOL_BLOB_DESIRED, COOL_BLOB_COUNT}, {COOL_BLOB_COUNT + 3, COOL_BLOB_COUNT}};
	const cool_endpoint_t none = {.url = ""};
	uint32_t origin = 0;
	CHECK(cool_home_load(&again, &none, COOL_BLOB_COUNT, NULL, 0));
	origin = again.origin;
	for (int i = 0; i < 4; i++)
		blob[i] = (uint8_t)(origin >> (8 * i));
	for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
		blob[len - 1] = cases[i].kept;
		CHECK(cool_home_load(&again, &none, COOL_BLOB_COUNT, blob, len));
		CHECK(again.trying);
		CHECK_EQ_INT(again.trial_ca, cases[i].means);
	}
}

TEST(what_the_other_broker_acknowledges_as_the_device_leaves_it_is_not_let_go) {
	start(); // a server that never says `committed`
	bench_say(COOL_COMMAND, move, false);
	bench_pass(30000);
	bench.silent = true;
	uint64_t first = device.ring.first;
	bench_pass(30500);
	CHECK(!device.home.trying);
	CHECK(bench.connected && cool_link_stands(&device.link)); // it says `offline`
	for (int i = 0; i < bench.sent_count; i++)
		if (bench.sent[i].kind == COOL_TELEMETRY) cool_device_settled(&device, bench.now, bench.sent[i].id, true);
	CHECK_EQ_INT(device.ring.first, first);
	bench.silent = false;
	bench_pass(5000);
	CHECK_STR(bench.to.url, "mqtts://home.example:8883");
	CHECK_EQ_INT(cool_ring_len(&device.ring), 0); // once they are acknowledged at home
}
