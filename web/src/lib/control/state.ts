import type { Device, TwinView } from '../api/types';
import { isCurrent, readingOf } from '../live/model';

/** What a device says of itself in `reported`, read with care: any firmware may have written it. Pure. */

export interface OutputState {
  name: string;
  mode: string;
  duty: number | undefined;
  claim: string | undefined;
  /** Undefined where the device does not say. */
  supervised: boolean | undefined;
}

export interface Alarm {
  name: string;
  /** 0 where the device does not count them. */
  occurrence: number;
  active: boolean;
}

export interface State {
  interval: number | undefined;
  outputs: OutputState[];
  /** The active ones first. */
  alarms: Alarm[];
}

type Members = Record<string, unknown>;

const objects = (value: unknown): Members[] =>
  Array.isArray(value) ? value.filter((v): v is Members => v !== null && typeof v === 'object') : [];
const text = (value: unknown) => (typeof value === 'string' && value !== '' ? value : undefined);
const number = (value: unknown) => (typeof value === 'number' && Number.isFinite(value) ? value : undefined);

export function readState(document: Members | null | undefined): State {
  const doc = document ?? {};
  const outputs = objects(doc.outputs).flatMap((o): OutputState[] => {
    const name = text(o.name);
    if (name === undefined) return [];
    const supervised = typeof o.supervised === 'boolean' ? o.supervised : undefined;
    return [{ name, mode: text(o.mode) ?? 'auto', duty: number(o.duty), claim: text(o.claim), supervised }];
  });
  const alarms = objects(doc.alarms).flatMap((a): Alarm[] => {
    const name = text(a.name);
    return name === undefined
      ? []
      : [{ name, occurrence: number(a.occurrence) ?? 0, active: a.active === true }];
  });
  // A device that only names its faults: each may be present.
  for (const name of Array.isArray(doc.faults) ? doc.faults : []) {
    if (typeof name === 'string' && !alarms.some((a) => a.name === name)) {
      alarms.push({ name, occurrence: 0, active: true });
    }
  }
  alarms.sort((a, b) => Number(b.active) - Number(a.active));
  return { interval: number(doc.interval_ms), outputs, alarms };
}

/**
 * Whether anything can be asked of a device: by its own word, or because something was. What a device cannot do
 * cannot be asked; the article's sketch, say, only sends.
 */
export function isControllable(device: Pick<Device, 'info'>, view: TwinView): boolean {
  const can: unknown = device.info?.capabilities;
  return view.desired !== null || (Array.isArray(can) && can.includes('desired'));
}

/** The names of the outputs that a device has by its own word. */
export function ownOutputs(device: Pick<Device, 'info'>, state: State): string[] {
  const told: unknown[] = Array.isArray(device.info?.outputs) ? device.info.outputs : [];
  const names = told.map((o) => (typeof o === 'string' ? o : text((o as Members | null)?.name)));
  return [...new Set([...names.filter((n) => n !== undefined), ...state.outputs.map((o) => o.name)])];
}

/**
 * The duty of an output now: of its newest reading and what the device reported, the later word. heard is
 * when that report came, 0 if nobody saw it come.
 */
export function dutyNow(
  device: Device,
  state: OutputState | undefined,
  name: string,
  now: number,
  heard = 0,
): number | undefined {
  const reading = readingOf(device, `${name}_duty`);
  if (state?.duty !== undefined && reading && reading.time < heard) return state.duty;
  return current(device, `${name}_duty`, now) ?? state?.duty;
}

/** What an input of a law reads now, in C or K; undefined without trustworthy readings. */
export function inputNow(device: Device, input: string, now: number): number | undefined {
  const [role = '', minus] = input.split('-');
  const value = current(device, role, now);
  if (minus === undefined || value === undefined) return value;
  const other = current(device, minus, now);
  return other === undefined ? undefined : value - other;
}

/** A reading that still says how the device is, and can be trusted. */
export function current(device: Device, metric: string, now: number): number | undefined {
  const reading = readingOf(device, metric);
  return reading && isCurrent(device, reading, now) ? (reading.value ?? undefined) : undefined;
}

/** The inputs that a law of this device may have: its temperatures, and the water over the air. */
export function inputsOf(device: Device): string[] {
  const temps = device.newest.filter((r) => r.unit === 'celsius').map((r) => r.metric);
  const all = temps.includes('water') ? ['water', ...temps.filter((t) => t !== 'water')] : temps;
  return temps.includes('water') && temps.includes('ambient') ? [...all, 'water-ambient'] : all;
}
