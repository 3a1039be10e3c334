#include "mishap.h"

#include <stdio.h>
#include <string.h>

static const char *const names[MISHAP_COUNT] = {
	"probe-lost",
	"por85",
	"crc",
	"stuck",
	"pump-stall",
	"fan-stall",
	"dry",
	"leak",
	"wifi-lost",
	"reboot",
};

static const int64_t longest_ms = 366LL * 24 * 3600 * 1000;

/** Reads the unit at *text and steps over it; its milliseconds, 0 if it is none. */
static int64_t unit_ms(const char **text) {
	static const struct {
		const char *name;
		int64_t ms;
	} units[] = {{"ms", 1}, {"s", 1000}, {"m", 60 * 1000}, {"h", 3600 * 1000}};
	for (size_t i = 0; i < sizeof units / sizeof units[0]; i++) {
		size_t n = strlen(units[i].name);
		if (strncmp(*text, units[i].name, n) == 0) {
			*text += n;
			return units[i].ms;
		}
	}
	return 0;
}

bool duration_parse(const char *text, int64_t *ms) {
	if (*text == '\0') return false;
	int64_t sum = 0;
	while (*text != '\0') {
		/* Thousandths are exact enough for milliseconds of any unit but hours, where nobody writes more. */
		int64_t whole = 0, thousandths = 0, digit = 1000;
		int digits = 0;
		for (; *text >= '0' && *text <= '9'; text++, digits++) {
			whole = whole * 10 + (*text - '0');
			if (whole > longest_ms) return false;
		}
		if (*text == '.') {
			for (text++; *text >= '0' && *text <= '9'; text++, digits++) {
				digit /= 10;
				thousandths += digit * (*text - '0');
			}
		}
		int64_t unit = unit_ms(&text);
		if (digits == 0 || unit == 0) return false;
		if (whole > longest_ms / unit) return false;
		sum += whole * unit + thousandths * unit / 1000;
		if (sum > longest_ms) return false;
	}
	*ms = sum;
	return true;
}

static bool known_kind(const char *name, size_t len, mishap_kind_t *kind) {
	for (int i = 0; i < MISHAP_COUNT; i++) {
		if (strlen(names[i]) == len && strncmp(names[i], name, len) == 0) {
			*kind = (mishap_kind_t)i;
			return true;
		}
	}
	return false;
}

static void list_names(char *out, size_t size) {
	size_t at = 0;
	out[0] = '\0';
	for (int i = 0; i < MISHAP_COUNT && at < size; i++) {
		int n = snprintf(out + at, size - at, "%s%s", i > 0 ? ", " : "", names[i]);
		if (n > 0) at += (size_t)n;
	}
}

bool mishaps_add(mishaps_t *m, const char *text, char *why, size_t size) {
	mishap_t f = {0};
	const char *when = strchr(text, '@');
	size_t name = when ? (size_t)(when - text) : strlen(text);
	if (!known_kind(text, name, &f.kind)) {
		char all[128];
		list_names(all, sizeof all);
		snprintf(why, size, "fault \"%s\": there is no fault \"%.*s\"; the faults are %s", text, (int)name, text, all);
		return false;
	}
	if (!when) {
		snprintf(why, size, "fault \"%s\": when? write it as NAME@TIME or NAME@TIME+DURATION, such as %s@30s+2m", text, text);
		return false;
	}
	const char *lasts = strchr(when, '+');
	char at[32];
	size_t n = lasts ? (size_t)(lasts - when - 1) : strlen(when + 1);
	snprintf(at, sizeof at, "%.*s", (int)(n < sizeof at ? n : sizeof at - 1), when + 1);
	if (n >= sizeof at || !duration_parse(at, &f.at_ms)) {
		snprintf(why, size, "fault \"%s\": \"%.*s\" is not a time after the start, such as 30s or 10m", text, (int)n, when + 1);
		return false;
	}
	if (lasts && (!duration_parse(lasts + 1, &f.for_ms) || f.for_ms == 0)) {
		snprintf(why, size, "fault \"%s\": \"%s\" is not a duration, such as 30s or 10m", text, lasts + 1);
		return false;
	}
	if (m->count == MISHAPS_MAX) {
		snprintf(why, size, "fault \"%s\": at most %d faults can be planned", text, MISHAPS_MAX);
		return false;
	}
	m->list[m->count++] = f;
	return true;
}

bool mishaps_active(const mishaps_t *m, mishap_kind_t kind, int64_t after_ms) {
	if (kind == MISHAP_REBOOT) return false;
	for (int i = 0; i < m->count; i++) {
		const mishap_t *f = &m->list[i];
		if (f->kind == kind && f->at_ms <= after_ms && (f->for_ms == 0 || after_ms < f->at_ms + f->for_ms)) return true;
	}
	return false;
}

bool mishaps_reboots(const mishaps_t *m, int64_t after_ms, int64_t up_to_ms) {
	for (int i = 0; i < m->count; i++) {
		const mishap_t *f = &m->list[i];
		if (f->kind == MISHAP_REBOOT && after_ms < f->at_ms && f->at_ms <= up_to_ms) return true;
	}
	return false;
}
