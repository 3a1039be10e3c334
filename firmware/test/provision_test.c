#include "test.h"

#include <string.h>

#include "cool/provision.h"

/* The frame of a certificate, which is all that the core looks at. */
static const char pem[] = "-----BEGIN CERTIFICATE-----\nMAkwAQAwAQADAQA=\n-----END CERTIFICATE-----\n";

static char ca[COOL_CA_SIZE];
static cool_draft_t draft;

static void begin(const cool_provision_t *kept) {
	static const cool_provision_t none;
	cool_draft_begin(&draft, kept != NULL ? kept : &none, ca, sizeof ca);
}

static void put(uint8_t field, const char *text) { CHECK(cool_draft_put(&draft, field, true, text, strlen(text))); }

/* A draft that can be kept. */
static void fill(void) {
	begin(NULL);
	put(COOL_FIELD_ID, "rack-1");
	put(COOL_FIELD_URL, "mqtts://coolant.local");
	put(COOL_FIELD_PASSWORD, "s3cret");
}

TEST(a_draft_is_completed) {
	char reason[COOL_REASON_SIZE];
	fill();
	CHECK(cool_draft_check(&draft, reason));
	CHECK_STR(reason, "");
	CHECK_STR(draft.p.broker.url, "mqtts://coolant.local:8883");
	CHECK_STR(draft.p.broker.username, "rack-1");
	CHECK(!draft.p.ca);
}

TEST(what_cannot_be_kept_is_refused_without_quoting_a_secret) {
	static const struct {
		const char *name;
		uint8_t field;
		const char *value;
	} cases[] = {
		{"no id", COOL_FIELD_ID, ""},
		{"an id with capitals", COOL_FIELD_ID, "Rack"},
		{"no broker", COOL_FIELD_URL, ""},
		{"a broker without TLS", COOL_FIELD_URL, "mqtt://coolant.local"},
		{"no password", COOL_FIELD_PASSWORD, ""},
		{"a password that is not ASCII", COOL_FIELD_PASSWORD, "s3cret\xC3\xA4"},
		{"a user with a line feed", COOL_FIELD_USERNAME, "s3cret\n"},
		{"a server name with a slash", COOL_FIELD_SERVER_NAME, "a/b"},
		{"a CA that is none", COOL_FIELD_CA, "s3cret"},
		{"a CA that does not end", COOL_FIELD_CA, "-----BEGIN CERTIFICATE-----\ns3cret"},
		{"a CA that ends before it begins", COOL_FIELD_CA, "-----END CERTIFICATE----- -----BEGIN CERTIFICATE-----"},
		{"four time servers", COOL_FIELD_TIME, "a,b,c,d"},
		{"only commas", COOL_FIELD_TIME, ", ,"},
		{"a time server with a slash", COOL_FIELD_TIME, "a,b/c"},
	};
	for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
		char reason[COOL_REASON_SIZE];
		test_in(cases[i].name);
		fill();
		put(cases[i].field, cases[i].value);
		CHECK(!cool_draft_check(&draft, reason));
		CHECK(reason[0] != '\0');
		CHECK(strstr(reason, "s3cret") == NULL);
	}
}

TEST(values_come_in_pieces) {
	char reason[COOL_REASON_SIZE];
	fill();
	CHECK(cool_draft_put(&draft, COOL_FIELD_CA, true, pem, 10));
	CHECK(cool_draft_put(&draft, COOL_FIELD_CA, false, pem + 10, 0));
	CHECK(cool_draft_put(&draft, COOL_FIELD_CA, false, pem + 10, sizeof pem - 11));
	CHECK_STR(ca, pem);
	CHECK(cool_draft_check(&draft, reason));
	CHECK(draft.p.ca);
	put(COOL_FIELD_CA, "");
	CHECK(cool_draft_check(&draft, reason));
	CHECK(!draft.p.ca);
	CHECK(!cool_draft_put(&draft, 0, true, "x", 1));
	CHECK(!cool_draft_put(&draft, 9, true, "x", 1));
	CHECK(!cool_draft_put(&draft, 255, true, "x", 1));
}

