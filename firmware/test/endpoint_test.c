/* The command endpoint: the contract's vectors of its arguments, addresses, certificates. */
#include "cool/messages.h"
#include "vectors_util.h"

#include <stdio.h>
#include <string.h>

VECTORS(endpoint);

static char ca[COOL_CA_SIZE];

static int count(const char *text, const char *word) {
	int n = 0;
	while ((text = strstr(text, word)) != NULL) {
		n++;
		text++;
	}
	return n;
}

TEST(argument_vectors) {
	vectors_t v;
	vectors_begin(&v, vectors_endpoint, vectors_endpoint_len, "args");
	while (vectors_next(&v)) {
		size_t len;
		const char *text = vectors_payload(&v, &len);
		cool_endpoint_t got = {.trial_s = 7};
		cool_problem_t p;
		/* The command around it was checked, so that what is no JSON does not come here; it must be refused all the same. */
		cool_json_t args = {text, len}, want = vectors_member(&v, "accept");
		cool_reject_t answer = cool_decode_endpoint(args, &got, ca, &p);
		CHECK(strstr(p.reason, "correct horse") == NULL);
		if (!vectors_accepted(&v, answer, &p)) {
			CHECK_EQ_INT(got.trial_s, 7);
			continue;
		}
		CHECK_STR(got.url, vectors_text(want, "url"));
		CHECK_STR(got.username, vectors_text(want, "username"));
		CHECK_STR(got.password, vectors_text(want, "password"));
		CHECK_STR(got.server_name, vectors_text(want, "server_name"));
		CHECK_EQ_INT(got.trial_s, vectors_integer(want, "trial_s"));
		CHECK_EQ_INT(count(ca, "BEGIN CERTIFICATE"), vectors_integer(want, "certificates"));
	}
	cool_endpoint_t got;
	cool_problem_t p;
	cool_json_t none = {NULL, 0};
	CHECK_EQ_INT(cool_decode_endpoint(none, &got, ca, &p), COOL_BAD_FIELD);
	CHECK_STR(p.reason, "url: it is missing");
}

