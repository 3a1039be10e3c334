#include <string.h>

#include "cool/commands.h"
#include "cool/flash.h"
#include "cool/home.h"
#include "test.h"

static uint8_t blob[4096];

static size_t seal(const char *text, uint8_t kind) {
	size_t len = strlen(text);
	memcpy(blob + COOL_SEAL_SIZE, text, len);
	return cool_flash_seal(blob, kind, len);
}

TEST(what_is_sealed_opens) {
	const uint8_t *content = NULL;
	size_t len = 0, size = seal("hello", 3);
	CHECK_EQ_INT(size, COOL_SEAL_SIZE + 5);
	CHECK(cool_flash_open(blob, size, 3, &content, &len));
	CHECK_EQ_INT(len, 5);
	CHECK(memcmp(content, "hello", 5) == 0);
	size = seal("", 3);
	CHECK(cool_flash_open(blob, size, 3, &content, &len) && len == 0);
}

TEST(every_flipped_bit_is_noticed) {
	const uint8_t *content;
	size_t len, size = seal("hello", 3);
	for (size_t bit = 0; bit < 8 * size; bit++) {
		if (bit / 8 >= 12 && bit / 8 < COOL_SEAL_SIZE) continue; // reserved
		blob[bit / 8] ^= (uint8_t)(1u << bit % 8);
		CHECK(!cool_flash_open(blob, size, 3, &content, &len));
		blob[bit / 8] ^= (uint8_t)(1u << bit % 8);
	}
	for (size_t cut = 0; cut < size; cut++)
		CHECK(!cool_flash_open(blob, cut, 3, &content, &len));
	CHECK(!cool_flash_open(blob, size + 1, 3, &content, &len));
	CHECK(!cool_flash_open(blob, size, 4, &content, &len));
}

TEST(a_later_version_counts_as_none) {
	const uint8_t *content;
	size_t len, size = seal("hello", 3);
	blob[3] = COOL_FLASH_VERSION + 1;
	CHECK(!cool_flash_open(blob, size, 3, &content, &len));
}

TEST(certificates) {
	static char buf[64];
	size_t len;
	// As provisioning wrote it, without a NUL and without a seal.
	memcpy(buf, "PEM", 3);
	const char *pem = cool_flash_pem(3, false, buf, 3, sizeof buf, &len);
	CHECK_STR(pem, "PEM");
	CHECK_EQ_INT(len, 4);
	CHECK_STR(cool_flash_pem(3, false, buf, 4, sizeof buf, &len), "PEM");
	CHECK(cool_flash_pem(3, false, buf, 0, sizeof buf, &len) == NULL);
	CHECK(cool_flash_pem(3, false, buf, 3, 3, &len) == NULL); // no room for the NUL
	buf[0] = '\0';
	CHECK(cool_flash_pem(3, false, buf, 1, sizeof buf, &len) == NULL);
	// Sealed, with its NUL.
	memcpy(buf + COOL_SEAL_SIZE, "PEM", 4);
	size_t used = cool_flash_seal((uint8_t *)buf, 4, 4);
	CHECK_STR(cool_flash_pem(4, true, buf, used, sizeof buf, &len), "PEM");
	CHECK_EQ_INT(len, 4);
	CHECK(cool_flash_pem(5, true, buf, used, sizeof buf, &len) == NULL);
}

TEST(executed_commands_survive) {
	static cool_executed_t e, f;
	cool_answer_t a = {.error = ""};
	for (int i = 0; i < 40; i++) {
		memset(a.id, 'a' + i % 26, sizeof a.id - 1);
		a.id[0] = (char)('0' + i);
		memset(a.error, i % 2 ? 'x' : '\0', sizeof a.error - 1);
		cool_executed_add(&e, &a);
	}
	CHECK_EQ_INT(e.count, COOL_REMEMBERED);
	static uint8_t content[8192];
	size_t len = cool_executed_store(&e, content, sizeof content);
	CHECK(len > 0 && len < sizeof content);
	CHECK(cool_executed_load(&f, content, len));
	CHECK_EQ_INT(f.count, COOL_REMEMBERED);
	for (int i = 0; i < f.count; i++) {
		CHECK_STR(f.answers[i].id, e.answers[i].id);
		CHECK_STR(f.answers[i].error, e.answers[i].error);
	}
	CHECK_EQ_INT(cool_executed_store(&e, content, len - 1), 0);
	CHECK(!cool_executed_load(&f, content, len - 1));
	CHECK_EQ_INT(f.count, 0);
	cool_executed_remove(&e, e.answers[5].id);
	CHECK_EQ_INT(e.count, COOL_REMEMBERED - 1);
	memset(content, 0, sizeof content);
	CHECK(!cool_executed_load(&f, content, 2 * COOL_REMEMBERED + 2)); // one too many
}

static cool_endpoint_t endpoint(const char *url) {
	cool_endpoint_t e = {.trial_s = 600};
	(void)cool_copy(e.url, sizeof e.url, url);
	memset(e.username, 'u', sizeof e.username - 1);
	memset(e.password, 'p', sizeof e.password - 1);
	(void)cool_copy(e.server_name, sizeof e.server_name, "name");
	return e;
}

TEST(the_home_survives) {
	static cool_home_t h, again;
	const cool_endpoint_t provisioned = endpoint("mqtts://a:1"), other = endpoint("mqtts://b:1");
	static uint8_t content[4096];
	CHECK(cool_home_load(&h, &provisioned, 3, NULL, 0));
	CHECK_STR(cool_home_info(&h).state, "confirmed");
	CHECK_EQ_INT(h.confirmed_ca, 3);
	h.trial = other;
	h.trial_ca = 4;
	h.trying = true;
	strcpy(h.command, "m-1");
	size_t len = cool_home_store(&h, content, sizeof content);
	CHECK(cool_home_load(&again, &provisioned, 3, content, len));
	CHECK(again.trying && again.trial_ca == 4 && again.trial.trial_s == 600);
	CHECK_STR(again.trial.url, "mqtts://b:1");
	CHECK_STR(again.trial.password, other.password);
	CHECK_STR(cool_home_info(&again).state, "trial");
	cool_home_confirm(&h);
	len = cool_home_store(&h, content, sizeof content);
	CHECK(cool_home_load(&again, &provisioned, 3, content, len));
	CHECK(again.moved && again.confirmed_ca == 4 && again.outcome == COOL_HOME_CONFIRMED);
	CHECK_STR(again.confirmed.url, "mqtts://b:1");
	CHECK_STR(cool_home_info(&again).command, "m-1");
	for (size_t cut = 1; cut < len; cut++)
		CHECK(!cool_home_load(&again, &provisioned, 3, content, cut));
	CHECK_STR(again.confirmed.url, "mqtts://a:1"); // unreadable: what is provisioned
	CHECK_EQ_INT(cool_home_store(&h, content, len - 1), 0);
	// Provisioned again: that is where it lives.
	CHECK(cool_home_load(&again, &other, 3, content, len));
	CHECK(!again.moved);
}

TEST(a_reason_that_is_too_long_is_cut) {
	static cool_home_t h;
	static char reason[900];
	const cool_endpoint_t provisioned = endpoint("mqtts://a:1");
	CHECK(cool_home_load(&h, &provisioned, 3, NULL, 0));
	memset(reason, 'r', sizeof reason - 1);
	h.trial = endpoint("mqtts://b:1");
	cool_home_roll_back(&h, reason);
	CHECK_EQ_INT(strlen(h.reason), COOL_TRIAL_REASON_SIZE - 1);
	CHECK(strncmp(h.reason, "mqtts://b:1: rrr", 16) == 0);
}
