/* What a device understands and says: the contract's vectors of messages, topics and words. */
#include "cool/messages.h"
#include "vectors_util.h"

#include <stdlib.h>
#include <string.h>

VECTORS(messages);
VECTORS(topics);
VECTORS(words);

static uint64_t hex(const char *text) {
	uint64_t v = 0;
	for (; *text != 0; text++)
		v = v << 4 | (uint64_t)(*text <= '9' ? *text - '0' : *text - 'a' + 10);
	return v;
}

static void committed(const vectors_t *v, const char *text, size_t len) {
	cool_committed_t got = {7, 7};
	cool_problem_t p;
	cool_json_t want = vectors_member(v, "accept");
	if (!vectors_accepted(v, cool_decode_committed(text, len, &got, &p), &p)) {
		CHECK(got.boot == 7 && got.through == 7);
		return;
	}
	CHECK_EQ_INT(got.boot, hex(vectors_text(want, "boot")));
	CHECK_EQ_INT(got.through, vectors_integer(want, "through"));
}

static void command(const vectors_t *v, const char *text, size_t len) {
	cool_command_t got = {.expires_ms = 7};
	cool_problem_t p;
	cool_json_t want = vectors_member(v, "accept");
	if (!vectors_accepted(v, cool_decode_command(text, len, &got, &p), &p)) {
		CHECK(got.expires_ms == 7 && got.id[0] == 0);
		return;
	}
	CHECK_STR(got.id, vectors_text(want, "id"));
	CHECK_STR(got.name, vectors_text(want, "name"));
	CHECK_EQ_INT(got.expires_ms, vectors_integer(want, "expires"));
	CHECK(got.args.at == NULL || cool_json_kind(got.args) == COOL_JSON_OBJECT);
}

static void input(const vectors_t *v, const char *text, size_t len) {
	cool_input_msg_t got = {-7, 7};
	cool_problem_t p;
	cool_json_t want = vectors_member(v, "accept");
	if (!vectors_accepted(v, cool_decode_input(text, len, &got, &p), &p)) {
		CHECK_EQ_INT(got.valid_s, 7);
		return;
	}
	CHECK_NEAR(got.host_w, vectors_number(want, "host_w"), 0);
	CHECK_EQ_INT(got.valid_s, vectors_integer(want, "valid_s"));
}

/* The head alone; contract/desired.json has the rest. */
static void desired(const vectors_t *v, const char *text, size_t len) {
	cool_settings_t got, defaults;
	cool_desired_id_t id;
	cool_problem_t p;
	cool_json_t want = vectors_member(v, "accept");
	cool_settings_defaults(&defaults);
	if (!vectors_accepted(v, cool_decode_desired(text, len, &defaults, &got, &id, &p), &p)) return;
	CHECK(id.known);
	CHECK_STR(id.epoch, vectors_text(want, "epoch"));
	CHECK_EQ_INT(id.version, vectors_integer(want, "version"));
	CHECK_EQ_INT(got.interval_ms, vectors_integer(want, "interval_ms"));
}

/* What a device writes is read back through JSON: it has no decoders for its own messages. */
static void status(const vectors_t *v) {
	char buf[120];
	cool_json_t want = vectors_member(v, "accept"), got;
	if (want.at == NULL) return;
	bool online = vectors_bool(want, "online");
	size_t len = cool_encode_status(buf, sizeof buf, online, hex(vectors_text(want, "boot")), (uint64_t)vectors_integer(want, "conn"));
	CHECK(cool_json_parse(buf, len, &got));
	CHECK_STR(vectors_text(got, "state"), online ? "online" : "offline");
	CHECK_STR(vectors_text(got, "boot"), vectors_text(want, "boot"));
	CHECK_EQ_INT(vectors_integer(got, "conn"), vectors_integer(want, "conn"));
}

static void reply(const vectors_t *v) {
	char buf[200];
	cool_json_t want = vectors_member(v, "accept"), got;
	if (want.at == NULL) return;
	bool ok = vectors_bool(want, "ok");
	size_t len = cool_encode_reply(buf, sizeof buf, vectors_text(want, "id"), ok ? NULL : vectors_text(want, "error"));
	CHECK(cool_json_parse(buf, len, &got));
	CHECK_STR(vectors_text(got, "id"), vectors_text(want, "id"));
	CHECK_EQ_INT(vectors_bool(got, "ok"), ok);
	CHECK_EQ_INT(cool_json_member(got, "error").at != NULL, !ok);
	CHECK_STR(vectors_text(got, "error"), vectors_text(want, "error"));
}

