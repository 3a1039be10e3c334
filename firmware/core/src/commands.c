#include "cool/commands.h"

#include <string.h>

#include "cool/version.h"
#include "text.h"

static const struct {
	const char *name;
	cool_order_kind_t kind;
} known[] = {
	{"identify", COOL_ORDER_IDENTIFY},
	{"restart", COOL_ORDER_RESTART},
	{"ota", COOL_ORDER_OTA},
	{"clear_fault", COOL_ORDER_CLEAR_FAULT},
	{"watch", COOL_ORDER_WATCH},
	{"endpoint", COOL_ORDER_ENDPOINT},
	{"factory_reset", COOL_ORDER_FACTORY_RESET},
	{"zero", COOL_ORDER_ZERO},
	{"autotune", COOL_ORDER_AUTOTUNE},
	{"commission", COOL_ORDER_COMMISSION},
	{"abort", COOL_ORDER_ABORT},
};

static void refuse(cool_order_t *o, const char *why) {
	o->kind = COOL_ORDER_NONE;
	(void)cool_copy(o->answer.error, sizeof o->answer.error, why);
}

/** Finds what a name asks for, or refuses it. */
static void look_up(cool_order_t *o, const char *name) {
	for (size_t i = 0; i < sizeof known / sizeof known[0]; i++)
		if (strcmp(known[i].name, name) == 0) {
			o->kind = known[i].kind;
			return;
		}
	o->kind = COOL_ORDER_NONE;
	cool_text_t t;
	cool_text_begin(&t, o->answer.error, sizeof o->answer.error);
	cool_text_add(&t, "this firmware does not know the command ");
	cool_text_add(&t, name);
}

/** Reads the arguments of those that have some. */
static void read_args(const cool_judge_t *j, cool_json_t args, cool_order_t *o) {
	cool_problem_t p = {.code = COOL_ACCEPTED};
	char why[COOL_REASON_SIZE];
	switch (o->kind) {
	case COOL_ORDER_CLEAR_FAULT: p.code = cool_decode_clear_fault(args, &o->clear, &p); break;
	case COOL_ORDER_ZERO: p.code = cool_decode_zero(args, &o->zero, &p); break;
	case COOL_ORDER_AUTOTUNE: p.code = cool_decode_autotune(args, &o->tune, &p); break;
	case COOL_ORDER_COMMISSION: p.code = cool_decode_commission(args, &o->commission, &p); break;
	case COOL_ORDER_ENDPOINT: p.code = cool_decode_endpoint(args, j->endpoint, j->ca, &p); break;
	case COOL_ORDER_OTA:
		p.code = cool_decode_ota(args, &o->ota, &p);
		if (p.code == COOL_ACCEPTED && !cool_version_may_update(j->firmware, o->ota.version, why)) refuse(o, why);
		break;
	default: break;
	}
	if (p.code != COOL_ACCEPTED) refuse(o, p.reason);
}

/** A command that cannot be read is answered if its id can. It is not remembered: it did nothing, and a later form may. */
static bool answer_unread(const char *text, size_t len, const cool_problem_t *p, cool_order_t *o) {
	cool_json_t message;
	char *id = o->answer.id;
	if (!cool_json_parse(text, len, &message) || cool_json_kind(message) != COOL_JSON_OBJECT ||
		!cool_json_string(cool_json_member(message, "id"), id, COOL_WORD_SIZE) || id[0] == '\0')
		return false;
	for (const char *c = id; *c != '\0'; c++)
		if (*c <= ' ' || *c > '~') return false;
	o->stored = true;
	refuse(o, p->reason);
	return true;
}

bool cool_command_judge(const cool_judge_t *j, const cool_executed_t *e, const char *text, size_t len, cool_order_t *o) {
	*o = (cool_order_t){.kind = COOL_ORDER_NONE};
	cool_command_t c;
	cool_problem_t p;
	if (cool_decode_command(text, len, &c, &p) != COOL_ACCEPTED) return answer_unread(text, len, &p, o);
	const cool_answer_t *before = cool_executed_find(e, c.id);
	if (before != NULL) {
		o->answer = *before;
		o->known = o->stored = true;
		return true;
	}
	(void)cool_copy(o->answer.id, sizeof o->answer.id, c.id);
	look_up(o, c.name);
	if (j->retained)
		refuse(o, "a command that the broker had kept is not carried out; publish it without the retain flag");
	else if (j->clock_set && j->unix_ms > c.expires_ms)
		refuse(o, "the command had expired when it came");
	else if (o->kind == COOL_ORDER_ENDPOINT && j->moving)
		return false;
	else if (o->kind == COOL_ORDER_ENDPOINT && j->unkept)
		refuse(o, "flash could not be written, so the command is not carried out");
	else
		read_args(j, c.args, o);
	return true;
}

const cool_answer_t *cool_executed_find(const cool_executed_t *e, const char *id) {
	for (int i = 0; i < e->count; i++)
		if (strcmp(e->answers[i].id, id) == 0) return &e->answers[i];
	return NULL;
}

void cool_executed_add(cool_executed_t *e, const cool_answer_t *a) {
	if (e->count == COOL_REMEMBERED) {
		memmove(e->answers, e->answers + 1, (COOL_REMEMBERED - 1) * sizeof e->answers[0]);
		e->count--;
	}
	e->answers[e->count++] = *a;
}

void cool_executed_remove(cool_executed_t *e, const char *id) {
	int kept = 0;
	for (int i = 0; i < e->count; i++)
		if (strcmp(e->answers[i].id, id) != 0) e->answers[kept++] = e->answers[i];
	e->count = kept;
}

/* The blob: for each answer the id and the error, each with its NUL. */

size_t cool_executed_store(const cool_executed_t *e, void *out, size_t size) {
	char *to = out;
	size_t at = 0;
	for (int i = 0; i < e->count; i++) {
		const char *parts[] = {e->answers[i].id, e->answers[i].error};
		for (int k = 0; k < 2; k++) {
			size_t len = strlen(parts[k]) + 1;
			if (len > size - at) return 0;
			memcpy(to + at, parts[k], len);
			at += len;
		}
	}
	return at;
}

/** Copies a text with its NUL from a blob; false if it has none or does not fit. */
static bool read_text(const char **at, const char *end, char *out, size_t size) {
	for (size_t i = 0; i < size && *at < end; i++) {
		out[i] = *(*at)++;
		if (out[i] == '\0') return true;
	}
	return false;
}

bool cool_executed_load(cool_executed_t *e, const void *content, size_t len) {
	e->count = 0;
	const char *at = content, *end = at + len;
	while (at < end) {
		cool_answer_t a = {.error = ""};
		if (e->count == COOL_REMEMBERED || !read_text(&at, end, a.id, sizeof a.id) || !read_text(&at, end, a.error, sizeof a.error)) {
			e->count = 0;
			return false;
		}
		e->answers[e->count++] = a;
	}
	return true;
}
