#include "cool/share.h"

#include "number.h"
#include "settings_check.h"

static bool may_rest(const cool_output_cfg_t *o) { return o->start_duty > 0; }

/* The duty at the begin of the range. */
static double low(const cool_output_cfg_t *o) { return may_rest(o) ? cool_min(o->stop_duty, o->max_duty) : o->min_duty; }

double cool_share_part(const cool_output_cfg_t *o, double demand) {
	if (may_rest(o) && (demand < o->range.from || demand <= 0)) return 0;
	double share = cool_clamp((demand - o->range.from) / (o->range.to - o->range.from), 0, 1);
	return low(o) + (o->max_duty - low(o)) * share;
}

double cool_share_demand(const cool_output_cfg_t *o, double duty) {
	double least = low(o);
	duty = cool_min(duty, o->max_duty);
	if (duty <= least) return may_rest(o) && duty > 0 ? o->range.from : 0;
	return o->range.from + (o->range.to - o->range.from) * (duty - least) / (o->max_duty - least);
}

int cool_share_leader(const cool_settings_t *s, int i) {
	const cool_output_cfg_t *o = &s->outputs[i];
	if (o->law == COOL_LAW_FOLLOW) return cool_settings_output(s, o->follow);
	return o->law == COOL_LAW_PI && o->range.set ? i : -1;
}

void cool_share_inputs(cool_settings_t *s) {
	for (int i = 0; i < s->output_count; i++) {
		int leader = cool_share_leader(s, i);
		if (leader >= 0) s->outputs[i].input = s->outputs[leader].input;
	}
}

/* A switch knows no parts, and a chiller does work of another sort than pumps and fans. */
static bool check_range(const cool_output_cfg_t *o, int i, char *reason) {
	const cool_range_t *r = &o->range;
	if (!cool_moves(o) || o->kind == COOL_SWITCH)
		return cool_settings_wrong(reason, "outputs", i, "auto", "pumps and fans share work, but no switches");
	if (!cool_within(r->from, 0, 100) || !cool_within(r->to, 0, 100))
		return cool_settings_wrong(reason, "outputs", i, "auto", "its range is not within 0 to 100");
	return r->from < r->to || cool_settings_wrong(reason, "outputs", i, "auto", "its range ends where it begins, or before");
}

bool cool_share_check(const cool_settings_t *s, int i, char reason[COOL_REASON_SIZE]) {
	const cool_output_cfg_t *o = &s->outputs[i];
	if (o->law == COOL_LAW_PI) return !o->range.set || check_range(o, i, reason);
	if (o->law != COOL_LAW_FOLLOW) return true;
	int leader = cool_settings_output(s, o->follow);
	if (leader < 0) return cool_settings_wrong(reason, "outputs", i, "auto.follow.output", "there is no output of that name");
	/* That is also the output itself, and one that follows. */
	if (s->outputs[leader].law != COOL_LAW_PI || !s->outputs[leader].range.set) {
		return cool_settings_wrong(reason, "outputs", i, "auto.follow.output", "that output has no pi with a range, of which a part could be done");
	}
	return check_range(o, i, reason);
}