TEST(message_vectors) {
	vectors_t v;
	int handled = 0;
	vectors_begin(&v, vectors_messages, vectors_messages_len, "cases");
	while (vectors_next(&v)) {
		size_t len;
		const char *text = vectors_payload(&v, &len);
		char kind[20];
		cool_copy(kind, sizeof kind, vectors_text(v.now, "kind"));
		handled++;
		if (strcmp(kind, "committed") == 0) {
			committed(&v, text, len);
		} else if (strcmp(kind, "command") == 0) {
			command(&v, text, len);
		} else if (strcmp(kind, "input") == 0) {
			input(&v, text, len);
		} else if (strcmp(kind, "desired") == 0) {
			desired(&v, text, len);
		} else if (strcmp(kind, "status") == 0) {
			status(&v);
		} else if (strcmp(kind, "reply") == 0) {
			reply(&v);
		} else {
			/* A device writes info and reported with more than these vectors name (encoding.json), and never speaks as the article. */
			CHECK(strcmp(kind, "info") == 0 || strcmp(kind, "reported") == 0 || strcmp(kind, "article") == 0);
			handled--;
		}
	}
	CHECK(handled > 20);
}

TEST(topic_vectors) {
	vectors_t v;
	static const cool_topic_t up[] = {COOL_TELEMETRY, COOL_STATUS, COOL_INFO, COOL_REPORTED, COOL_REPLY};
	vectors_begin(&v, vectors_topics, vectors_topics_len, "acl");
	while (vectors_next(&v)) {
		char topic[128], user[64], again[COOL_TOPIC_SIZE];
		cool_copy(topic, sizeof topic, vectors_text(v.now, "topic"));
		cool_copy(user, sizeof user, vectors_text(v.now, "user"));
		test_in(topic);
		cool_topic_t kind = cool_topic_kind(topic, strlen(topic), user);
		bool publish = false, own = kind != COOL_NO_TOPIC;
		for (size_t i = 0; i < sizeof up / sizeof *up; i++)
			publish = publish || kind == up[i];
		/* The article's sketch has a topic of its own, which is none of this firmware's. */
		if (strcmp(topic, "emqx/esp32/telemetry") == 0) {
			CHECK(!own);
			continue;
		}
		CHECK_EQ_INT(publish, vectors_bool(v.now, "publish"));
		CHECK_EQ_INT(own && !publish, vectors_bool(v.now, "subscribe"));
		if (own) {
			CHECK(cool_topic(again, user, kind));
			CHECK_STR(again, topic);
			CHECK_EQ_INT(cool_topic_kind(topic, strlen(topic) - 1, user), COOL_NO_TOPIC);
		}
	}
	vectors_begin(&v, vectors_topics, vectors_topics_len, "ids");
	while (vectors_next(&v)) {
		char topic[COOL_TOPIC_SIZE], id[64];
		cool_copy(id, sizeof id, vectors_text(v.now, "id"));
		CHECK_EQ_INT(cool_valid_device(id), vectors_bool(v.now, "valid"));
		CHECK_EQ_INT(cool_topic(topic, id, COOL_REPORTED), vectors_bool(v.now, "valid"));
	}
	char topic[COOL_TOPIC_SIZE];
	CHECK(!cool_topic(topic, "loop", COOL_NO_TOPIC));
	CHECK_EQ_INT(cool_topic_kind("coolant/loop/none", 17, "loop"), COOL_NO_TOPIC);
}

TEST(word_vectors) {
	vectors_t v;
	vectors_begin(&v, vectors_words, vectors_words_len, "qualities");
	while (vectors_next(&v))
		CHECK_STR(cool_quality_word((cool_quality_t)vectors_integer(v.now, "number")), vectors_text(v.now, "word"));
	CHECK_STR(cool_quality_word((cool_quality_t)99), "stale");
	vectors_begin(&v, vectors_words, vectors_words_len, "metrics");
	while (vectors_next(&v)) {
		const char *name = vectors_text(v.now, "metric");
		test_in(name);
		CHECK_EQ_INT(cool_valid_metric(name), !vectors_bool(v.now, "invalid"));
	}
}

TEST(refusals_have_words) {
	static const char *const words[] = {"", "not_json", "bad_field", "bad_metric", "bad_value", "out_of_range", "too_large"};
	for (int i = 0; i <= COOL_TOO_LARGE; i++)
		CHECK_STR(cool_reject_word((cool_reject_t)i), words[i]);
}

/* A reason names the member and what is expected, and never what was sent. */
TEST(reasons) {
	cool_problem_t p;
	cool_input_msg_t in;
	cool_command_t c;
	static char large[65537 + 1];
	cool_decode_input("{\"host_w\":1,\"valid_s\":86401}", 28, &in, &p);
	CHECK_STR(p.reason, "valid_s: 86401 is not within 1 to 86400");
	cool_decode_input("[]", 2, &in, &p);
	CHECK_STR(p.reason, "an object is expected");
	cool_decode_command("{\"id\":\"a b\"}", 12, &c, &p);
	CHECK_STR(p.reason, "id: 1 to 64 printable ASCII characters without spaces are expected");
	memset(large, ' ', sizeof large);
	CHECK_EQ_INT(cool_decode_command(large, sizeof large - 1, &c, &p), COOL_TOO_LARGE);
	CHECK_STR(p.reason, "65537 bytes; at most 65536 are allowed");
}
