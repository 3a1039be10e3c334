/**
 * @file json.h
 * Strict JSON (RFC 8259) without allocation: a reader that walks over a text in place, and a writer into a
 * buffer of the caller. docs/adr/0011 says why it is not a library.
 */
#ifndef COOL_JSON_H
#define COOL_JSON_H

#include "cool/types.h"

enum { COOL_JSON_DEPTH = 16 /**< levels of nesting; the contract's limit */ };

/** The kinds of JSON values. */
typedef enum {
	COOL_JSON_NONE,
	COOL_JSON_NULL,
	COOL_JSON_BOOL,
	COOL_JSON_NUMBER,
	COOL_JSON_STRING,
	COOL_JSON_ARRAY,
	COOL_JSON_OBJECT
} cool_json_kind_t;

/** A value within a text that cool_json_parse found to be valid. The text must outlive it. */
typedef struct {
	const char *at; /**< its first byte; NULL: there is none */
	size_t len;     /**< its bytes */
} cool_json_t;

/** Checks that text is one valid JSON value in valid UTF-8 and nothing else, nested at most COOL_JSON_DEPTH deep. */
bool cool_json_parse(const char *text, size_t len, cool_json_t *value);

/** The kind of a value. */
cool_json_kind_t cool_json_kind(cool_json_t v);

/** The member of an object with a name (case-sensitive, escapes in names resolved); the last one counts where it is repeated. at is NULL if there is none. */
cool_json_t cool_json_member(cool_json_t object, const char *name);

/** Walks over an array or an object's members. Start with a zero iterator; false at the end. name may be NULL. */
typedef struct {
	const char *at, *end;
} cool_json_iter_t;
bool cool_json_next(cool_json_t container, cool_json_iter_t *it, cool_json_t *name, cool_json_t *value);

/** The number of elements or members. */
int cool_json_count(cool_json_t container);

/** A number as a double; false if it is none or too large for a double. */
bool cool_json_double(cool_json_t v, double *out);

/** An integer within low and high that is written without point and exponent; false otherwise. */
bool cool_json_integer(cool_json_t v, int64_t low, int64_t high, int64_t *out);

/** A string with its escapes resolved and a NUL behind it; false if it is none, has a NUL within, or does not fit into size bytes. */
bool cool_json_string(cool_json_t v, char *out, size_t size);

/** Whether a string value equals text. */
bool cool_json_equals(cool_json_t v, const char *text);

/** true or false; false is returned if v is neither. */
bool cool_json_bool(cool_json_t v, bool *out);

/** A writer. What does not fit sets full, and nothing is written behind the end. */
typedef struct {
	char *buf;
	size_t size, len; /**< len < size; a NUL stands at buf[len] */
	bool full;
	bool comma; /**< the next value needs one */
} cool_json_writer_t;

/** Begins to write into a buffer of at least one byte. */
void cool_json_writer_init(cool_json_writer_t *w, char *buf, size_t size);

void cool_json_open_object(cool_json_writer_t *w);
void cool_json_close_object(cool_json_writer_t *w);
void cool_json_open_array(cool_json_writer_t *w);
void cool_json_close_array(cool_json_writer_t *w);
/** Writes a member's name; the value comes next. */
void cool_json_key(cool_json_writer_t *w, const char *name);
/** Writes a string, escaped; bytes that are not UTF-8 become U+FFFD. */
void cool_json_put_string(cool_json_writer_t *w, const char *text);
void cool_json_put_bool(cool_json_writer_t *w, bool v);
void cool_json_put_int(cool_json_writer_t *w, int64_t v);
void cool_json_put_uint(cool_json_writer_t *w, uint64_t v);
/** Writes v rounded half away from zero to decimals (0 to 6) digits, trailing zeros left out; null if it is not finite. It does not use printf. */
void cool_json_put_decimal(cool_json_writer_t *w, double v, int decimals);

#endif
