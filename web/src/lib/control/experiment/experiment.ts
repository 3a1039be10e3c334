import type { Device } from '../../api/types';
import type { Output } from '../outputs';

/** What a device says of its experiments (contract/README.md, "Experiments"), read with care: any firmware may have written it. Pure. */

export const STATES = ['running', 'done', 'failed', 'aborted', 'resting'] as const;
export type ExperimentState = (typeof STATES)[number];

/** What an autotune found. */
export interface Tuned {
  /** Degrees C, or K where the input is a difference. */
  setpoint: number;
  /** Percent per K. */
  kp: number;
  ti_s: number;
  deadband_k: number;
  /** Undefined where the device does not say. */
  delay_s: number | undefined;
  /** From crest to trough, in K. */
  swing_k: number | undefined;
  /** Until the loop is back within 0.25 K after a change of the heat. */
  settle_s: number | undefined;
}

/** What a tachometer counted while an output ran alone. */
export interface Turned {
  output: string;
  rpm: number;
}

/** What a sweep found. */
export interface Swept {
  /** Percent: from rest it begins to turn here. */
  start_duty: number;
  /** Percent: it stands still here. */
  stop_duty: number;
  min_rpm: number | undefined;
  max_rpm: number | undefined;
}

export interface Experiment {
  /** The id of the command that began it. */
  command: string | undefined;
  /** autotune, run, sweep, or a word of a later firmware. */
  kind: string;
  output: string;
  state: ExperimentState;
  phase: string | undefined;
  cycles: number;
  /** Why it failed, was aborted, or rests: in English, by the device. */
  reason: string | undefined;
  tuned: Tuned | undefined;
  turned: Turned[];
  flow: number | undefined;
  swept: Swept | undefined;
}

type Members = Record<string, unknown>;

const isObject = (value: unknown): value is Members =>
  value !== null && typeof value === 'object' && !Array.isArray(value);
const text = (value: unknown) => (typeof value === 'string' && value !== '' ? value : undefined);
const number = (value: unknown) => (typeof value === 'number' && Number.isFinite(value) ? value : undefined);

/** The experiment of a `reported` document: the one that runs, or the last of this boot. Undefined if there is none that makes sense. */
export function experimentOf(document: Members | null | undefined): Experiment | undefined {
  const e = document?.experiment;
  if (!isObject(e)) return undefined;
  const [kind, output, state] = [text(e.kind), text(e.output), STATES.find((s) => s === e.state)];
  if (kind === undefined || output === undefined || state === undefined) return undefined;
  return {
    command: text(e.command),
    kind,
    output,
    state,
    phase: text(e.phase),
    cycles: number(e.cycles) ?? 0,
    reason: text(e.reason),
    tuned: tunedOf(e),
    turned: (Array.isArray(e.turned) ? e.turned : []).flatMap((t: unknown): Turned[] => {
      const [name, rpm] = isObject(t) ? [text(t.output), number(t.rpm)] : [];
      return name === undefined || rpm === undefined ? [] : [{ output: name, rpm }];
    }),
    flow: number(e.flow_lpm),
    swept: sweptOf(e),
  };
}

function tunedOf(e: Members): Tuned | undefined {
  const pi = isObject(e.pi) ? e.pi : {};
  const [setpoint, kp, ti_s] = [number(pi.setpoint), number(pi.kp), number(pi.ti_s)];
  if (setpoint === undefined || kp === undefined || ti_s === undefined) return undefined;
  const more = { delay_s: number(e.delay_s), swing_k: number(e.swing_k), settle_s: number(e.settle_s) };
  return { setpoint, kp, ti_s, deadband_k: number(pi.deadband_k) ?? 0, ...more };
}

function sweptOf(e: Members): Swept | undefined {
  const [start_duty, stop_duty] = [number(e.start_duty), number(e.stop_duty)];
  if (start_duty === undefined || stop_duty === undefined) return undefined;
  return { start_duty, stop_duty, min_rpm: number(e.min_rpm), max_rpm: number(e.max_rpm) };
}

/** Whether a device can find gains, or try its outputs, by its own word. */
export function can(device: Pick<Device, 'info'>, what: 'autotune' | 'commission'): boolean {
  const told: unknown = device.info?.capabilities;
  return Array.isArray(told) && told.includes(what);
}

/** Whether an output of this kind can be tried: what cools and is not behind an interlock. */
export function triable(output: Pick<Output, 'role'>): boolean {
  return output.role === 'pump' || output.role === 'fan';
}

/** The output whose gains decide this one's duty; undefined if it is regulated by its own law. */
export function leaderOf(output: Pick<Output, 'auto'>): string | undefined {
  const follow = (output.auto as { follow?: unknown } | undefined)?.follow;
  return isObject(follow) ? text(follow.output) : undefined;
}

/** Whether gains can be found for an output: one that turns at any speed, by a law of its own. */
export function tunable(output: Output): boolean {
  return triable(output) && !output.onOff && output.auto !== undefined && leaderOf(output) === undefined;
}
