/* What strangers can send to the access point, and what flash may hold: forms, questions for names, blobs, versions. */
#include <stdlib.h>
#include <string.h>

#include "cool/captive.h"
#include "cool/provision.h"
#include "cool/version.h"
#include "cool/wifi_list.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static char ca[COOL_CA_SIZE];
static cool_draft_t draft;

static void form(const char *text, size_t size) {
	static const cool_provision_t none;
	static char blob[COOL_PROVISION_SIZE];
	char reason[COOL_REASON_SIZE];
	cool_draft_begin(&draft, &none, ca, sizeof ca);
	if (!cool_draft_form(&draft, text, size, reason) || !cool_draft_check(&draft, reason)) return;
	/* What is right can be kept, and is the same when it is read. */
	cool_provision_t back;
	size_t len = cool_provision_store(&draft.p, blob, sizeof blob);
	if (len == 0 || !cool_provision_load(&back, blob, len) || strcmp(back.broker.url, draft.p.broker.url) != 0) abort();
}

static void blobs(const char *text, size_t size) {
	static char blob[COOL_PROVISION_SIZE];
	cool_provision_t p;
	cool_wifi_list_t list;
	if (cool_provision_load(&p, text, size) && cool_provision_store(&p, blob, sizeof blob) == 0) abort();
	if (cool_wifi_load(&list, text, size) && cool_wifi_store(&list, blob, sizeof blob) == 0) abort();
}

static void versions(const char *text, size_t size) {
	char a[64], b[64];
	const char *nul = memchr(text, 0, size);
	size_t first = nul != NULL ? (size_t)(nul - text) : size;
	size_t second = nul != NULL ? size - first - 1 : 0;
	if (first >= sizeof a || second >= sizeof b) return;
	memcpy(a, text, first);
	a[first] = '\0';
	if (second > 0) memcpy(b, nul + 1, second);
	b[second] = '\0';
	if (!cool_version_valid(a) || !cool_version_valid(b)) return;
	int ab = cool_version_compare(a, b), ba = cool_version_compare(b, a);
	if ((ab < 0) != (ba > 0) || (ab > 0) != (ba < 0)) abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
	static const uint8_t address[4] = {192, 168, 4, 1};
	uint8_t out[COOL_DNS_SIZE];
	if (cool_captive_answer(data, size, address, out, sizeof out) > sizeof out) abort();
	form((const char *)data, size);
	blobs((const char *)data, size);
	versions((const char *)data, size);
	return 0;
}
