/**
 * @file test.h
 * A small test harness that runs on Linux and on bare metal. A file X_test.c is one program:
 *
 *     #include "test.h"
 *
 *     VECTORS(curve);
 *
 *     TEST(one_point_is_a_constant) {
 *         CHECK(cool_json_parse(vectors_curve, vectors_curve_len, &v));
 *         CHECK_NEAR(duty, 55, 1e-6);
 *     }
 *
 * A check that fails prints its place and the values, and the test goes on. The program ends with 1 if
 * any failed. Arguments are evaluated once.
 */
#ifndef COOL_TEST_H
#define COOL_TEST_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/** A test in the list of its program; made by TEST. */
typedef struct test_case {
	const char *name;
	void (*run)(void);
	struct test_case *next;
} test_case_t;

/** Adds a test to the list. */
void test_register(test_case_t *t);

/** Defines a test; its body follows. Tests run in the order of the file. */
#define TEST(name)                                                                                  \
	static void test_##name(void);                                                                  \
	static test_case_t case_##name = {#name, test_##name, NULL};                                    \
	__attribute__((constructor)) static void register_##name(void) { test_register(&case_##name); } \
	static void test_##name(void)

bool test_check(const char *file, int line, bool ok, const char *what);
bool test_equal(const char *file, int line, long long got, long long want, const char *what);
bool test_near(const char *file, int line, double got, double want, double eps, const char *what);
bool test_text(const char *file, int line, const char *got, const char *want, const char *what);

/** Checks a condition. Each check is also a value: whether it held. */
#define CHECK(cond) test_check(__FILE__, __LINE__, (cond), #cond)
/** Checks that two integers of any type are equal. */
#define CHECK_EQ_INT(got, want) test_equal(__FILE__, __LINE__, (long long)(got), (long long)(want), #got)
/** Checks that two numbers differ by at most eps; NaN is near nothing. */
#define CHECK_NEAR(got, want, eps) test_near(__FILE__, __LINE__, (got), (want), (eps), #got)
/** Checks that two strings are equal; NULL equals only NULL. */
#define CHECK_STR(got, want) test_text(__FILE__, __LINE__, (got), (want), #got)

/**
 * Says in which case of a table the checks from here on are: a failure prints it. NULL: in none, as at
 * the start of each test.
 */
void test_in(const char *name);

/** How many checks have failed so far, for a test that wants to print more about the first one. */
int test_failures(void);

/** How often a loop of random inputs runs: many times on the host, few times on the emulated chip. */
#ifdef TEST_SMALL
#define TEST_RUNS(many, few) (few)
#else
#define TEST_RUNS(many, few) (many)
#endif

/** A deterministic generator (splitmix64) for property tests; print the seed that you begin with. */
uint64_t test_random(uint64_t *state);
/** A number from low up to, not including, high. */
double test_random_double(uint64_t *state, double low, double high);
/** An integer from low to high, both included. */
int test_random_int(uint64_t *state, int low, int high);

#if __SIZEOF_POINTER__ == 8
#define TEST_SIZE_DIRECTIVE ".quad "
#else
#define TEST_SIZE_DIRECTIVE ".long "
#endif

/**
 * Embeds contract/NAME.json: afterwards `const char vectors_NAME[]` holds its text, with a NUL behind it, and
 * `const size_t vectors_NAME_len` its length. It stands at file scope, once in a program. CONTRACT_DIR comes from CMake.
 */
#define VECTORS(name)                                                                \
	__asm__(".pushsection .rodata\n"                                                 \
			".balign 8\n"                                                            \
			"vectors_" #name "_len: " TEST_SIZE_DIRECTIVE "1f - vectors_" #name "\n" \
			"vectors_" #name ": .incbin \"" CONTRACT_DIR "/" #name ".json\"\n"       \
			"1: .byte 0\n"                                                           \
			".popsection\n");                                                        \
	extern const char vectors_##name[];                                              \
	extern const size_t vectors_##name##_len

/**
 * How many cases an array of a vector file has, counted without a JSON reader: the lines that begin with four blanks and
 * a brace between `  "array": [` and `  ]`. A test that walks over the vectors compares it with what it saw, so
 * that a reader that skips cases is noticed.
 */
int test_count_cases(const char *text, size_t len, const char *array);

#endif
