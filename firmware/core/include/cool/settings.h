/**
 * @file settings.h
 * What the owner wants of a device: the content of the twin's desired state, decoded and
 * checked. It is plain data; a valid one can be applied in any state of the device.
 *
 * contract/README.md ("desired") has the form on the wire, contract/desired.json the vectors.
 */
#ifndef COOL_SETTINGS_H
#define COOL_SETTINGS_H

#include "cool/types.h"

/** What an output moves. */
typedef enum { COOL_PUMP, COOL_FAN, COOL_CHILLER, COOL_BUZZER } cool_role_t;

/** How it is driven. */
typedef enum {
	COOL_PWM4,   /**< 4-wire, 25 kHz, open drain */
	COOL_DC_PWM, /**< 2-wire through a MOSFET */
	COOL_SWITCH, /**< on or off: a relay, or a motor that dislikes a chopped supply */
} cool_kind_t;

/** By which law the automatic part finds its duty. */
typedef enum {
	COOL_LAW_NONE, /**< a buzzer has none */
	COOL_LAW_CURVE,
	COOL_LAW_PI,
	COOL_LAW_FOLLOW, /**< its part of the demand of another output's PI (share.h) */
} cool_law_t;

/** A corner of a curve. */
typedef struct {
	double temp; /**< C, or K where the input is a difference */
	double duty; /**< percent, 0 to 100 */
} cool_point_t;

/**
 * A curve from temperature to duty. The law is cool_curve_step; the meaning of each
 * member and its range are those of Go's control.CurveConfig.
 */
typedef struct {
	cool_point_t points[COOL_MAX_POINTS]; /**< ascending temperatures, duties that never fall */
	int count;                            /**< 1 to COOL_MAX_POINTS */
	double hysteresis_k;                  /**< 0 to 20: how far it must fall before the duty follows down */
	double min_duty, max_duty;            /**< percent; max 0 means 100 */
	double start_duty, stop_duty;         /**< percent; both 0: it never rests */
	double failsafe_duty;                 /**< percent, 50 to 100; 0 means 100 */
	uint32_t patience_ms;                 /**< how long the last duty outlives the last good reading */
} cool_curve_cfg_t;

/**
 * A PI law toward a setpoint, with anti-windup and feed-forward. Hotter than the setpoint
 * asks for more duty.
 */
typedef struct {
	double setpoint;           /**< C, or K where the input is a difference */
	double kp;                 /**< percent per K, above 0 to 100 */
	double ti_s;               /**< seconds of integral action, 1 to 36000 */
	double deadband_k;         /**< 0 to 2: an error this small counts as none */
	double ff_duty_per_w;      /**< percent per W of the host's heat, 0 to 5; 0: no feed-forward */
	double min_duty, max_duty; /**< percent; max 0 means 100 */
	double failsafe_duty;      /**< percent, 50 to 100; 0 means 100 */
	uint32_t patience_ms;
} cool_pi_cfg_t;

/** What a law looks at: a role, or the difference of two. */
typedef struct {
	char role[COOL_NAME_SIZE];
	char minus[COOL_NAME_SIZE]; /**< "" : role itself */
} cool_input_t;

/** The part of a demand in which an output does its work (share.h). */
typedef struct {
	bool set;        /**< otherwise a PI asks for a duty of its own output, and shares with nobody */
	double from, to; /**< percent of demand, 0 to 100, from < to: where it begins, and where it is at its max_duty */
} cool_range_t;

/** Where an output and its tachometer are wired. */
typedef struct {
	int pin;              /**< GPIO of the drive; -1: not wired */
	uint32_t hz;          /**< of the PWM: 25000 for COOL_PWM4, 100 to 40000 for COOL_DC_PWM, 0 for COOL_SWITCH */
	bool inverted;        /**< the pin is high for "off" */
	int tacho_pin;        /**< GPIO; -1: none, the output is supervised by flow or physics or not at all */
	uint8_t tacho_pulses; /**< of a turn, 1 to 12 */
} cool_wiring_t;

/** A duty that overrides the automatic part for a while. */
typedef struct {
	bool set;
	double duty;      /**< percent; 0 is off */
	int64_t until_ms; /**< Unix milliseconds; at most 24 h ahead, a pump off at most 30 min */
} cool_override_t;

/** A band of duty that an output does not stay in, because it hums there. */
typedef struct {
	double from, to; /**< percent, from < to */
} cool_band_t;

