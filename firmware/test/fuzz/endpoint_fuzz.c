/* Any bytes as the arguments of the command endpoint, and as an address. */
#include "cool/messages.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#define MUST(cond)            \
	do {                      \
		if (!(cond)) abort(); \
	} while (0)

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* A checked address stays as it is when it is checked again, and can be split. */
static void checked(const char *url) {
	char again[COOL_URL_SIZE], reason[COOL_REASON_SIZE], host[COOL_HOST_SIZE];
	uint16_t port = 0;
	MUST(cool_secure_url(url, again, reason) && strcmp(url, again) == 0);
	MUST(cool_split_url(url, host, &port) && host[0] != 0 && port > 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
	static char ca[COOL_CA_SIZE], text[65537];
	cool_endpoint_t e = {.trial_s = 7};
	cool_problem_t p;
	char url[COOL_URL_SIZE], reason[COOL_REASON_SIZE];
	if (size == 0 || size > 65536) return 0;
	cool_json_t args = {(const char *)data, size};
	cool_reject_t code = cool_decode_endpoint(args, &e, ca, &p);
	MUST(code == p.code && (p.reason[0] == 0) == (code == COOL_ACCEPTED));
	if (code == COOL_ACCEPTED) {
		MUST(e.username[0] != 0 && e.password[0] != 0 && e.trial_s >= 5 && e.trial_s <= 3600);
		MUST(ca[0] == 0 || strstr(ca, "-----BEGIN CERTIFICATE-----") != NULL);
		checked(e.url);
	} else {
		MUST(e.trial_s == 7 && e.password[0] == 0);
	}
	memcpy(text, data, size);
	text[size] = 0;
	if (cool_secure_url(text, url, reason)) checked(url);
	return 0;
}
