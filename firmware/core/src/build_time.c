#include "cool/build_time.h"

#include <string.h>

enum { DAY_S = 86400 };

/* Digits, or blanks before them; -1 if there is anything else. */
static int number(const char *at, int n) {
	int v = 0;
	bool begun = false;
	for (int i = 0; i < n; i++) {
		if (at[i] == ' ' && !begun) {
			continue;
		}
		if (at[i] < '0' || at[i] > '9') {
			return -1;
		}
		begun = true;
		v = v * 10 + (at[i] - '0');
	}
	return begun ? v : -1;
}

/* Days from 1970-01-01 in the Gregorian calendar, with years that begin in March so that the leap day is the last one. */
static int64_t days(int year, int month, int day) {
	int y = month > 2 ? year : year - 1;
	int m = month > 2 ? month - 3 : month + 9;
	return (int64_t)y * 365 + y / 4 - y / 100 + y / 400 + (m * 153 + 2) / 5 + day - 1 - 719468;
}

int64_t cool_build_time(const char *date, const char *time) {
	static const char months[] = "JanFebMarAprMayJunJulAugSepOctNovDec";
	if (strlen(date) != 11 || strlen(time) != 8 || date[3] != ' ' || date[6] != ' ' || time[2] != ':' || time[5] != ':') {
		return 0;
	}
	int month = 0;
	for (int i = 0; i < 12; i++) {
		if (memcmp(date, months + 3 * i, 3) == 0) {
			month = i + 1;
		}
	}
	int day = number(date + 4, 2), year = number(date + 7, 4);
	int h = number(time, 2), m = number(time + 3, 2), s = number(time + 6, 2);
	if (month == 0 || day < 1 || day > 31 || year < 1970 || h < 0 || h > 23 || m < 0 || m > 59 || s < 0 || s > 60) {
		return 0;
	}
	return (days(year, month, day) - 1) * DAY_S + h * 3600 + m * 60 + s;
}
