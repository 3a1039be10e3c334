/*
 * The outputs of the desired state, joined with the board's by name: a board's output that is not named stays as it is, one of kind
 * `none` is given up, and one that the board does not have comes behind them.
 *
 * A name that is said twice is kept twice, for cool_settings_check to refuse.
 */
#include "desired.h"

#include <string.h>

/* How the outputs that were said so far go together with the board's, by the index of the board's. */
typedef struct {
	bool said[COOL_MAX_OUTPUTS];
	bool gone[COOL_MAX_OUTPUTS]; /* it is given up */
	int count;                   /* of all */
} plan_t;

static int find(const cool_settings_t *s, int count, const char *name) {
	for (int i = 0; i < count; i++) {
		if (strcmp(s->outputs[i].name, name) == 0) return i;
	}
	return -1;
}

/* Notes that an output is said. */
static void note(plan_t *p, const cool_settings_t *board, const char *name, bool given_up) {
	int i = find(board, board->output_count, name);
	if (i < 0) {
		if (!given_up) p->count++;
		return;
	}
	if (!p->said[i]) {
		p->said[i] = true;
		p->gone[i] = given_up;
		if (given_up) p->count--;
		return;
	}
	p->count++;
	if (p->gone[i]) p->count++;
	p->gone[i] = false;
}

/* Takes those out that are given up. Returns how many of the board's are left. */
static int release(const plan_t *p, cool_settings_t *out) {
	int kept = 0;
	for (int i = 0; i < out->output_count; i++) {
		if (p->gone[i]) continue;
		if (kept != i) out->outputs[kept] = out->outputs[i];
		kept++;
	}
	out->output_count = kept;
	return kept;
}

/* Puts an output in its place. said is by the index of those of the board's that are left. */
static void place(cool_settings_t *out, int boards, bool said[COOL_MAX_OUTPUTS], const cool_output_cfg_t *o, bool given_up) {
	int i = find(out, boards, o->name);
	if (i < 0 && given_up) return;
	if (i >= 0 && !said[i]) {
		said[i] = true;
		if (!given_up) out->outputs[i] = *o;
		return;
	}
	out->outputs[out->output_count++] = *o;
}

bool cool_desired_outputs(const cool_fields_t *f, const cool_settings_t *defaults, cool_settings_t *out) {
	cool_json_t list, value;
	if (!cool_field_list(f, "outputs", COOL_MAX_OUTPUTS, &list)) return false;
	if (list.at == NULL) return true;
	plan_t plan = {.count = defaults->output_count};
	bool said[COOL_MAX_OUTPUTS] = {false};
	int boards = 0;
	for (int pass = 0; pass < (out == NULL ? 1 : 2); pass++) {
		cool_json_iter_t it = {NULL, NULL};
		for (int n = 0; cool_json_next(list, &it, NULL, &value); n++) {
			cool_path_t path;
			cool_fields_t inner;
			cool_output_cfg_t output;
			bool given_up;
			if (!cool_field_element(f, "outputs", n, value, &path, &inner) || !cool_desired_output(&inner, defaults, &output, &given_up))
				return false;
			if (pass == 0) {
				note(&plan, defaults, output.name, given_up);
			} else {
				place(out, boards, said, &output, given_up);
			}
		}
		if (plan.count > COOL_MAX_OUTPUTS) return cool_field_fail(f, COOL_TOO_LARGE, "outputs", "with the board's own they are more than 6");
		if (out != NULL && pass == 0) boards = release(&plan, out);
	}
	return true;
}