TEST(what_does_not_fit_is_refused_until_it_is_said_again) {
	char reason[COOL_REASON_SIZE];
	char longest[COOL_CA_SIZE];
	memset(longest, 'x', sizeof longest);
	fill();
	CHECK(cool_draft_put(&draft, COOL_FIELD_NAME, true, longest, COOL_PEOPLE_SIZE - 1));
	CHECK(cool_draft_check(&draft, reason));
	CHECK(cool_draft_put(&draft, COOL_FIELD_NAME, false, "x", 1));
	CHECK(!cool_draft_check(&draft, reason));
	put(COOL_FIELD_NAME, "Rack");
	CHECK(cool_draft_check(&draft, reason));
	CHECK(cool_draft_put(&draft, COOL_FIELD_CA, true, longest, sizeof longest));
	CHECK(!cool_draft_check(&draft, reason));
	put(COOL_FIELD_CA, pem);
	CHECK(cool_draft_put(&draft, COOL_FIELD_PASSWORD, true, "a\0b", 3));
	CHECK(!cool_draft_check(&draft, reason));
}

TEST(what_is_not_said_stays) {
	char reason[COOL_REASON_SIZE];
	fill();
	put(COOL_FIELD_CA, pem);
	put(COOL_FIELD_TIME, "10.0.0.1");
	CHECK(cool_draft_check(&draft, reason));
	cool_provision_t kept = draft.p;
	begin(&kept);
	put(COOL_FIELD_NAME, "Rack");
	CHECK(cool_draft_check(&draft, reason));
	CHECK(draft.p.ca);
	CHECK(!draft.ca_said);
	CHECK_STR(draft.p.time, "10.0.0.1");
	CHECK_STR(draft.p.broker.password, "s3cret");
}

TEST(a_form_says_the_same) {
	static const char body[] =
		"ssid=home&id=rack-1&broker=mqtts%3A%2F%2Fcoolant.local&password=a%2Bb&name=Rack+%231&username=&server_name=&time=ntp.aliyun.com"
		"&ca=-----BEGIN+CERTIFICATE-----%0D%0AMAkwAQAwAQADAQA%3D%0D%0A-----END+CERTIFICATE-----";
	char reason[COOL_REASON_SIZE];
	begin(NULL);
	CHECK(cool_draft_form(&draft, body, sizeof body - 1, reason));
	CHECK(cool_draft_check(&draft, reason));
	CHECK_STR(draft.p.broker.password, "a+b");
	CHECK_STR(draft.p.name, "Rack #1");
	CHECK_STR(draft.p.time, "ntp.aliyun.com");
	CHECK(draft.p.ca);
	cool_provision_t kept = draft.p;
	begin(&kept);
	CHECK(cool_draft_form(&draft, "password=&name=", 15, reason));
	CHECK_STR(draft.p.broker.password, "a+b");
	CHECK_STR(draft.p.name, "");
	CHECK(!draft.ca_said);
}

TEST(a_form_that_is_none_is_refused) {
	static const struct {
		const char *body, *reason;
	} cases[] = {
		{"id=%zz", "id is not encoded as a form is"},
		{"id=0123456789012345678901234567890123", "id is too long"},
		{"ca=%0", "ca is not encoded as a form is"},
	};
	for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
		char reason[COOL_REASON_SIZE];
		begin(NULL);
		CHECK(!cool_draft_form(&draft, cases[i].body, strlen(cases[i].body), reason));
		CHECK_STR(reason, cases[i].reason);
	}
}

