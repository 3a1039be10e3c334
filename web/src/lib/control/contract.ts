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
  /** It asks for a demand, of which its output and those that follow it do their parts; gains are per percent of demand then. */
  range?: DemandRange;
}

/** The demands, 0 to 100 percent and ascending, at which an output begins and at which it is at its max_duty. */
export type DemandRange = readonly [from: number, to: number];

/** An output's part of the demand of another one, which has a pi with range. */
export interface FollowLaw {
  /** The name of the output that leads. */
  output: string;
  range: DemandRange;
}

/** How an output is regulated by itself: exactly one of curve, pi and follow. */
export interface Auto {
  /** A role of a probe, or the difference of two: "water-ambient". One that follows has none. */
  input: string;
  curve?: CurveLaw;
  pi?: PiLaw;
  follow?: FollowLaw;
}

export interface Override {
  /** Percent; 0 is off. */
  duty: number;
  /** Unix milliseconds. */
  until: number;
}

export interface OutputBody {
  name: string;
  role?: Role;
  kind?: Kind | 'none';
  min_duty?: number;
  max_duty?: number;
  start_duty?: number;
  stop_duty?: number;
  auto?: Auto;
  override?: Override;
  [other: string]: unknown;
}

export interface Body {
  interval_ms?: number;
  critical_c?: number;
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
} as const satisfies Record<string, Range>;

export function clamp(value: number, { min, max }: Pick<Range, 'min' | 'max'>): number {
  return Math.min(max, Math.max(min, value));
}

/** Whether an input is a difference of two probes, and so in kelvin. */
export function isDifference(input: string): boolean {
  return input.includes('-');
}

/** The output of a body with that name. */
export function outputOf(body: Body, name: string): OutputBody | undefined {
  return body.outputs?.find((o) => o.name === name);
}
