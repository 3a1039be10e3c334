/* Walking over the cases of a vector file in contract/. */
#ifndef COOL_VECTORS_UTIL_H
#define COOL_VECTORS_UTIL_H

#include "cool/json.h"
#include "cool/messages.h"
#include "test.h"

/** The cases of an array of a vector file, one after the other. */
typedef struct {
	cool_json_t cases;
	cool_json_iter_t it;
	cool_json_t now; /**< the present case */
	char name[100];  /**< its name; also where the harness is (test_in) */
	int seen, want;
} vectors_t;

/** Begins with the cases in an array of a vector file. */
void vectors_begin(vectors_t *v, const char *text, size_t len, const char *array);
/** The next case; at the end false, after checking that every line of the file was a case. */
bool vectors_next(vectors_t *v);

/** A member of the present case. */
cool_json_t vectors_member(const vectors_t *v, const char *name);
/** The case's payload or payload_hex; valid until the next call. */
const char *vectors_payload(const vectors_t *v, size_t *len);
/** A string of an object; "" if it is missing. Valid until the fourth call from here. */
const char *vectors_text(cool_json_t object, const char *name);
/** A number of an object; 0 if it is missing. */
double vectors_number(cool_json_t object, const char *name);
/** An integer of an object; 0 if it is missing. */
int64_t vectors_integer(cool_json_t object, const char *name);
/** true or false of an object; false if it is missing. */
bool vectors_bool(cool_json_t object, const char *name);

/** Checks a decoder's answer against the case's `reject`; returns whether the message was accepted, as it should be. */
bool vectors_accepted(const vectors_t *v, cool_reject_t got, const cool_problem_t *p);

/** Checks that got has everything that want has, with equal values: members of objects, elements of lists, numbers within 1e-9. */
void vectors_covers(cool_json_t got, cool_json_t want, const char *where);

#endif