TEST(it_is_kept_and_read_again) {
	static char blob[COOL_PROVISION_SIZE];
	cool_provision_t back;
	char reason[COOL_REASON_SIZE];
	fill();
	put(COOL_FIELD_NAME, "\xE6\xB0\xB4");
	put(COOL_FIELD_CA, pem);
	CHECK(cool_draft_check(&draft, reason));
	size_t len = cool_provision_store(&draft.p, blob, sizeof blob);
	CHECK(len > 0);
	CHECK(cool_provision_load(&back, blob, len));
	CHECK_STR(back.id, "rack-1");
	CHECK_STR(back.name, "\xE6\xB0\xB4");
	CHECK_STR(back.broker.url, draft.p.broker.url);
	CHECK_STR(back.broker.password, "s3cret");
	CHECK(back.ca);
	for (size_t cut = 0; cut < len; cut++) {
		CHECK(!cool_provision_load(&back, blob, cut));
		CHECK_STR(back.id, "");
		CHECK_EQ_INT(cool_provision_store(&draft.p, blob, cut), 0);
	}
	memset(blob, 'x', sizeof blob);
	CHECK(!cool_provision_load(&back, blob, sizeof blob));
}

/* The largest values that can be said fit into the blob. */
TEST(the_blob_is_large_enough) {
	static char blob[COOL_PROVISION_SIZE];
	cool_provision_t p;
	memset(&p, 'x', sizeof p);
	p.id[sizeof p.id - 1] = p.name[sizeof p.name - 1] = p.time[sizeof p.time - 1] = '\0';
	p.broker.url[COOL_URL_SIZE - 1] = p.broker.username[COOL_SECRET_SIZE - 1] = p.broker.password[COOL_SECRET_SIZE - 1] = '\0';
	p.broker.server_name[COOL_HOST_SIZE - 1] = '\0';
	p.ca = false;
	CHECK(cool_provision_store(&p, blob, sizeof blob) > 0);
}

TEST(time_servers) {
	char host[8];
	CHECK(cool_time_server(" a, bb,,c ", 0, host, sizeof host));
	CHECK_STR(host, "a");
	CHECK(cool_time_server(" a, bb,,c ", 1, host, sizeof host));
	CHECK_STR(host, "bb");
	CHECK(cool_time_server(" a, bb,,c ", 2, host, sizeof host));
	CHECK_STR(host, "c");
	CHECK(!cool_time_server(" a, bb,,c ", 3, host, sizeof host));
	CHECK(!cool_time_server("", 0, host, sizeof host));
	CHECK(!cool_time_server("12345678", 0, host, sizeof host));
}

TEST(hosts_of_addresses) {
	static const struct {
		const char *a, *b;
		bool same;
	} cases[] = {
		{"https://coolant.local/fw.bin", "mqtts://coolant.local:8883", true},
		{"https://Coolant.Local:443/fw.bin?x", "mqtts://coolant.local:8883", true},
		{"https://[fd00::1]:443/fw.bin", "mqtts://[fd00::1]:8883", true},
		{"https://[fd00::1]/", "mqtts://[fd00::2]:8883", false},
		{"https://coolant.local.example/fw.bin", "mqtts://coolant.local:8883", false},
		{"https://example/coolant.local", "mqtts://coolant.local:8883", false},
		{"https:///fw.bin", "mqtts://:8883", false},
	};
	for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
		test_in(cases[i].a);
		CHECK_EQ_INT(cool_same_host(cases[i].a, cases[i].b), cases[i].same);
	}
}

TEST(passwords_of_the_access_point) {
	uint8_t random[12] = {0, 31, 32, 255, 1, 2, 3, 4, 5, 6, 7, 8};
	char out[COOL_AP_PASSWORD_SIZE];
	cool_ap_password(out, random);
	CHECK_STR(out, "a9a9-bcde-fghi");
	for (int v = 0; v < 256; v++) {
		memset(random, v, sizeof random);
		cool_ap_password(out, random);
		CHECK_EQ_INT(strlen(out), 14);
		CHECK(strpbrk(out, "lo01") == NULL);
	}
}
