import type { Device, FaultSpan, LiveSample, Quality, Reading, StreamEvent, Unit } from '../api/types';

/** What the page knows of the devices: the server's snapshot, kept current by its events. */
export type Devices = Record<string, Device>;

/** The devices after an event; the same object where the event is not about them. */
export function applyEvent(devices: Devices, event: StreamEvent): Devices {
  switch (event.type) {
    case 'snapshot':
      return Object.fromEntries(event.data.devices.map((d) => [d.id, d]));
    case 'device':
      return { ...devices, [event.data.id]: event.data };
    case 'removed': {
      const { [event.data.device]: gone, ...rest } = devices;
      return gone ? rest : devices;
    }
    case 'samples': {
      const known = devices[event.data.device];
      if (!known) return devices;
      return { ...devices, [known.id]: withSamples(known, event.data.samples) };
    }
    default:
      return devices;
  }
}

/** The device with its newest readings brought up to date. Older samples change nothing. */
export function withSamples(device: Device, samples: LiveSample[]): Device {
  const newest = new Map(device.newest.map((r) => [r.metric, r]));
  let seen = device.last_seen ?? 0;
  for (const sample of samples) {
    seen = Math.max(seen, sample.time);
    for (const reading of readings(sample)) {
      const old = newest.get(reading.metric);
      if (!old || old.time <= reading.time) newest.set(reading.metric, reading);
    }
  }
  return { ...device, newest: [...newest.values()], last_seen: seen || null };
}

function readings(sample: LiveSample): Reading[] {
  const { time } = sample;
  const good = Object.entries(sample.values).map(
    ([metric, value]): Reading => ({ metric, unit: unitOf(metric), value, quality: 'good', time }),
  );
  const bad = Object.entries(sample.faults ?? {}).map(
    ([metric, quality]): Reading => ({
      metric,
      unit: unitOf(metric),
      value: null,
      quality: quality as Quality,
      time,
    }),
  );
  return [...good, ...bad];
}

const SUFFIXES: readonly (readonly [string, Unit])[] = [
  ['_rpm', 'rpm'],
  ['_duty', 'percent'],
  ['_lpm', 'lpm'],
  ['_w', 'watt'],
  ['_rh', 'rh'],
];

/** The unit that a metric's name states, as the device contract has it. */
export function unitOf(metric: string): Unit {
  return SUFFIXES.find(([suffix]) => metric.endsWith(suffix))?.[1] ?? 'celsius';
}

/** Devices in the order in which people look for them: the loudest first, then by name. */
export function inOrder(devices: Devices): Device[] {
  const loudness = { critical: 0, alarm: 1, fault: 2, warning: 3, ok: 4, offline: 5, waiting: 6 } as const;
  return Object.values(devices).sort(
    (a, b) => loudness[a.health] - loudness[b.health] || title(a).localeCompare(title(b)),
  );
}

export function title(device: Pick<Device, 'id' | 'name'>): string {
  return device.name || device.id;
}

export function readingOf(device: Device, metric: string): Reading | undefined {
  return device.newest.find((r) => r.metric === metric);
}

/**
 * Whether a reading still says how the device is. One of a series that the device
 * no longer sends does not, by the rule that the server judges health by.
 */
export function isCurrent(device: Device, reading: Reading, now: number): boolean {
  return now - reading.time <= device.silence_ms;
}

/**
 * The readings without a trustworthy value for which a device counts as faulty. A
 * fault that the server is just about to drop is named for as long as it counts.
 */
export function faultyNow(device: Device, now: number): Reading[] {
  const faulty = device.newest.filter((r) => r.quality !== 'good');
  const current = faulty.filter((r) => isCurrent(device, r, now));
  return current.length === 0 && device.health === 'fault' ? faulty : current;
}

export type FaultState = 'ongoing' | 'unknown' | 'over';

/**
 * Whether a fault goes on: while the newest reading of its metric is the same
 * fault, and that is current. Where nothing came since, nobody knows.
 */
export function faultState(device: Device, span: FaultSpan, now: number): FaultState {
  const newest = readingOf(device, span.metric);
  if (!newest || newest.quality !== span.quality || newest.time > span.to) return 'over';
  return isCurrent(device, newest, now) ? 'ongoing' : 'unknown';
}

export interface Difference {
  /** In kelvin. */
  value: number;
  of: 'ambient' | 'loop';
}

/** Water over ambient where both are known, else outlet over inlet, from good readings only. */
export function difference(device: Device): Difference | undefined {
  const good = (metric: string) => readingOf(device, metric)?.value ?? undefined;
  const [water, ambient, inlet, outlet] = [good('water'), good('ambient'), good('inlet'), good('outlet')];
  if (water !== undefined && ambient !== undefined) return { value: water - ambient, of: 'ambient' };
  if (inlet !== undefined && outlet !== undefined) return { value: outlet - inlet, of: 'loop' };
  return undefined;
}
