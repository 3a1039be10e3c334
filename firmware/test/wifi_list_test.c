#include "test.h"

#include <string.h>

#include "cool/wifi_list.h"

static cool_wifi_list_t list;

static bool add(const char *ssid, const char *password) {
	char reason[COOL_REASON_SIZE];
	bool ok = cool_wifi_add(&list, ssid, password, reason);
	CHECK_EQ_INT(reason[0] == '\0', ok);
	return ok;
}

TEST(the_latest_is_first_and_the_oldest_falls_out) {
	memset(&list, 0, sizeof list);
	CHECK(add("one", "password"));
	CHECK(add("two", ""));
	CHECK(add("three", "password3"));
	CHECK_EQ_INT(list.count, 3);
	CHECK(add("four", "password4"));
	CHECK_EQ_INT(list.count, 3);
	CHECK_STR(list.known[0].ssid, "four");
	CHECK_STR(list.known[1].ssid, "three");
	CHECK_STR(list.known[2].ssid, "two");
	CHECK_STR(list.known[2].password, "");
}

TEST(a_name_stands_once) {
	memset(&list, 0, sizeof list);
	CHECK(add("one", "password"));
	CHECK(add("two", "password"));
	CHECK(add("one", "password1"));
	CHECK_EQ_INT(list.count, 2);
	CHECK_STR(list.known[0].ssid, "one");
	CHECK_STR(list.known[0].password, "password1");
	CHECK_STR(list.known[1].ssid, "two");
}

TEST(what_cannot_be_a_network) {
	static const char hex64[] = "0123456789abcdefABCDEF0123456789abcdef0123456789abcdef0123456789";
	char bad64[65];
	memcpy(bad64, hex64, sizeof bad64);
	bad64[10] = 'g';
	memset(&list, 0, sizeof list);
	CHECK(!add("", "password"));
	CHECK(!add("012345678901234567890123456789012", "password"));
	CHECK(!add("one", "1234567"));
	CHECK(!add("one", bad64));
	CHECK(!add("one", "01234567890123456789012345678901234567890123456789012345678901234"));
	CHECK_EQ_INT(list.count, 0);
	CHECK(add("01234567890123456789012345678901", hex64));
	CHECK(add("one", "12345678"));
	CHECK(add("one", "012345678901234567890123456789012345678901234567890123456789012"));
}

TEST(it_is_kept_and_read_again) {
	char blob[COOL_WIFI_LIST_SIZE];
	cool_wifi_list_t back;
	memset(&list, 0, sizeof list);
	CHECK(cool_wifi_load(&back, blob, cool_wifi_store(&list, blob, sizeof blob)));
	CHECK_EQ_INT(back.count, 0);
	CHECK(add("one", "password"));
	CHECK(add("two", ""));
	size_t len = cool_wifi_store(&list, blob, sizeof blob);
	CHECK(cool_wifi_load(&back, blob, len));
	CHECK_EQ_INT(back.count, 2);
	CHECK_STR(back.known[0].ssid, "two");
	CHECK_STR(back.known[1].password, "password");
	for (size_t cut = 0; cut < len; cut++) {
		CHECK(!cool_wifi_load(&back, blob, cut));
		CHECK_EQ_INT(back.count, 0);
	}
	CHECK_EQ_INT(cool_wifi_store(&list, blob, sizeof blob - 1), 0);
	blob[0] = 4;
	CHECK(!cool_wifi_load(&back, blob, len));
	memset(blob, 'x', sizeof blob);
	blob[0] = 1;
	CHECK(!cool_wifi_load(&back, blob, sizeof blob));
}
