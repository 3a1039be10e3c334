#include "test.h"

#include <string.h>

#include "cool/form.h"

TEST(fields_are_found_and_decoded) {
	static const struct {
		const char *name, *body, *field;
		cool_form_t want;
		const char *value;
	} cases[] = {
		{"plain", "a=1&b=2", "b", COOL_FORM_FOUND, "2"},
		{"plus and percent", "a=x+y%2B%26%3d", "a", COOL_FORM_FOUND, "x y+&="},
		{"UTF-8", "a=%E6%B0%B4", "a", COOL_FORM_FOUND, "\xE6\xB0\xB4"},
		{"empty", "a=&b=2", "a", COOL_FORM_FOUND, ""},
		{"the first counts", "a=1&a=2", "a", COOL_FORM_FOUND, "1"},
		{"an equals sign in the value", "a=b=c", "a", COOL_FORM_FOUND, "b=c"},
		{"seven fit", "a=1234567", "a", COOL_FORM_FOUND, "1234567"},
		{"eight do not", "a=12345678", "a", COOL_FORM_TOO_LONG, ""},
		{"encoded bytes count once", "a=%31234567", "a", COOL_FORM_FOUND, "1234567"},
		{"missing", "a=1", "b", COOL_FORM_MISSING, ""},
		{"a longer name", "ab=1", "a", COOL_FORM_MISSING, ""},
		{"a name without a value", "a&b=1", "a", COOL_FORM_MISSING, ""},
		{"an empty body", "", "a", COOL_FORM_MISSING, ""},
		{"only separators", "&&&", "a", COOL_FORM_MISSING, ""},
		{"behind separators", "&&a=1", "a", COOL_FORM_FOUND, "1"},
		{"half an escape", "a=x%4", "a", COOL_FORM_BROKEN, ""},
		{"an escape that ends with the field", "a=x%&b=41", "a", COOL_FORM_BROKEN, ""},
		{"no hexadecimal digits", "a=%zz", "a", COOL_FORM_BROKEN, ""},
		{"a zero byte", "a=x%00y", "a", COOL_FORM_BROKEN, ""},
	};
	for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
		char out[8];
		size_t len = 99;
		test_in(cases[i].name);
		CHECK_EQ_INT(cool_form_field(cases[i].body, strlen(cases[i].body), cases[i].field, out, sizeof out, &len), cases[i].want);
		CHECK_STR(out, cases[i].value);
		if (cases[i].want == COOL_FORM_FOUND) {
			CHECK_EQ_INT(len, strlen(cases[i].value));
		}
	}
}

/* The body is not ended by a NUL, and what stands behind it is not looked at. */
TEST(the_body_ends_where_it_ends) {
	char out[8];
	CHECK_EQ_INT(cool_form_field("a=12345", 4, "a", out, sizeof out, NULL), COOL_FORM_FOUND);
	CHECK_STR(out, "12");
	CHECK_EQ_INT(cool_form_field("a=%412", 4, "a", out, sizeof out, NULL), COOL_FORM_BROKEN);
	CHECK_EQ_INT(cool_form_field("x=1&a=2", 4, "a", out, sizeof out, NULL), COOL_FORM_MISSING);
}
