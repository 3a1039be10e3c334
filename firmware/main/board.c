#include "board.h"

#include "sdkconfig.h"

#include "esp_bit_defs.h"

/*
 * Pins that may drive something, and pins that may also or only be read. Left out are the boot straps, the flash, the console's UART and USB:
 * what hangs on a strap decides how the chip starts (datasheets of ESP32, ESP32-S3 and ESP32-C3, "Strapping Pins").
 */
#if CONFIG_IDF_TARGET_ESP32
#define CHIP "esp32"
#define OUTPUT_PINS                                                                                                                                 \
	(BIT64(4) | BIT64(13) | BIT64(14) | BIT64(16) | BIT64(17) | BIT64(18) | BIT64(19) | BIT64(21) | BIT64(22) | BIT64(23) | BIT64(25) | BIT64(26) | \
		BIT64(27) | BIT64(32) | BIT64(33))
#define INPUT_PINS (OUTPUT_PINS | BIT64(34) | BIT64(35) | BIT64(36) | BIT64(39)) /* 34 to 39 have no pull-up and no driver */
#define MEMORY_PINS (BIT64(16) | BIT64(17)) /* of the flash in an ESP32-PICO-D4 and of the PSRAM in a WROVER; free otherwise */
#define PWM_CHANNELS 8
#define COUNTERS 8
#elif CONFIG_IDF_TARGET_ESP32S3
#define CHIP "esp32s3"
#define OUTPUT_PINS                                                                                                                          \
	(BIT64(1) | BIT64(2) | BIT64(4) | BIT64(5) | BIT64(6) | BIT64(7) | BIT64(8) | BIT64(9) | BIT64(10) | BIT64(11) | BIT64(12) | BIT64(13) | \
		BIT64(14) | BIT64(15) | BIT64(16) | BIT64(17) | BIT64(18) | BIT64(21) | BIT64(38) | BIT64(39) | BIT64(40) | BIT64(41) | BIT64(42) |  \
		BIT64(47) | BIT64(48))
#define INPUT_PINS OUTPUT_PINS
#define PWM_CHANNELS 8
#define COUNTERS 4
#elif CONFIG_IDF_TARGET_ESP32C3
#define CHIP "esp32c3"
#define OUTPUT_PINS (BIT64(0) | BIT64(1) | BIT64(3) | BIT64(4) | BIT64(5) | BIT64(6) | BIT64(7) | BIT64(10))
#define INPUT_PINS OUTPUT_PINS
#define PWM_CHANNELS 6
#define COUNTERS 6 /* by interrupts: the chip has no pulse counter */
#else
#error "Coolant runs on esp32, esp32s3 and esp32c3: idf.py set-target esp32"
#endif

/* Pins that are only read have no other check. One that is not there reads as low, which at the leak sensor may mean wet. */
#define CAN_BE_READ(pin) ((pin) < 0 || ((INPUT_PINS >> (63 & (pin))) & 1) != 0)
_Static_assert(CAN_BE_READ(CONFIG_COOLANT_PIN_LEAK), "COOLANT_PIN_LEAK: this chip's pin cannot be read, or decides how it starts");
_Static_assert(CAN_BE_READ(CONFIG_COOLANT_PIN_FLOW), "COOLANT_PIN_FLOW: this chip's pin cannot be read, or decides how it starts");

#ifndef MEMORY_PINS
#define MEMORY_PINS 0ULL
#endif
#define PWM_TIMERS 4 /* of the low-speed group of all three chips */

const char *board_chip(void) { return CHIP; }

static uint64_t bit(int pin) { return pin >= 0 ? BIT64(pin) : 0; }

void board_describe(cool_board_t *b) {
	*b = (cool_board_t){
		.output_pins = OUTPUT_PINS,
		.input_pins = INPUT_PINS,
		.taken_pins = bit(CONFIG_COOLANT_PIN_ONEWIRE) | bit(CONFIG_COOLANT_PIN_LEAK) | bit(CONFIG_COOLANT_PIN_FLOW) | bit(CONFIG_COOLANT_PIN_SDA) |
			bit(CONFIG_COOLANT_PIN_SCL) | bit(CONFIG_COOLANT_PIN_LED) | bit(CONFIG_COOLANT_PIN_BUTTON),
		.pwm_channels = PWM_CHANNELS,
		.pwm_timers = PWM_TIMERS,
		.counters = COUNTERS,
		.leak = CONFIG_COOLANT_PIN_LEAK >= 0,
		.flow = CONFIG_COOLANT_PIN_FLOW >= 0,
		.humidity = CONFIG_COOLANT_PIN_SDA >= 0 && CONFIG_COOLANT_PIN_SCL >= 0,
	};
}

uint64_t board_loose_pins(const cool_board_t *b) { return b->output_pins & ~b->taken_pins & ~MEMORY_PINS; }

#if !CONFIG_COOLANT_PUMP_NONE || !CONFIG_COOLANT_FAN_NONE
/* An output of menuconfig. */
static void add(cool_settings_t *s, const char *name, cool_role_t role, cool_kind_t kind, int pin, int tacho_pin) {
	cool_output_cfg_t *o = &s->outputs[s->output_count++];
	cool_output_defaults(o, name, role, kind);
	o->wiring.pin = pin;
	o->wiring.tacho_pin = tacho_pin;
}
#endif

#if CONFIG_COOLANT_PUMP_PWM4
#define PUMP_KIND COOL_PWM4
#elif CONFIG_COOLANT_PUMP_DC_PWM
#define PUMP_KIND COOL_DC_PWM
#elif CONFIG_COOLANT_PUMP_SWITCH
#define PUMP_KIND COOL_SWITCH
#endif

#if CONFIG_COOLANT_FAN_PWM4
#define FAN_KIND COOL_PWM4
#elif CONFIG_COOLANT_FAN_DC_PWM
#define FAN_KIND COOL_DC_PWM
#elif CONFIG_COOLANT_FAN_SWITCH
#define FAN_KIND COOL_SWITCH
#endif

void board_defaults(cool_settings_t *s) {
	cool_settings_defaults(s);
#ifdef PUMP_KIND
	add(s, "pump", COOL_PUMP, PUMP_KIND, CONFIG_COOLANT_PIN_PUMP, CONFIG_COOLANT_PIN_PUMP_TACHO);
#endif
#ifdef FAN_KIND
	add(s, "fan", COOL_FAN, FAN_KIND, CONFIG_COOLANT_PIN_FAN, CONFIG_COOLANT_PIN_FAN_TACHO);
#endif
}
