import { type Body, outputOf } from './contract';
import { DEVICE } from './defaults';
import { outputsOf } from './outputs';

/** What an edit asks for that can hurt: only that is worth a question. */
export type Danger =
  | { kind: 'pump_off'; output: string }
  | { kind: 'pump_minimum'; output: string; duty: number }
  | { kind: 'critical'; celsius: number };

/** Above this water is no longer safe for soft tubing in the long run (the contract allows up to below 60). */
const SAFE_CRITICAL = DEVICE.critical_c;
/** Below this a pump's minimum duty is no longer proven to hold a 60 W load below critical by itself. */
const SAFE_MINIMUM = 40;

/** The dangers of an edit: those that it brings, not those that were there before. */
export function dangers(before: Body, after: Body, own: readonly string[]): Danger[] {
  const found: Danger[] = [];
  for (const { name, min_duty, override } of outputsOf(after, own).filter((o) => o.role === 'pump')) {
    const was = outputsOf(before, own).find((o) => o.name === name);
    const off = outputOf(before, name)?.override;
    if (override?.duty === 0 && !(off?.duty === 0 && off.until >= override.until)) {
      found.push({ kind: 'pump_off', output: name });
    }
    if (min_duty < SAFE_MINIMUM && min_duty < (was?.min_duty ?? SAFE_MINIMUM)) {
      found.push({ kind: 'pump_minimum', output: name, duty: min_duty });
    }
  }
  const [was, is] = [before.critical_c ?? DEVICE.critical_c, after.critical_c ?? DEVICE.critical_c];
  if (is > SAFE_CRITICAL && is > was) found.push({ kind: 'critical', celsius: is });
  return found;
}
