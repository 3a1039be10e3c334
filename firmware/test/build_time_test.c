#include "test.h"

#include "cool/build_time.h"

enum { DAY = 86400 };

TEST(dates_of_the_preprocessor) {
	CHECK_EQ_INT(cool_build_time("Jan  2 1970", "00:00:00"), 0);
	CHECK_EQ_INT(cool_build_time("Jan  3 1970", "00:00:01"), DAY + 1);
	CHECK_EQ_INT(cool_build_time("Mar  1 2000", "12:34:56"), 951914096 - DAY); /* behind a leap day */
	CHECK_EQ_INT(cool_build_time("Feb 29 2024", "23:59:59"), 1709251199 - DAY);
	CHECK_EQ_INT(cool_build_time("Nov 25 2026", "02:00:00"), 1795572000LL - DAY);
	CHECK_EQ_INT(cool_build_time("Dec 31 2099", "00:00:00"), 4102358400LL - DAY); /* behind 2038 */
}

TEST(what_is_no_date) {
	static const char *const bad[][2] = {{"", ""}, {"Foo  2 2026", "00:00:00"}, {"Jan  2 2026", "00:00"}, {"Jan  0 2026", "00:00:00"},
		{"Jan 32 2026", "00:00:00"}, {"Jan  2 1969", "00:00:00"}, {"Jan  2 2026", "24:00:00"}, {"Jan  2 2026", "00:60:00"},
		{"Jan  2 2026", "00:00:61"}, {"Jan  x 2026", "00:00:00"}, {"Jan    2026", "00:00:00"}, {"2026-01-02 ", "00:00:00"},
		{"Jan  2 2026", "00-00-00"}, {"Jan  2 2026", "0x:00:00"}};
	for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
		test_in(bad[i][0]);
		CHECK_EQ_INT(cool_build_time(bad[i][0], bad[i][1]), 0);
	}
}