TEST(addresses) {
	static const struct {
		const char *text, *want; /* NULL: refused */
		const char *host;
		int port;
	} cases[] = {
		{"mqtts://broker.example", "mqtts://broker.example:8883", "broker.example", 8883},
		{"MQTTS://Broker.example:1", "mqtts://Broker.example:1", "Broker.example", 1},
		{"mqtts://broker.example:", "mqtts://broker.example:8883", "broker.example", 8883},
		{"mqtts://broker.example:065535///", "mqtts://broker.example:065535", "broker.example", 65535},
		{"mqtts://192.0.2.1:8883", "mqtts://192.0.2.1:8883", "192.0.2.1", 8883},
		{"mqtts://[::1]", "mqtts://[::1]:8883", "::1", 8883},
		{"mqtts://[::]:1", "mqtts://[::]:1", "::", 1},
		{"mqtts://[1::]:1", "mqtts://[1::]:1", "1::", 1},
		{"mqtts://[2001:DB8:1:2:3:4:5:6]:2", "mqtts://[2001:DB8:1:2:3:4:5:6]:2", "2001:DB8:1:2:3:4:5:6", 2},
		{"mqtts://[::ffff:192.0.2.1]:2", "mqtts://[::ffff:192.0.2.1]:2", "::ffff:192.0.2.1", 2},
		{"mqtts://[1:2:3:4:5:6:192.0.2.1]:2", "mqtts://[1:2:3:4:5:6:192.0.2.1]:2", "1:2:3:4:5:6:192.0.2.1", 2},
		{"", NULL, NULL, 0},
		{"mqtts:", NULL, NULL, 0},
		{"mqtts://", NULL, NULL, 0},
		{"mqtts:///", NULL, NULL, 0},
		{"mqtts://:1", NULL, NULL, 0},
		{"mqtt://a", NULL, NULL, 0},
		{"mqtts//a", NULL, NULL, 0},
		{"mqtts://a:b", NULL, NULL, 0},
		{"mqtts://a:1:2", NULL, NULL, 0},
		{"mqtts://a:-1", NULL, NULL, 0},
		{"mqtts://a:0", NULL, NULL, 0},
		{"mqtts://a:65536", NULL, NULL, 0},
		{"mqtts://a:99999999999999", NULL, NULL, 0},
		{"mqtts://a/b", NULL, NULL, 0},
		{"mqtts://a?b", NULL, NULL, 0},
		{"mqtts://a#", NULL, NULL, 0},
		{"mqtts://u@a", NULL, NULL, 0},
		{"mqtts://u:p@a", NULL, NULL, 0},
		{"mqtts://a%41", NULL, NULL, 0},
		{"mqtts://a|b", NULL, NULL, 0},
		{"mqtts://a b", NULL, NULL, 0},
		{"mqtts://\xc3\xa4", NULL, NULL, 0},
		{"mqtts://[", NULL, NULL, 0},
		{"mqtts://[]", NULL, NULL, 0},
		{"mqtts://[a]", NULL, NULL, 0},
		{"mqtts://[::1", NULL, NULL, 0},
		{"mqtts://[::1]8883", NULL, NULL, 0},
		{"mqtts://[::1%25eth0]", NULL, NULL, 0},
		{"mqtts://[:1]", NULL, NULL, 0},
		{"mqtts://[1:]", NULL, NULL, 0},
		{"mqtts://[1::2::3]", NULL, NULL, 0},
		{"mqtts://[:::]", NULL, NULL, 0},
		{"mqtts://[12345::]", NULL, NULL, 0},
		{"mqtts://[1:2:3:4:5:6:7]", NULL, NULL, 0},
		{"mqtts://[1:2:3:4:5:6:7:8:9]", NULL, NULL, 0},
		{"mqtts://[1:2:3:4:5:6:7::8]", NULL, NULL, 0},
		{"mqtts://[192.0.2.1]", NULL, NULL, 0},
		{"mqtts://[::192.0.2]", NULL, NULL, 0},
		{"mqtts://[::192.0.2.256]", NULL, NULL, 0},
		{"mqtts://[::192.0.02.1]", NULL, NULL, 0},
		{"mqtts://[::192.0..1]", NULL, NULL, 0},
		{"mqtts://[::192.a.0.1]", NULL, NULL, 0},
		{"mqtts://[::1921.0.0.1]", NULL, NULL, 0},
		{"mqtts://[1:2:3:4:5:6:7:192.0.2.1]", NULL, NULL, 0},
		{"mqtts://a[b", NULL, NULL, 0},
	};
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		char out[COOL_URL_SIZE] = "before", reason[COOL_REASON_SIZE] = "", host[COOL_HOST_SIZE];
		uint16_t port = 0;
		test_in(cases[i].text);
		bool ok = cool_secure_url(cases[i].text, out, reason);
		CHECK_EQ_INT(ok, cases[i].want != NULL);
		CHECK_STR(out, ok ? cases[i].want : "before");
		CHECK_EQ_INT(reason[0] == 0, ok);
		if (ok && CHECK(cool_split_url(out, host, &port))) {
			CHECK_STR(host, cases[i].host);
			CHECK_EQ_INT(port, cases[i].port);
		}
	}
	char host[COOL_HOST_SIZE];
	uint16_t port;
	test_in("what is no checked address");
	CHECK(!cool_split_url("mqtt://a:1", host, &port));
	CHECK(!cool_split_url("mqtts://a", host, &port));
	CHECK(!cool_split_url("mqtts://", host, &port));
}

TEST(long_addresses) {
	char text[400], out[COOL_URL_SIZE], reason[COOL_REASON_SIZE], host[COOL_HOST_SIZE];
	uint16_t port;
	/* With its port it has 256 characters: 8 of the scheme, 243, and ":8883". */
	for (int n = 240; n < 300; n++) {
		int len = snprintf(text, sizeof text, "mqtts://%0*d", n, 0);
		bool fits = len + 5 <= 256;
		CHECK_EQ_INT(cool_secure_url(text, out, reason), fits && n <= 253);
		if (fits) CHECK(cool_split_url(out, host, &port) && (int)strlen(host) == n);
	}
}

