/**
 * The desired state of a device by the contract (contract/README.md, "desired"), as far
 * as the page edits it. What it does not know it leaves as it is.
 */

export type Role = 'pump' | 'fan' | 'chiller' | 'buzzer';
export type Kind = 'pwm4' | 'dc_pwm' | 'switch';

/** A corner of a curve: degrees C (K where the input is a difference), percent. */
export type Point = readonly [temp: number, duty: number];

export interface CurveLaw {
  points: readonly Point[];
  /** How far it must get colder before the duty follows down. */
  hysteresis_k?: number;
}

export interface PiLaw {
  /** Degrees C, or K where the input is a difference. */
  setpoint: number;
  /** Percent per K. */
  kp: number;
  ti_s: number;
  deadband_k?: number;
  ff_duty_per_w?: number;
  /** With it the law asks for a demand that outputs share, and this is what its own does of it. */
  range?: Span;
}

/** A part of the demand, in percent of it: where an output begins, and where it is at its maximum. */
export type Span = readonly [from: number, to: number];

/** A law of an output of its own: exactly one of curve and pi. */
export interface OwnLaw {
  /** A role of a probe, or the difference of two: "water-ambient". */
  input: string;
  curve?: CurveLaw;
  pi?: PiLaw;
  follow?: undefined;
}

/** The part of an output that shares the work of another one. */
export interface Follower {
  follow: { output: string; range: Span };
  input?: undefined;
  curve?: undefined;
  pi?: undefined;
}

/** How an output is regulated by itself. */
export type Auto = OwnLaw | Follower;

export interface Override {
  /** Percent; 0 is off. */
  duty: number;
  /** Unix milliseconds. */
  until: number;
}

/** Where an output is connected. What is not said is the board's. */
export interface Wiring {
  /** GPIO; -1: none. */
  pin?: number;
  hz?: number;
  inverted?: boolean;
  /** null or -1: it has no tachometer. */
  tacho_pin?: number | null;
  tacho_pulses?: number;
}

/** Which probe is what. */
export interface Probe {
  /** 16 hexadecimal digits. */
  rom: string;
  role: string;
  offset_k?: number;
}

export interface Standby {
  enabled?: boolean;
  idle_w?: number;
}

export interface OutputBody {
  name: string;
  role?: Role;
  kind?: Kind | 'none';
  min_duty?: number;
  max_duty?: number;
  start_duty?: number;
  stop_duty?: number;
  failsafe_duty?: number;
  /** Bands of duty that it does not stay in, ascending and apart. */
  skip?: readonly Span[];
  spin_up_ms?: number;
  stall_rpm?: number;
  /** Percent a second; 0: at once. */
  slew_up?: number;
  slew_down?: number;
  min_on_s?: number;
  min_off_s?: number;
  wiring?: Wiring;
  auto?: Auto;
  override?: Override;
  [other: string]: unknown;
}

export interface Body {
  interval_ms?: number;
  critical_c?: number;
  dew_margin_k?: number;
  standby?: Standby;
  /** Watts from which on heat that does not arrive is watched for; 0: never. */
  busy_w?: number;
  /** All of them, or none: the list is said whole. */
  probes?: readonly Probe[];
  outputs?: readonly OutputBody[];
  [other: string]: unknown;
}

export interface Range {
  readonly min: number;
  readonly max: number;
  readonly step: number;
}

/** What the contract allows, in steps that make sense for a person. */
export const RANGES = {
  interval_ms: { min: 1000, max: 3_600_000, step: 1000 },
  critical_c: { min: 30, max: 59.5, step: 0.5 }, // below 60
  duty: { min: 0, max: 100, step: 1 },
  temp: { min: -20, max: 100, step: 0.5 },
  hysteresis_k: { min: 0, max: 20, step: 0.5 },
  setpoint: { min: -20, max: 59.5, step: 0.5 }, // below 60
  kp: { min: 0.1, max: 100, step: 0.1 },
  ti_s: { min: 1, max: 36_000, step: 1 },
  deadband_k: { min: 0, max: 2, step: 0.05 },
  ff_duty_per_w: { min: 0, max: 5, step: 0.05 },
  dew_margin_k: { min: 2, max: 20, step: 0.5 },
  watts: { min: 0, max: 1000, step: 1 },
  offset_k: { min: -5, max: 5, step: 0.01 },
  failsafe_duty: { min: 50, max: 100, step: 1 },
  spin_up_ms: { min: 0, max: 5000, step: 50 },
  stall_rpm: { min: 0, max: 10_000, step: 50 },
  slew: { min: 0, max: 100, step: 0.5 },
  rest_s: { min: 0, max: 3600, step: 5 },
  khz_pwm4: { min: 21, max: 28, step: 0.5 },
  khz_dc_pwm: { min: 0.1, max: 40, step: 0.1 },
  tacho_pulses: { min: 1, max: 12, step: 1 },
} as const satisfies Record<string, Range>;

/** What a device has room for. */
export const MOST = { probes: 8, outputs: 6, bands: 4 } as const;

export function clamp(value: number, { min, max }: Pick<Range, 'min' | 'max'>): number {
  return Math.min(max, Math.max(min, value));
}

/** Whether an input is a difference of two probes, and so in kelvin. */
export function isDifference(input = ''): boolean {
  return input.includes('-');
}

/** The output of a body with that name. */
export function outputOf(body: Body, name: string): OutputBody | undefined {
  return body.outputs?.find((o) => o.name === name);
}
