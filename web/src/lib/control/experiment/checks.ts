import type { Device } from '../../api/types';
import type { Body } from '../contract';
import { DEVICE } from '../defaults';
import { left } from '../overrides';
import { inputNow, type State } from '../state';

/** What has to be so before outputs are tried. The device checks it too; here it is said beforehand. Pure. */
export interface Check {
  kind: 'online' | 'water' | 'cool' | 'calm' | 'free' | 'idle';
  ok: boolean;
  /** The temperature below which the water has to be, in C. */
  limit: number;
}

/** So far below critical the water has to be (contract/README.md, "Experiments"), in K. */
const BELOW_CRITICAL_K = 10;

/** Alarms in spite of which outputs can be tried: what they tell of is what a trial is there to find, or no danger. */
function allows(alarm: string): boolean {
  const harmless = ['no_flow', 'probe_stuck', 'probe_replaced', 'settings_lost', 'chiller_interlock'];
  return harmless.includes(alarm) || alarm.endsWith('_stall');
}

export function checks(
  device: Device,
  body: Body,
  state: State,
  { now, busy }: { now: number; busy: boolean },
): Check[] {
  const limit = (body.critical_c ?? DEVICE.critical_c) - BELOW_CRITICAL_K;
  const water = inputNow(device, 'water', now);
  const holds = (body.outputs ?? []).some((o) => left(o.override, now) > 0);
  const list: Omit<Check, 'limit'>[] = [
    { kind: 'online', ok: device.presence?.online !== false },
    { kind: 'water', ok: water !== undefined },
    ...(water === undefined ? [] : [{ kind: 'cool' as const, ok: water < limit }]),
    { kind: 'calm', ok: !state.alarms.some((a) => a.active && !allows(a.name)) },
    { kind: 'free', ok: !holds },
    { kind: 'idle', ok: !busy },
  ];
  return list.map((check) => ({ ...check, limit }));
}
