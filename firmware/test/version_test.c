#include "test.h"

#include "cool/version.h"

/* In the order of precedence that Semantic Versioning gives in section 11, and beyond. */
static const char *const ascending[] = {"0.0.1", "0.9.10", "1.0.0-1", "1.0.0-alpha", "1.0.0-alpha.1", "1.0.0-alpha.beta", "1.0.0-beta",
	"1.0.0-beta.2", "1.0.0-beta.11", "1.0.0-rc.1", "1.0.0-rc.1x", "1.0.0", "1.0.1-3-gabcdef", "1.0.1", "1.2.0", "1.10.0", "2.0.0", "10.0.0",
	"99999999999999999999.0.0"};

TEST(any_two_compare_by_precedence) {
	int n = (int)(sizeof ascending / sizeof ascending[0]);
	for (int i = 0; i < n; i++) {
		test_in(ascending[i]);
		CHECK(cool_version_valid(ascending[i]));
		for (int j = 0; j < n; j++) {
			int d = cool_version_compare(ascending[i], ascending[j]);
			CHECK(i < j ? d < 0 : i > j ? d > 0 : d == 0);
		}
	}
}

TEST(build_and_v_do_not_count) {
	CHECK_EQ_INT(cool_version_compare("v1.2.3", "1.2.3+build.7"), 0);
	CHECK_EQ_INT(cool_version_compare("1.2.3-rc.1+a", "v1.2.3-rc.1+b"), 0);
	CHECK(cool_version_compare("1.2.3-rc.1+a", "1.2.3+a") < 0);
}

TEST(what_is_no_version) {
	static const char *const bad[] = {"", "v", "1", "1.2", "1.2.", "1.2.3.4", "1.2.x", "01.2.3", "1.02.3", "1.2.3-", "1.2.3-a..b", "1.2.3-01",
		"1.2.3+", "1.2.3-a+", "1.2.3 ", " 1.2.3", "-1.2.3", "1.2.3-a_b", "vv1.2.3", "abcdef0-dirty"};
	for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
		test_in(bad[i]);
		CHECK(!cool_version_valid(bad[i]));
	}
	CHECK(cool_version_valid("1.2.3+001"));
	CHECK(cool_version_valid("1.2.3-0.a-b+c"));
}

TEST(only_a_later_version_is_an_update) {
	static const struct {
		const char *name, *running, *offered;
		bool may;
	} cases[] = {
		{"later", "1.0.0", "1.0.1", true},
		{"a release after its candidate", "1.1.0-rc.1", "1.1.0", true},
		{"the same", "1.0.0", "1.0.0", false},
		{"the same, built again", "1.0.0", "1.0.0+2", false},
		{"earlier", "1.2.0", "1.1.9", false},
		{"a candidate of what runs", "1.0.0", "1.0.0-rc.9", false},
		{"no version is offered", "1.0.0", "latest", false},
		{"no version runs", "abcdef0", "1.0.0", false},
	};
	for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
		char reason[COOL_REASON_SIZE];
		test_in(cases[i].name);
		CHECK_EQ_INT(cool_version_may_update(cases[i].running, cases[i].offered, reason), cases[i].may);
		CHECK_EQ_INT(reason[0] == '\0', cases[i].may);
	}
}