/** One output. */
typedef struct {
	char name[COOL_NAME_SIZE]; /**< unique: "pump", "fan", "fan2" */
	cool_role_t role;
	cool_kind_t kind;
	cool_wiring_t wiring;
	double min_duty;              /**< percent: a running output never gets less */
	double max_duty;              /**< percent: what the automatic part may ask for; safety is not bounded by it */
	double failsafe_duty;         /**< percent, 50 to 100 */
	double start_duty, stop_duty; /**< percent, both 0: it never rests */
	cool_band_t skip[COOL_MAX_BANDS];
	int skips;
	uint32_t spin_up_ms;            /**< full duty for so long when it starts from rest, 0 to 5000 */
	double stall_rpm;               /**< with a tachometer: turning slower than this is a stall */
	double slew_up, slew_down;      /**< percent a second; 0: unlimited */
	uint32_t min_on_ms, min_off_ms; /**< of a COOL_SWITCH */
	cool_law_t law;
	cool_input_t input;          /**< if law is COOL_LAW_FOLLOW the regulator takes the leader's */
	char follow[COOL_NAME_SIZE]; /**< if law is COOL_LAW_FOLLOW: the output whose PI has a range, the leader */
	cool_range_t range;          /**< of a follower always, of a PI if it asks for a demand; the others have none */
	cool_curve_cfg_t curve;      /**< if law is COOL_LAW_CURVE; its bounds and failsafe are filled from the output's */
	cool_pi_cfg_t pi;            /**< if law is COOL_LAW_PI; likewise */
	cool_override_t override;
} cool_output_cfg_t;

/** A probe by its ROM id. */
typedef struct {
	uint64_t rom;              /**< family code in the highest byte, as the contract writes it: 0x28ff641e8216043c */
	char role[COOL_NAME_SIZE]; /**< the metric that it feeds */
	double offset_k;           /**< added to its readings, -5 to 5 */
} cool_probe_cfg_t;

/** Everything that `desired` says. */
typedef struct {
	char epoch[COOL_WORD_SIZE]; /**< "" : never asked, these are the defaults */
	uint64_t version;
	uint32_t interval_ms;                     /**< between samples, 1000 to 3600000 */
	cool_probe_cfg_t probes[COOL_MAX_PROBES]; /**< none: the first probe found is `water`, further ones `temp2`, .. */
	int probe_count;
	double critical_c;   /**< over-temperature from here on, 30 to below 60; released 5 C below */
	double dew_margin_k; /**< how far above the dew point a chiller aims, 2 to 20 */
	bool standby;        /**< rest when host and water are idle together */
	double idle_w;       /**< the host is idle below this heat, 0 to 1000 */
	double busy_w;       /**< and busy from this heat on, 0 to 1000; for "no heat transfer"; 0: that is not watched */
	cool_output_cfg_t outputs[COOL_MAX_OUTPUTS];
	int output_count;
} cool_settings_t;

/** What this board can do; what it cannot do cannot be asked for. */
typedef struct {
	uint64_t output_pins;      /**< bit n: GPIO n can drive an output */
	uint64_t input_pins;       /**< bit n: GPIO n can count a tachometer */
	uint64_t taken_pins;       /**< bit n: GPIO n is used by the board itself (1-Wire, leak, flow, I2C, LED) */
	int pwm_channels;          /**< outputs with PWM at once */
	int pwm_timers;            /**< different frequencies of theirs at once; 0: no limit */
	int counters;              /**< tachometers and flow meters at once */
	bool leak, flow, humidity; /**< whether such an input is wired */
} cool_board_t;

/** Settings that nobody has changed: 10 s, critical at 50 C, no probes named, no outputs. */
void cool_settings_defaults(cool_settings_t *s);

/** An output by the defaults of its role and kind (contract/README.md), not wired yet. */
void cool_output_defaults(cool_output_cfg_t *o, const char *name, cool_role_t role, cool_kind_t kind);

/**
 * Checks what cannot be seen while decoding: names that repeat, pins that the board does
 * not have or that are used twice, a law without its role, bounds that contradict each
 * other, a curve by cool_curve_check, a PI by cool_pi_check, more outputs than the board can
 * drive.
 *
 * Returns true if the settings can be applied. Otherwise reason says in English which member is
 * wrong, what it is and what is expected: "outputs[1].wiring.pin: GPIO 34 is input only".
 */
bool cool_settings_check(const cool_settings_t *s, const cool_board_t *b, char reason[COOL_REASON_SIZE]);

/** The contract's words for roles, and for kinds with `none` behind them, which gives an output up; each ends with NULL. */
extern const char *const cool_role_words[];
extern const char *const cool_kind_words[];

/** The index of the output with a name; -1: there is none. */
int cool_settings_output(const cool_settings_t *s, const char *name);

/** Whether an output moves water or air. */
static inline bool cool_moves(const cool_output_cfg_t *o) { return o->role == COOL_PUMP || o->role == COOL_FAN; }

/** The metric of an output, such as `pump_rpm`; false if it does not fit. suffix is "_rpm" or "_duty". */
bool cool_output_metric(char out[COOL_NAME_SIZE], const char *output, const char *suffix);

/** The curve and the PI of an output with the bounds, the failsafe and the rest of the output filled in. */
void cool_output_bind(cool_output_cfg_t *o);

/** How long a pump may be overridden to off, and any override may last, in milliseconds. */
#define COOL_PUMP_OFF_MAX_MS (30 * 60 * 1000LL)
#define COOL_OVERRIDE_MAX_MS (24 * 60 * 60 * 1000LL)
/** And how much more is let pass, because who asked for exactly that has another clock. */
#define COOL_OVERRIDE_SLACK_MS (60 * 1000LL)

#endif
