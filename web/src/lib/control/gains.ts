import type { PiLaw } from './contract';

/** Gains of a setpoint to begin with, by the size of the loop: those of contract/gains.json. Pure. */

export type Gains = Pick<PiLaw, 'kp' | 'ti_s'> & { deadband_k: number };

export const CLASSES = ['small', 'medium', 'large'] as const;
export type Class = (typeof CLASSES)[number];

/** By class; deadbands are more than a step of the probe, so that its noise moves nothing. */
export const GAINS: Readonly<Record<Class, Gains>> = {
  small: { kp: 80, ti_s: 90, deadband_k: 0.1 },
  medium: { kp: 100, ti_s: 100, deadband_k: 0.1 },
  large: { kp: 100, ti_s: 120, deadband_k: 0.1 },
};

/** The gains of a class; undefined for a word that is none. */
export function gainsOf(name: string): Gains | undefined {
  return Object.hasOwn(GAINS, name) ? GAINS[name as Class] : undefined;
}

/** The class whose gains a law has; undefined where they are the owner's own. */
export function classOf(law: PiLaw): Class | undefined {
  return CLASSES.find((name) => {
    const { kp, ti_s, deadband_k } = GAINS[name];
    return law.kp === kp && law.ti_s === ti_s && (law.deadband_k ?? 0) === deadband_k;
  });
}
