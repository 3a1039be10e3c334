/*
 * The defaults of an output fit the drawings of firmware/docs. In all of them a pin that drives nothing, or whose chip has no power, leaves pumps
 * and fans at full speed and everything else off. A chip without power holds its pins near ground through its protection diodes, so that
 * "low" and "no power" look alike from outside: what stops a pump can only be a pin that is driven high.
 */
#include "test.h"

#include "cool/settings.h"

TEST(a_pin_that_is_low_means_full_cooling) {
	static const struct {
		const char *name;
		cool_role_t role;
		cool_kind_t kind;
		bool inverted;
	} cases[] = {
		{"pwm4.svg, a pump", COOL_PUMP, COOL_PWM4, true},
		{"pwm4.svg, a fan", COOL_FAN, COOL_PWM4, true},
		{"dc-pwm.svg, a pump", COOL_PUMP, COOL_DC_PWM, true},
		{"dc-pwm.svg, a fan", COOL_FAN, COOL_DC_PWM, true},
		{"relay.svg, a pump", COOL_PUMP, COOL_SWITCH, true},
		{"relay.svg, a fan", COOL_FAN, COOL_SWITCH, true},
		{"chiller.svg", COOL_CHILLER, COOL_SWITCH, false},
		{"buzzer.svg", COOL_BUZZER, COOL_SWITCH, false},
	};
	for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
		cool_output_cfg_t o;
		test_in(cases[i].name);
		cool_output_defaults(&o, "output", cases[i].role, cases[i].kind);
		CHECK_EQ_INT(o.wiring.inverted, cases[i].inverted);
	}
}
