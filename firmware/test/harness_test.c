/* That the harness itself tells right from wrong on every platform: vectors, numbers, the generator. */
#include "test.h"

#include <string.h>

VECTORS(words);

TEST(vectors_are_embedded_whole) {
	CHECK_EQ_INT(vectors_words_len, strlen(vectors_words));
	CHECK_EQ_INT(vectors_words[0], '{');
	CHECK(strstr(vectors_words, "\"disconnected\"") != NULL);
}

TEST(cases_are_counted_by_lines) {
	CHECK_EQ_INT(test_count_cases(vectors_words, vectors_words_len, "qualities"), 7);
	CHECK_EQ_INT(test_count_cases(vectors_words, vectors_words_len, "nothing"), 0);
}

TEST(checks_are_values) {
	CHECK(CHECK_EQ_INT(-1, (int8_t)-1));
	CHECK(CHECK_NEAR(0.1 + 0.2, 0.3, 1e-12));
	CHECK(CHECK_STR("a", "a"));
	CHECK_EQ_INT(test_failures(), 0);
}

TEST(random_numbers_are_the_same_everywhere) {
	uint64_t state = 1;
	CHECK_EQ_INT(test_random(&state) >> 32, 0x910a2dec);
	for (int i = 0; i < 1000; i++) {
		int n = test_random_int(&state, -3, 3);
		double d = test_random_double(&state, -1, 1);
		CHECK(n >= -3 && n <= 3);
		CHECK(d >= -1 && d < 1);
	}
}
