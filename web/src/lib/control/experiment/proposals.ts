import type { OutputBody } from '../contract';
import type { Output } from '../outputs';
import type { Swept } from './experiment';

/** From what an output was found to do to what it should be asked for: with room for dust, cold bearings and a lower supply. Pure. */

/** Percentage points above what was measured. A motor needs more when it is cold, old or dusty than on the day on which it was tried. */
export const MARGIN = 5;
/** As slow as this part of the speed that it should have at its least duty, it does not turn as it should. */
const STALL_PART = 0.5;
/** A limit that a tachometer can tell from nothing: it counts in steps of 15 to 30 rpm. */
const STALL_STEP = 10;

/** What is proposed for an output; members that are missing stay as they are. */
export interface Limits {
  min_duty: number;
  /** It rests below stop_duty and begins again at start_duty; both 0: it never rests. */
  start_duty: number;
  stop_duty: number;
  /** Slower is a stall. */
  stall_rpm?: number;
}

/** Why a proposal is what it is; each has a text. */
export type Why = 'margin' | 'pump_floor' | 'never_stops' | 'by_eye';

export interface Proposal {
  limits: Limits;
  why: Why[];
}

const percent = (duty: number) => Math.min(100, Math.max(0, Math.ceil(duty)));

/**
 * What a sweep proposes. A fan rests below a little more than where it stood still, and begins again at a little more than where it began to
 * turn. A pump does not rest; it never runs slower than it does now (its least duty has to carry the heat by itself), and always as fast as it needs to begin by itself.
 */
export function fromSweep(output: Pick<Output, 'role' | 'min_duty'>, swept: Swept): Proposal {
  // One that its wire cannot stop has no points: its least duty is the owner's choice.
  const endless = swept.start_duty === 0;
  const begins = endless ? 0 : percent(swept.start_duty + MARGIN);
  if (output.role === 'pump') {
    const min_duty = Math.max(output.min_duty, begins);
    const why: Why[] = [...(endless ? ['never_stops' as const] : ['margin' as const]), 'pump_floor'];
    return { limits: { min_duty, start_duty: 0, stop_duty: 0, ...stallOf(swept, min_duty) }, why };
  }
  if (endless) {
    return {
      limits: { min_duty: output.min_duty, start_duty: 0, stop_duty: 0, ...stallOf(swept, output.min_duty) },
      why: ['never_stops'],
    };
  }
  const least = percent(swept.stop_duty + MARGIN);
  return {
    limits: {
      min_duty: least,
      start_duty: Math.max(begins, least),
      stop_duty: least,
      ...stallOf(swept, least),
    },
    why: ['margin'],
  };
}

/**
 * What is proposed where a person found the least duty at which an output begins to turn from rest. Where it
 * would stand still again nobody looked, so that duty counts for both.
 */
export function fromSearch(output: Pick<Output, 'role' | 'min_duty'>, least: number): Proposal {
  const begins = percent(least + MARGIN);
  if (output.role === 'pump') {
    const min_duty = Math.max(output.min_duty, begins);
    return { limits: { min_duty, start_duty: 0, stop_duty: 0 }, why: ['by_eye', 'pump_floor'] };
  }
  return {
    limits: { min_duty: begins, start_duty: percent(begins + MARGIN), stop_duty: begins },
    why: ['by_eye'],
  };
}

/** Speed follows duty nearly in a straight line, between the slowest steady one and full. */
function stallOf(swept: Swept, min_duty: number): { stall_rpm?: number } {
  const { stop_duty, min_rpm, max_rpm } = swept;
  if (min_rpm === undefined) return {};
  const part = Math.max(0, min_duty - stop_duty) / Math.max(1, 100 - stop_duty);
  const expected = min_rpm + Math.max(0, (max_rpm ?? min_rpm) - min_rpm) * part;
  return { stall_rpm: Math.max(STALL_STEP, Math.floor((expected * STALL_PART) / STALL_STEP) * STALL_STEP) };
}

/** The limits as the contract allows them: rest below begin, and a pump that is never without power. */
export function allowed(output: Pick<Output, 'role' | 'max_duty'>, limits: Limits): Limits {
  const min_duty = Math.min(limits.min_duty, output.max_duty);
  if (output.role === 'pump')
    return { ...limits, min_duty: Math.max(1, min_duty), start_duty: 0, stop_duty: 0 };
  return { ...limits, min_duty, stop_duty: Math.min(limits.stop_duty, limits.start_duty) };
}

/** What an edit says of an output with these limits. */
export function edit({ stall_rpm, ...duties }: Limits): Partial<OutputBody> {
  return stall_rpm === undefined ? duties : { ...duties, stall_rpm };
}