TEST(certificates) {
	/* The smallest that has the frame: 30 09 (30 01 00) (30 01 00) (03 01 00). */
	static const struct {
		const char *text, *why; /* NULL: accepted */
	} cases[] = {
		{"-----BEGIN CERTIFICATE-----\nMAkwAQAwAQADAQA=\n-----END CERTIFICATE-----\n", NULL},
		{"-----BEGIN CERTIFICATE-----\r\nMAkw\r\nAQAwAQADAQA=\r\n-----END CERTIFICATE----- \r\n", NULL},
		{"subject: x\n-----BEGIN CERTIFICATE-----\nMAkwAQAwAQADAQA=\n-----END CERTIFICATE-----\nissuer: y", NULL},
		{"-----BEGIN CERTIFICATE-----\nMAkwAQAwAQADAQA=\n-----END CERTIFICATE-----\n-----BEGIN CERTIFICATE-----\nMIEJMAEAMAEAAwEA\n-----END "
		 "CERTIFICATE-----",
			NULL},
		{"-----BEGIN CERTIFICATE-----\nMIIACTABADABAAMBAA==\n-----END CERTIFICATE-----", NULL},
		{"", "there is no PEM certificate in it"},
		{"x -----BEGIN CERTIFICATE-----", "there is no PEM certificate in it"},
		{"-----BEGIN TRUSTED CERTIFICATE-----\nMAkwAQAwAQADAQA=\n-----END TRUSTED CERTIFICATE-----",
			"certificates are expected, and nothing else in PEM"},
		{"-----BEGIN CERTIFICATE-----\nMAkwAQAwAQADAQA=\n", "a certificate has no end"},
		{"-----BEGIN CERTIFICATE-----x\nMAkwAQAwAQADAQA=\n-----END CERTIFICATE-----", "a certificate has no end"},
		{"-----BEGIN CERTIFICATE-----\nMAkwAQAwAQADAQA=\n-----END CERTIFICATE-----x", "a certificate has no end"},
		{"-----BEGIN CERTIFICATE-----\nMAkwAQAwAQADAQA=\n-----BEGIN CERTIFICATE-----\nMAkwAQAwAQADAQA=\n-----END CERTIFICATE-----",
			"a certificate cannot be read"},
		{"-----BEGIN CERTIFICATE-----\nMAkwAQAwAQADAQA\n-----END CERTIFICATE-----", "a certificate cannot be read"},      /* no padding */
		{"-----BEGIN CERTIFICATE-----\nMAkwAQAwAQADAQA==\n-----END CERTIFICATE-----", "a certificate cannot be read"},    /* too much */
		{"-----BEGIN CERTIFICATE-----\nMAkwAQAwAQADAQAA\n-----END CERTIFICATE-----", "a certificate cannot be read"},     /* a byte too many */
		{"-----BEGIN CERTIFICATE-----\nMAkwAQAwAQADAQ==\n-----END CERTIFICATE-----", "a certificate cannot be read"},     /* one is missing */
		{"-----BEGIN CERTIFICATE-----\nMAgwAQAwAQADAQA=\n-----END CERTIFICATE-----", "a certificate cannot be read"},     /* the frame is too short */
		{"-----BEGIN CERTIFICATE-----\nMAowAQAwAQADAQA=\n-----END CERTIFICATE-----", "a certificate cannot be read"},     /* too long */
		{"-----BEGIN CERTIFICATE-----\nMAkwAAAwAQADAQA=\n-----END CERTIFICATE-----", "a certificate cannot be read"},     /* an empty part */
		{"-----BEGIN CERTIFICATE-----\nMAkxAQAwAQADAQA=\n-----END CERTIFICATE-----", "a certificate cannot be read"},     /* not a sequence */
		{"-----BEGIN CERTIFICATE-----\nMIQAAAAJMAEAMAEAAwEA\n-----END CERTIFICATE-----", "a certificate cannot be read"}, /* a length of four bytes */
		{"-----BEGIN CERTIFICATE-----\nMIA=\n-----END CERTIFICATE-----", "a certificate cannot be read"},
		{"-----BEGIN CERTIFICATE-----\nMII=\n-----END CERTIFICATE-----", "a certificate cannot be read"},
		{"-----BEGIN CERTIFICATE-----\nMA==\n-----END CERTIFICATE-----", "a certificate cannot be read"},
		{"-----BEGIN CERTIFICATE-----\nMAk*AQAwAQADAQA=\n-----END CERTIFICATE-----", "a certificate cannot be read"},
		{"-----BEGIN CERTIFICATE-----\n\n-----END CERTIFICATE-----", "a certificate cannot be read"},
	};
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		char text[600];
		cool_json_writer_t w;
		cool_json_t args;
		cool_endpoint_t got;
		cool_problem_t p;
		test_in(cases[i].text);
		cool_json_writer_init(&w, text, sizeof text);
		cool_json_open_object(&w);
		cool_json_key(&w, "url");
		cool_json_put_string(&w, "mqtts://a");
		cool_json_key(&w, "username");
		cool_json_put_string(&w, "u u");
		cool_json_key(&w, "password");
		cool_json_put_string(&w, "p");
		cool_json_key(&w, "ca");
		cool_json_put_string(&w, cases[i].text);
		cool_json_close_object(&w);
		CHECK(cool_json_parse(text, w.len, &args));
		CHECK_EQ_INT(cool_decode_endpoint(args, &got, ca, &p), cases[i].why == NULL ? COOL_ACCEPTED : COOL_BAD_FIELD);
		if (cases[i].why == NULL) {
			CHECK_STR(p.reason, "");
			CHECK_STR(ca, cases[i].text);
		} else {
			CHECK(strncmp(p.reason, "ca: ", 4) == 0);
			CHECK_STR(p.reason + 4, cases[i].why);
		}
	}
}
