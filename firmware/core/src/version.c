#include "cool/version.h"

#include <string.h>

static bool digit(char c) { return c >= '0' && c <= '9'; }

static bool word(char c) { return digit(c) || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '-'; }

/* What is compared begins behind the "v" that tags of releases have. */
static const char *skip_v(const char *text) { return *text == 'v' ? text + 1 : text; }

/* The length of a number without leading zeros at the begin of a text; 0 if there is none. */
static size_t number(const char *at) {
	size_t n = 0;
	while (digit(at[n])) {
		n++;
	}
	return n > 1 && at[0] == '0' ? 0 : n;
}

/* Steps over identifiers that are parted by dots; NULL if one is empty, or has a leading zero where that matters. */
static const char *identifiers(const char *at, bool strict) {
	for (;;) {
		size_t n = 0;
		bool digits = true;
		while (word(at[n])) {
			digits = digits && digit(at[n]);
			n++;
		}
		if (n == 0 || (strict && digits && n > 1 && at[0] == '0')) {
			return NULL;
		}
		at += n;
		if (*at != '.') {
			return at;
		}
		at++;
	}
}

bool cool_version_valid(const char *text) {
	const char *at = skip_v(text);
	for (int i = 0; i < 3; i++) {
		size_t n = number(at);
		if (n == 0) {
			return false;
		}
		at += n;
		if (i < 2) {
			if (*at != '.') {
				return false;
			}
			at++;
		}
	}
	if (*at == '-') {
		at = identifiers(at + 1, true);
	}
	if (at != NULL && *at == '+') {
		at = identifiers(at + 1, false);
	}
	return at != NULL && *at == '\0';
}

/* The length up to a dot, a plus or the end; for the numbers of the core also up to a minus. */
static size_t span(const char *at, bool core) {
	size_t n = 0;
	while (at[n] != '\0' && at[n] != '.' && at[n] != '+' && !(core && at[n] == '-')) {
		n++;
	}
	return n;
}

/* Numbers without leading zeros, of any size. */
static int compare_numbers(const char *a, size_t na, const char *b, size_t nb) {
	if (na != nb) {
		return na < nb ? -1 : 1;
	}
	return memcmp(a, b, na);
}

static bool all_digits(const char *at, size_t n) {
	for (size_t i = 0; i < n; i++) {
		if (!digit(at[i])) {
			return false;
		}
	}
	return true;
}

/* Identifiers of a pre-release: numbers before words, words by their bytes. */
static int compare_identifiers(const char *a, size_t na, const char *b, size_t nb) {
	bool da = all_digits(a, na), db = all_digits(b, nb);
	if (da && db) {
		return compare_numbers(a, na, b, nb);
	}
	if (da != db) {
		return da ? -1 : 1;
	}
	int by_bytes = memcmp(a, b, na < nb ? na : nb);
	if (by_bytes != 0) {
		return by_bytes;
	}
	return na == nb ? 0 : na < nb ? -1 : 1;
}

int cool_version_compare(const char *a, const char *b) {
	a = skip_v(a);
	b = skip_v(b);
	for (int i = 0; i < 3; i++) {
		size_t na = span(a, true), nb = span(b, true);
		int d = compare_numbers(a, na, b, nb);
		if (d != 0) {
			return d;
		}
		a += na + (i < 2 ? 1 : 0);
		b += nb + (i < 2 ? 1 : 0);
	}
	if (*a != '-' || *b != '-') {
		return (*b == '-' ? 1 : 0) - (*a == '-' ? 1 : 0); /* a release comes after its own pre-releases */
	}
	for (;;) {
		a++;
		b++;
		size_t na = span(a, false), nb = span(b, false);
		int d = compare_identifiers(a, na, b, nb);
		if (d != 0) {
			return d;
		}
		a += na;
		b += nb;
		if (*a != '.' || *b != '.') {
			return (*a == '.' ? 1 : 0) - (*b == '.' ? 1 : 0); /* more identifiers come later */
		}
	}
}

bool cool_version_may_update(const char *running, const char *offered, char reason[COOL_REASON_SIZE]) {
	reason[0] = '\0';
	if (!cool_version_valid(offered)) {
		(void)cool_copy(reason, COOL_REASON_SIZE, "the update's version is not of the form 1.2.3; nothing was installed");
	} else if (!cool_version_valid(running)) {
		(void)cool_copy(
			reason, COOL_REASON_SIZE, "the running firmware has no version of the form 1.2.3, so nothing is later than it; flash it over USB");
	} else if (cool_version_compare(offered, running) <= 0) {
		(void)cool_copy(reason, COOL_REASON_SIZE, "the update is not later than what runs; to go back, flash the device over USB");
	}
	return reason[0] == '\0';
}
