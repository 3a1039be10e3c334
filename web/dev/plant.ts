/** Plausible data for the mock server: a pure function of device and time. */

const HOUR = 3_600_000;
const DAY = 24 * HOUR;

const noise = (x: number): number => {
  const s = Math.sin(x * 12.9898) * 43758.5453;
  return s - Math.floor(s);
};

/** Good readings of a device at a time; a device may lack some, or everything for a while. */
export function valuesAt(device: string, t: number): Record<string, number> {
  if (device === 'new-board') return {};
  const hour = new Date(t).getHours() + (t % HOUR) / HOUR;
  const busy = Math.max(0, Math.sin(((hour - 7) / 14) * Math.PI)) * (0.7 + 0.3 * Math.sin(t / 1.1e6));
  const ambient = 21.5 + 1.5 * Math.sin(((hour - 9) / 24) * 2 * Math.PI) + 2 * Math.sin(t / (90 * DAY));
  const lift = (device === 'render-box' ? 34 : device === 'warm-shelf' ? 20.5 : 4) + busy * 6;
  const step = (v: number) => Math.round(v * 16) / 16;
  const water = ambient + lift + (noise(Math.floor(t / 20_000)) - 0.5) * 0.2;
  if (device === 'esp32') return { water: step(water - 4) };
  const duty = 30 + Math.round(busy * 40);
  const fan = 25 + Math.round(busy * 50);
  const all: Record<string, number> = {
    water: step(water),
    ambient: step(ambient),
    inlet: step(water - 0.4 - busy),
    outlet: step(water + 0.5 + busy * 1.5),
    pump_duty: duty,
    fan_duty: fan,
    pump_rpm: Math.round(800 + duty * 26 + noise(t / 777) * 30),
    fan_rpm: Math.round(300 + fan * 14 + noise(t / 333) * 20),
    flow_lpm: Math.round((0.4 + duty / 60 + noise(t / 555) * 0.02) * 100) / 100,
  };
  return all;
}

/** The fault of a metric at a time, if it has one. */
export function faultsAt(device: string, t: number): Record<string, string> {
  if (device === 'bench-rig' && t > faultStart) return { inlet: 'disconnected' };
  const minute = Math.floor(t / 60_000);
  if (device === 'my-loop' && minute % 700 < 6) return { outlet: 'crc' };
  return {};
}

/** When the fault of bench-rig began. */
export const faultStart = Date.now() - 25 * 60_000;

/** Nothing was heard of the device at that time. */
export function silentAt(device: string, t: number): boolean {
  if (device === 'attic') return t > Date.now() - 3 * HOUR;
  const hourOfEpoch = Math.floor(t / (20 * 60_000));
  return device === 'my-loop' && hourOfEpoch % 37 === 5;
}
