#include "cool/settings.h"

#include <string.h>

#include "loop_util.h"
#include "test.h"

/* What outputs that share their work have to be. Each case breaks settings that are right otherwise. */
#define BREAK(what) static void what(cool_settings_t *s, cool_board_t *b)
#define PUMP s->outputs[LOOP_PUMP]
#define FAN s->outputs[LOOP_FAN]
#define UNUSED (void)s, (void)b

/* Makes the pump lead and the fan follow. */
static void lead(cool_settings_t *s) {
	PUMP.law = COOL_LAW_PI;
	PUMP.pi = (cool_pi_cfg_t){.setpoint = 30, .kp = 10, .ti_s = 100};
	PUMP.range = (cool_range_t){true, 0, 60};
	FAN.law = COOL_LAW_FOLLOW;
	FAN.input.role[0] = '\0';
	FAN.range = (cool_range_t){true, 40, 100};
	(void)strcpy(FAN.follow, "pump");
}
BREAK(nobody) {
	UNUSED;
	lead(s);
	(void)strcpy(FAN.follow, "pump2");
}
BREAK(itself) {
	UNUSED;
	lead(s);
	(void)strcpy(FAN.follow, "fan");
}
BREAK(no_demand) {
	UNUSED;
	lead(s);
	PUMP.range.set = false;
}
BREAK(no_pi) {
	UNUSED;
	lead(s);
	PUMP.law = COOL_LAW_CURVE;
}
BREAK(empty_range) {
	UNUSED;
	lead(s);
	FAN.range.to = 40;
}
BREAK(low_range) {
	UNUSED;
	lead(s);
	PUMP.range.from = -1;
}
BREAK(wide_range) {
	UNUSED;
	lead(s);
	PUMP.range.to = 101;
}
BREAK(relay) {
	UNUSED;
	lead(s);
	FAN.kind = COOL_SWITCH;
	FAN.wiring.hz = 0;
}
BREAK(buzzer_follows) {
	UNUSED;
	lead(s);
	s->outputs[LOOP_BUZZER].law = COOL_LAW_FOLLOW;
}
BREAK(chiller_follows) {
	UNUSED;
	lead(s);
	s->outputs[LOOP_CHILLER].law = COOL_LAW_FOLLOW;
	s->outputs[LOOP_CHILLER].range = (cool_range_t){true, 0, 60};
	(void)strcpy(s->outputs[LOOP_CHILLER].follow, "pump");
}

TEST(what_is_wrong_with_shared_work_is_said_precisely) {
	static const loop_mistake_t cases[] = {
		{nobody, "outputs[1].auto.follow.output: there is no output of that name"},
		{itself, "outputs[1].auto.follow.output: that output has no pi with a range, of which a part could be done"},
		{no_demand, "outputs[1].auto.follow.output: that output has no pi with a range, of which a part could be done"},
		{no_pi, "outputs[1].auto.follow.output: that output has no pi with a range, of which a part could be done"},
		{empty_range, "outputs[1].auto: its range ends where it begins, or before"},
		{low_range, "outputs[0].auto: its range is not within 0 to 100"},
		{wide_range, "outputs[0].auto: its range is not within 0 to 100"},
		{relay, "outputs[1].auto: pumps and fans share work, but no switches"},
		{buzzer_follows, "outputs[3].auto: a buzzer has none; it sounds while a critical fault is present"},
		{chiller_follows, "outputs[2].auto: pumps and fans share work, but no switches"},
	};
	loop_refused(cases, sizeof cases / sizeof cases[0]);
}
