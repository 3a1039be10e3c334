import type { Board } from './board';
import { type Body, outputOf } from './contract';
import { DEVICE } from './defaults';
import { givenUp, outputsOf } from './outputs';

/** What an edit asks for that can hurt: only that is worth a question. */
export type Danger =
  | { kind: 'pump_off'; output: string }
  | { kind: 'pump_minimum'; output: string; duty: number }
  /** By its wiring it runs at full speed then; a chiller or a buzzer is off. */
  | { kind: 'given_up'; output: string; runs: boolean }
  | { kind: 'unwatched'; output: string }
  | { kind: 'critical'; celsius: number };

/** Above this water is no longer safe for soft tubing in the long run (the contract allows up to below 60). */
const SAFE_CRITICAL = DEVICE.critical_c;
/** Below this a pump's minimum duty is no longer proven to hold a 60 W load below critical by itself. */
const SAFE_MINIMUM = 40;

const isNone = (pin: number | null | undefined) => pin === null || (pin !== undefined && pin < 0);

/** The dangers of an edit: those that it brings, not those that were there before. */
export function dangers(before: Body, after: Body, own: readonly string[], board?: Board): Danger[] {
  const found: Danger[] = [];
  const [had, has] = [outputsOf(before, own, board), outputsOf(after, own, board)];
  for (const { name, role } of had) {
    const gone = givenUp(after).includes(name) && !givenUp(before).includes(name);
    if (gone) found.push({ kind: 'given_up', output: name, runs: role !== 'chiller' && role !== 'buzzer' });
  }
  for (const { name, min_duty, override, wiring } of has.filter((o) => o.role === 'pump')) {
    const was = had.find((o) => o.name === name);
    const off = outputOf(before, name)?.override;
    if (override?.duty === 0 && !(off?.duty === 0 && off.until >= override.until)) {
      found.push({ kind: 'pump_off', output: name });
    }
    if (min_duty < SAFE_MINIMUM && min_duty < (was?.min_duty ?? SAFE_MINIMUM)) {
      found.push({ kind: 'pump_minimum', output: name, duty: min_duty });
    }
    // Without a tachometer nothing but a flow meter would notice that it stands.
    const blind = !board?.flow && isNone(wiring.tacho_pin);
    if (blind && was && !isNone(was.wiring.tacho_pin)) found.push({ kind: 'unwatched', output: name });
  }
  const [was, is] = [before.critical_c ?? DEVICE.critical_c, after.critical_c ?? DEVICE.critical_c];
  if (is > SAFE_CRITICAL && is > was) found.push({ kind: 'critical', celsius: is });
  return found;
}
