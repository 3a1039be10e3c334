/*
 * Members of a message on their way through a decoder: each is checked, and the first mistake is recorded with its place.
 * Private to the core.
 *
 * Every reader returns false after a mistake, so that a decoder is a chain of them. One that is not called `need` leaves its
 * result alone where the member is missing. Mistakes never quote what was sent: it may be a secret.
 */
#ifndef COOL_SRC_FIELD_H
#define COOL_SRC_FIELD_H

#include "cool/json.h"
#include "cool/messages.h"

enum { COOL_MAX_DOCUMENT = 64 << 10 /* bytes of a message; the contract's limit */ };

#define COOL_MAX_INTEGER 9007199254740991LL /* 2^53 - 1 */

/* Where an object stands in its message: outputs[1].wiring is {{NULL, "outputs", 1}, "wiring", -1}. */
typedef struct cool_path {
	const struct cool_path *up;
	const char *name;
	int index; /* -1: no element of a list */
} cool_path_t;

/* An object, where it stands (NULL: it is the message), and the mistake. */
typedef struct {
	cool_json_t object;
	const cool_path_t *path;
	cool_problem_t *problem;
} cool_fields_t;

/* Records a mistake in a member (NULL: in the object itself); returns false. */
bool cool_field_fail(const cool_fields_t *f, cool_reject_t code, const char *name, const char *what);

/* Begins to read a message: one JSON object of at most limit bytes. */
bool cool_fields_begin(cool_fields_t *f, const char *text, size_t len, size_t limit, cool_problem_t *p);

/* Begins to read the arguments of a command; without any they are {}. */
bool cool_fields_args(cool_fields_t *f, cool_json_t args, cool_problem_t *p);

/* Whether the member is there; null is there. */
bool cool_field_has(const cool_fields_t *f, const char *name);

/* Whether it is there; a mistake if it is not. */
bool cool_field_need(const cool_fields_t *f, const char *name);

/* An integer within low and high; not an integer: bad_field, not within: out_of_range. */
bool cool_field_integer(const cool_fields_t *f, const char *name, int64_t low, int64_t high, int64_t *out);

/* An integer from least on, which otherwise is the wrong kind of thing (bad_field), to most (out_of_range). */
bool cool_field_natural(const cool_fields_t *f, const char *name, int64_t least, int64_t most, int64_t *out);
bool cool_field_uint32(const cool_fields_t *f, const char *name, uint32_t low, uint32_t high, uint32_t *out);

/* A number within low and high; not a number: bad_value, not within: out_of_range. */
bool cool_field_number(const cool_fields_t *f, const char *name, double low, double high, double *out);
/* The same for a number from low to below limit. */
bool cool_field_below(const cool_fields_t *f, const char *name, double low, double limit, double *out);

/* true or false. */
bool cool_field_bool(const cool_fields_t *f, const char *name, bool *out);

/* 1 to size - 1 printable ASCII characters; spaces only with blanks. */
bool cool_field_text(const cool_fields_t *f, const char *name, bool blanks, char *out, size_t size);

/* The name of a metric or an output. */
bool cool_field_metric(const cool_fields_t *f, const char *name, char out[COOL_NAME_SIZE]);

/* Whether the name of a metric has no suffix of a unit, so that it is a temperature (contract/words.json). */
bool cool_is_temperature(const char *metric);

/* The name of a temperature. */
bool cool_field_role(const cool_fields_t *f, const char *name, char out[COOL_NAME_SIZE]);

/* One of some words, ended by NULL; out becomes its index. expected lists them for people. */
bool cool_field_choice(const cool_fields_t *f, const char *name, const char *const *words, const char *expected, int *out);

/* 1 to 16 hexadecimal digits that are not all 0, or exactly 16 of them. */
bool cool_field_hex(const cool_fields_t *f, const char *name, bool all, uint64_t *out);

/* An object; inner reads it, and path is the room for its place. inner->object.at is NULL where it is missing. */
bool cool_field_object(const cool_fields_t *f, const char *name, cool_path_t *path, cool_fields_t *inner);

/* A list of at most limit elements. */
bool cool_field_list(const cool_fields_t *f, const char *name, int limit, cool_json_t *out);

/* An element of a list of objects, which inner reads; path is the room for its place. */
bool cool_field_element(const cool_fields_t *f, const char *name, int index, cool_json_t value, cool_path_t *path, cool_fields_t *inner);

/* An element of a list of pairs of numbers. */
bool cool_field_pair(const cool_fields_t *f, const char *name, int index, cool_json_t value, double out[2]);

#endif
