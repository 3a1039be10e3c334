/**
 * @file regulator.h
 * The fast loop: from what the device senses to the duty of each output. It is pure: senses and
 * a time step in, drives out. It knows no network, and goes on whatever happens there.
 *
 * The claims of the design, strongest first: leak, chiller interlock, over-temperature, input
 * failsafe, stall, no heat transfer, override, auto.
 */
#ifndef COOL_REGULATOR_H
#define COOL_REGULATOR_H

#include "cool/curve.h"
#include "cool/ds18b20.h"
#include "cool/faults.h"
#include "cool/motor.h"
#include "cool/pi.h"
#include "cool/settings.h"
#include "cool/stall.h"
#include "cool/types.h"

/** What came from one probe. */
typedef struct {
	uint64_t rom;    /**< 0: no such probe */
	bool fresh;      /**< a conversion ended since the last step; otherwise the rest says nothing */
	bool present;    /**< there was a presence pulse */
	uint8_t pad[9];  /**< the scratchpad as it was read */
} cool_probe_read_t;

/** Everything that a step goes by. What is not wired or not known has its flag false. */
typedef struct {
	cool_probe_read_t probes[COOL_MAX_PROBES]; /**< the same probe at the same index in every step of a boot */
	bool tacho_fresh;                  /**< rpm was measured since the last step */
	double rpm[COOL_MAX_OUTPUTS];      /**< by index of the output in the settings */
	bool flow_fresh;
	double flow_lpm;
	bool leak_wet;                     /**< the raw input; it is debounced here */
	bool humidity_fresh;
	double humidity_rh, humidity_c;    /**< of the air near the chilled parts */
	bool host_known;                   /**< `input` is valid now */
	double host_w;
	bool clock_valid;                  /**< without it overrides do not apply */
	int64_t unix_ms;
} cool_senses_t;

/** Who decides an output. The words are those of `reported`. */
typedef enum {
	COOL_BY_BOOT,          /**< "boot": nothing is known yet; failsafe */
	COOL_BY_LEAK,          /**< "leak" */
	COOL_BY_INTERLOCK,     /**< "chiller_interlock" */
	COOL_BY_OVER_TEMP,     /**< "over_temperature" */
	COOL_BY_FAILSAFE,      /**< "input_failsafe" */
	COOL_BY_STALL,         /**< "stall" */
	COOL_BY_NO_TRANSFER,   /**< "no_heat_transfer" */
	COOL_BY_OVERRIDE,      /**< "override" */
	COOL_BY_STANDBY,       /**< "standby": the automatic part rests */
	COOL_BY_AUTO,          /**< "auto" */
} cool_by_t;

/** The word of `reported` for a claim. */
const char *cool_by_word(cool_by_t by);

/** What an output is to do. */
typedef struct {
	double duty;    /**< percent at the motor, 0 to 100, after spin-up, slew and skipped bands */
	cool_by_t by;
	bool supervised; /**< a tachometer or a flow meter would notice if it stood still */
} cool_drive_t;

/** The regulator's state. Its members are its own; the size is fixed, so that it can be static. */
typedef struct {
	cool_settings_t settings;
	cool_board_t board;
	cool_drive_t drives[COOL_MAX_OUTPUTS];
	cool_faults_t faults;
	/* The law engineer adds the state of probes, laws, motors and claims here. */
	bool started;
} cool_regulator_t;

/**
 * Makes a regulator that has seen nothing: every output at its failsafe duty, claimed by "boot".
 * settings must have passed cool_settings_check.
 */
void cool_regulator_init(cool_regulator_t *r, const cool_settings_t *settings, const cool_board_t *board);

/**
 * Takes other settings while it runs. Latched faults, stall counters and the duty in effect of outputs
 * with the same name stay; laws start from the duty in effect, without a jump. Settings that differ in
 * overrides only disturb nothing else.
 */
void cool_regulator_apply(cool_regulator_t *r, const cool_settings_t *settings);

/**
 * Advances by dt_ms (0 to 60000; more counts as 60000) and decides every output. Call it at least
 * once a second; four times a second lets a leak act within 0.75 s. The result is in r->drives, by the index of
 * the output, until the next call.
 */
void cool_regulator_step(cool_regulator_t *r, const cool_senses_t *in, uint32_t dt_ms);

/**
 * Clears a latched fault whose cause is gone. occurrence 0 means whichever there is. Returns false with
 * the reason if there is no such fault, if the occurrence is another one, or if its cause is still there.
 */
bool cool_regulator_clear(cool_regulator_t *r, const char *fault, uint32_t occurrence, char reason[COOL_REASON_SIZE]);

/**
 * The metrics of a sample as they are now: each role's temperature, `<output>_rpm` and `<output>_duty`,
 * `flow_lpm`, `ambient_rh`. Returns how many there are, at most COOL_MAX_METRICS.
 */
int cool_regulator_metrics(const cool_regulator_t *r, cool_metric_t out[COOL_MAX_METRICS]);

/** Whether a critical fault is present, for the buzzer and the LED. */
bool cool_regulator_critical(const cool_regulator_t *r);

/** Whether any probe has given a good reading since the start. */
bool cool_regulator_sensed(const cool_regulator_t *r);

#endif
