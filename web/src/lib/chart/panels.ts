import type { Unit } from '../api/types';
import { unitOf } from '../live/model';

/** The charts of a device page, one above the other over one time axis. */

export type PanelName = 'temperatures' | 'duties' | 'speeds' | 'others';

export interface Panel {
  name: PanelName;
  metrics: string[];
  /** The scales of its metrics: left, then right. */
  units: Unit[];
}

const UNITS: Record<PanelName, readonly Unit[]> = {
  temperatures: ['celsius'],
  duties: ['percent'],
  speeds: ['rpm', 'lpm'],
  others: ['watt', 'rh'],
};

/** Those that matter most first; the rest by name. */
const ORDER = [
  'water',
  'inlet',
  'outlet',
  'ambient',
  'pump_duty',
  'fan_duty',
  'pump_rpm',
  'fan_rpm',
  'flow_lpm',
];

function rank(metric: string): number {
  const at = ORDER.indexOf(metric);
  return at < 0 ? ORDER.length : at;
}

/** The panels that a device's metrics need. */
export function panelsOf(metrics: readonly string[]): Panel[] {
  const sorted = [...metrics].sort((a, b) => rank(a) - rank(b) || a.localeCompare(b));
  return (Object.keys(UNITS) as PanelName[]).flatMap((name) => {
    const mine = sorted.filter((m) => UNITS[name].includes(unitOf(m)));
    if (mine.length === 0) return [];
    return [{ name, metrics: mine, units: UNITS[name].filter((u) => mine.some((m) => unitOf(m) === u)) }];
  });
}

const TOKENS: Record<string, string> = {
  water: '--temp-cold',
  ambient: '--series-ambient',
  inlet: '--series-inlet',
  outlet: '--series-outlet',
  pump_duty: '--series-pump',
  pump_rpm: '--series-pump',
  fan_duty: '--series-fan',
  fan_rpm: '--series-fan',
  flow_lpm: '--series-flow',
};

const SPARE = [
  '--series-5',
  '--series-6',
  '--series-flow',
  '--series-inlet',
  '--series-outlet',
  '--series-ambient',
];

/** The colour token of the i-th metric of a panel. */
export function tokenOf(metric: string, i: number): string {
  return TOKENS[metric] ?? (SPARE[i % SPARE.length] as string);
}
