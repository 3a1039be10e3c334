#include "cool/wifi_list.h"

#include <string.h>

static bool all_hex(const char *text) { return text[strspn(text, "0123456789abcdefABCDEF")] == '\0'; }

static bool check(const char *ssid, const char *password, char reason[COOL_REASON_SIZE]) {
	size_t name = strlen(ssid), secret = strlen(password);
	reason[0] = '\0';
	if (name == 0 || name >= COOL_SSID_SIZE) {
		(void)cool_copy(reason, COOL_REASON_SIZE, "ssid: the name of a network has 1 to 32 bytes");
	} else if (secret >= COOL_PASSPHRASE_SIZE || (secret > 0 && secret < 8) || (secret == 64 && !all_hex(password))) {
		(void)cool_copy(reason, COOL_REASON_SIZE, "wifi_password: none, 8 to 63 characters or 64 hexadecimal digits are wanted");
	}
	return reason[0] == '\0';
}

bool cool_wifi_add(cool_wifi_list_t *l, const char *ssid, const char *password, char reason[COOL_REASON_SIZE]) {
	if (!check(ssid, password, reason)) {
		return false;
	}
	int at = 0; /* whose place is free: that of the same name, a new one, or the last one's */
	while (at < l->count && strcmp(l->known[at].ssid, ssid) != 0) {
		at++;
	}
	if (at == l->count) {
		if (l->count < COOL_MAX_NETWORKS) {
			l->count++;
		} else {
			at--;
		}
	}
	memmove(l->known + 1, l->known, (size_t)at * sizeof l->known[0]);
	(void)cool_copy(l->known[0].ssid, sizeof l->known[0].ssid, ssid);
	(void)cool_copy(l->known[0].password, sizeof l->known[0].password, password);
	return true;
}

/* Adds a text with its NUL. */
static size_t put(char *out, size_t n, const char *text) {
	size_t len = strlen(text) + 1;
	memcpy(out + n, text, len);
	return n + len;
}

size_t cool_wifi_store(const cool_wifi_list_t *l, char *out, size_t size) {
	if (size < COOL_WIFI_LIST_SIZE) {
		return 0;
	}
	size_t n = 0;
	out[n++] = (char)l->count;
	for (int i = 0; i < l->count; i++) {
		n = put(out, n, l->known[i].ssid);
		n = put(out, n, l->known[i].password);
	}
	return n;
}

/* Reads a text with its NUL; NULL if it does not fit. */
static const char *take(const char *at, const char *end, char *out, size_t size) {
	const char *nul = memchr(at, 0, (size_t)(end - at));
	if (nul == NULL || (size_t)(nul - at) >= size) {
		return NULL;
	}
	memcpy(out, at, (size_t)(nul - at) + 1);
	return nul + 1;
}

bool cool_wifi_load(cool_wifi_list_t *l, const char *content, size_t len) {
	memset(l, 0, sizeof *l);
	if (len < 1 || (unsigned char)content[0] > COOL_MAX_NETWORKS) {
		return false;
	}
	const char *at = content + 1, *end = content + len;
	for (int i = 0; i < content[0]; i++) {
		at = take(at, end, l->known[i].ssid, COOL_SSID_SIZE);
		at = at != NULL ? take(at, end, l->known[i].password, COOL_PASSPHRASE_SIZE) : NULL;
		if (at == NULL) {
			memset(l, 0, sizeof *l);
			return false;
		}
	}
	l->count = content[0];
	return true;
}
