/* The harness behind test.h: the list of tests, the checks, and main. */
#include "test.h"

#include <stdio.h>
#include <string.h>

static test_case_t *first, **last = &first;
static const char *inside;
static int failures;

void test_register(test_case_t *t) {
	*last = t;
	last = &t->next;
}

void test_in(const char *name) { inside = name; }

int test_failures(void) { return failures; }

/* The place and the expression of a failure; what was found follows on the same line. */
static void fail(const char *file, int line, const char *what) {
	failures++;
	printf("%s:%d: %s%s%s: ", file, line, inside ? inside : "", inside ? ": " : "", what);
}

bool test_check(const char *file, int line, bool ok, const char *what) {
	if (!ok) {
		fail(file, line, what);
		printf("is false\n");
	}
	return ok;
}

bool test_equal(const char *file, int line, long long got, long long want, const char *what) {
	if (got != want) {
		fail(file, line, what);
		printf("is %lld, want %lld\n", got, want);
	}
	return got == want;
}

bool test_near(const char *file, int line, double got, double want, double eps, const char *what) {
	double off = got > want ? got - want : want - got;
	bool ok = off <= eps;
	if (!ok) {
		fail(file, line, what);
		printf("is %.10g, want %.10g within %g\n", got, want, eps);
	}
	return ok;
}

bool test_text(const char *file, int line, const char *got, const char *want, const char *what) {
	bool ok = got == want || (got && want && strcmp(got, want) == 0);
	if (!ok) {
		fail(file, line, what);
		printf("is \"%s\", want \"%s\"\n", got ? got : "(NULL)", want ? want : "(NULL)");
	}
	return ok;
}

uint64_t test_random(uint64_t *state) {
	uint64_t z = *state += UINT64_C(0x9e3779b97f4a7c15);
	z = (z ^ (z >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
	z = (z ^ (z >> 27)) * UINT64_C(0x94d049bb133111eb);
	return z ^ (z >> 31);
}

double test_random_double(uint64_t *state, double low, double high) {
	return low + (high - low) * ((double)(test_random(state) >> 11) / 9007199254740992.0);
}

int test_random_int(uint64_t *state, int low, int high) {
	uint64_t span = (uint64_t)((int64_t)high - low) + 1;
	return (int)((int64_t)(test_random(state) % span) + low);
}

/* Whether the line from text on begins with start. */
static bool begins(const char *text, const char *end, const char *start) {
	size_t n = strlen(start);
	return (size_t)(end - text) >= n && memcmp(text, start, n) == 0;
}

int test_count_cases(const char *text, size_t len, const char *array) {
	char head[64];
	const char *end = text + len;
	bool in = false;
	int count = 0;
	snprintf(head, sizeof head, "  \"%s\": [", array);
	while (text < end) {
		if (begins(text, end, head)) {
			in = true;
		} else if (begins(text, end, "  ]")) {
			in = false;
		} else if (in && begins(text, end, "    {")) {
			count++;
		}
		const char *line = memchr(text, '\n', (size_t)(end - text));
		text = line ? line + 1 : end;
	}
	return count;
}

int main(void) {
	int run = 0, failed = 0;
	for (test_case_t *t = first; t; t = t->next) {
		int before = failures;
		inside = NULL;
		t->run();
		run++;
		if (failures > before) {
			failed++;
			printf("FAIL %s\n", t->name);
		}
	}
	printf("%d tests, %d failed\n", run, failed);
	/* A program without tests has lost them. */
	return run == 0 || failed > 0;
}
