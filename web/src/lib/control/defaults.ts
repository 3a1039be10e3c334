import type { Body, Kind, OwnLaw, PiLaw, Point, Role } from './contract';
import { GAINS } from './gains';

/** What a device does by itself where nothing is said (contract/README.md, "Defaults by role"). */
export interface RoleDefaults {
  kind: Kind;
  min_duty: number;
  max_duty: number;
  /** It rests below stop and starts again at start; both 0: it never rests. */
  start_duty: number;
  stop_duty: number;
  failsafe_duty: number;
  spin_up_ms: number;
  /** Turning slower is a stall; 0: only standing still is. */
  stall_rpm: number;
  slew_up: number;
  slew_down: number;
  min_on_s: number;
  min_off_s: number;
  auto?: OwnLaw;
}

const curve = (...points: Point[]): OwnLaw => ({ input: 'water', curve: { points, hysteresis_k: 1 } });

const ANY = {
  min_duty: 0,
  max_duty: 100,
  start_duty: 0,
  stop_duty: 0,
  failsafe_duty: 100,
  spin_up_ms: 0,
  stall_rpm: 0,
  slew_up: 5,
  slew_down: 1,
  min_on_s: 0,
  min_off_s: 0,
} as const;

export const ROLES: Readonly<Record<Role, RoleDefaults>> = {
  pump: {
    ...ANY,
    kind: 'pwm4',
    min_duty: 40,
    stall_rpm: 500,
    auto: curve([22, 45], [30, 60], [36, 90]),
  },
  fan: {
    ...ANY,
    kind: 'pwm4',
    min_duty: 20,
    start_duty: 26,
    stop_duty: 20,
    spin_up_ms: 300,
    stall_rpm: 200,
    auto: curve([24, 15], [27, 25], [30, 42], [33, 68], [36, 100]),
  },
  chiller: { ...ANY, kind: 'switch', min_on_s: 60, min_off_s: 180, auto: curve([30, 0], [32, 100]) },
  buzzer: { ...ANY, kind: 'switch' },
};

/** What a device does as a whole where nothing is said. */
export const DEVICE = {
  interval_ms: 10_000,
  critical_c: 50,
  dew_margin_k: 2,
  busy_w: 25,
  standby: { enabled: false, idle_w: 10 },
} as const satisfies Body;

/** What is said of a wire without anything else: the frequency of a 4-wire fan, and its two pulses a turn. */
export const WIRE = { hz: 25_000, tacho_pulses: 2 } as const;

/**
 * The law that a person starts from: the gains of a small loop. The gains of larger
 * ones are higher, so that in those this is slower than it could be.
 */
export const FIRST_PI: Omit<PiLaw, 'setpoint'> = GAINS.small;

/** Setpoints to start from: what the default curves hold at half load, and the usual water-to-air difference there. */
export const FIRST_SETPOINT = { temperature: 32, difference: 6 } as const;

export const PRESETS = ['quiet', 'balanced', 'cold'] as const;
export type Preset = (typeof PRESETS)[number];

/**
 * Curves for pumps and fans by what the owner wants most.
 *
 * balanced: what the device does as it came.
 *
 * quiet: noise comes from the fan first (its loudness grows with the fifth power of the speed), so the fan starts at 31 C, about 4 K
 * later; the pump, which is quieter, takes its share at once. Both are at full duty at 42 C, which leaves 8 K to critical: the claims
 * that keep the loop safe are no part of a preset and stay as they are.
 *
 * cold: the fan never rests, and both reach full duty at 32 C. More is not to be had: below that the radiator has too
 * little difference to the air, and only the noise would grow.
 */
const CURVES: Readonly<Record<Preset, Readonly<Record<'pump' | 'fan', OwnLaw>>>> = {
  quiet: {
    pump: curve([26, 40], [34, 55], [40, 80], [42, 100]),
    fan: curve([28, 15], [31, 26], [36, 50], [42, 100]),
  },
  balanced: { pump: ROLES.pump.auto as OwnLaw, fan: ROLES.fan.auto as OwnLaw },
  cold: {
    pump: curve([20, 60], [26, 80], [32, 100]),
    fan: curve([20, 30], [26, 60], [32, 100]),
  },
};

/** The regulation of an output under a preset; undefined for a role that presets leave alone. */
export function presetAuto(preset: Preset, role: Role | undefined): OwnLaw | undefined {
  return role === 'pump' || role === 'fan' ? CURVES[preset][role] : undefined;
}
