#include "cool/faults.h"

#include <string.h>

#include "text.h"

static cool_fault_t *entry(cool_faults_t *f, const char *name) {
	for (int i = 0; i < f->count; i++) {
		if (strcmp(f->list[i].name, name) == 0) return &f->list[i];
	}
	return NULL;
}

static void drop(cool_faults_t *f, int i) {
	if (f->list[i].occurrence > f->forgotten) f->forgotten = f->list[i].occurrence;
	f->count--;
	memmove(&f->list[i], &f->list[i + 1], (size_t)(f->count - i) * sizeof f->list[0]);
}

/* Makes room: one that only remembers its occurrence goes first, then the oldest that is over, then the oldest at all. */
static void make_room(cool_faults_t *f) {
	int over = -1;
	for (int i = 0; i < f->count; i++) {
		if (!f->list[i].latched) {
			drop(f, i);
			return;
		}
		if (over < 0 && !f->list[i].active) over = i;
	}
	drop(f, over < 0 ? 0 : over);
}

/* Moves what begins anew to the end, so that the list is in the order of time. */
static cool_fault_t *begin(cool_faults_t *f, const char *name, cool_fault_t *old) {
	cool_fault_t fresh = {.occurrence = f->forgotten};
	if (old != NULL) {
		fresh = *old;
		int i = (int)(old - f->list);
		f->count--;
		memmove(&f->list[i], &f->list[i + 1], (size_t)(f->count - i) * sizeof f->list[0]);
	} else if (f->count == COOL_MAX_FAULTS) {
		make_room(f);
		fresh.occurrence = f->forgotten;
	}
	(void)cool_copy(fresh.name, sizeof fresh.name, name);
	fresh.occurrence++;
	fresh.latched = true;
	cool_fault_t *at = &f->list[f->count++];
	*at = fresh;
	return at;
}

void cool_faults_set(cool_faults_t *f, const char *name, bool active, bool critical) {
	cool_fault_t *e = entry(f, name);
	bool was = e != NULL && e->latched && e->active;
	if (active && !was) e = begin(f, name, e);
	if (e == NULL || !e->latched) return;
	e->active = active;
	if (active) e->critical = critical;
}

void cool_faults_event(cool_faults_t *f, const char *name) {
	cool_faults_set(f, name, true, false);
	cool_faults_set(f, name, false, false);
}

const cool_fault_t *cool_faults_find(const cool_faults_t *f, const char *name) {
	for (int i = 0; i < f->count; i++) {
		if (f->list[i].latched && strcmp(f->list[i].name, name) == 0) return &f->list[i];
	}
	return NULL;
}

int cool_faults_list(const cool_faults_t *f, cool_fault_t out[COOL_MAX_FAULTS]) {
	int n = 0;
	for (int i = 0; i < f->count; i++) {
		if (f->list[i].latched) out[n++] = f->list[i];
	}
	return n;
}

bool cool_faults_critical(const cool_faults_t *f) {
	for (int i = 0; i < f->count; i++) {
		if (f->list[i].latched && f->list[i].active && f->list[i].critical) return true;
	}
	return false;
}

bool cool_faults_clear(cool_faults_t *f, const char *name, uint32_t occurrence, bool there, char reason[COOL_REASON_SIZE]) {
	cool_fault_t *e = entry(f, name);
	cool_text_t t;
	cool_text_begin(&t, reason, COOL_REASON_SIZE);
	if (e == NULL || !e->latched) {
		cool_text_add(&t, "there is no fault ");
		cool_text_add(&t, name);
		return false;
	}
	if (occurrence != 0 && occurrence != e->occurrence) {
		cool_text_add(&t, "fault ");
		cool_text_add(&t, name);
		cool_text_add(&t, " is at its occurrence ");
		cool_text_int(&t, e->occurrence);
		cool_text_add(&t, ", not ");
		cool_text_int(&t, occurrence);
		return false;
	}
	if (there) {
		cool_text_add(&t, "what raised ");
		cool_text_add(&t, name);
		cool_text_add(&t, " is still there");
		return false;
	}
	e->latched = e->active = false;
	return true;
}
