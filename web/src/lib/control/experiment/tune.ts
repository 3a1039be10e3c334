import { type Auto, clamp, isDifference, type PiLaw, RANGES, type Range } from '../contract';
import { DEVICE, FIRST_SETPOINT } from '../defaults';
import type { Tuned } from './experiment';

/** What a person is asked before gains are found, and what becomes of them. Pure. */

/** Minutes after which an autotune gives up; the contract allows 10 to 120. */
export const MINUTES_TO_CHOOSE = [30, 60, 90, 120] as const;
export const FIRST_MINUTES = 60;

/** The water may not leave the setpoint by more, in K, once it has been within (contract/README.md, "Experiments"). */
export const BAND_K = 4;
/** An experiment ends so far below critical, in K. */
const BELOW_CRITICAL_K = 5;

/**
 * The setpoint to begin with: the loop's own; or, of a loop by a curve, where the water is now, because that can be
 * reached. In steps of half a kelvin.
 */
export function firstSetpoint(auto: Auto, now: number | undefined, critical: number): number {
  const { min, max } = setpoints(auto, critical);
  const first =
    auto.pi?.setpoint ?? now ?? FIRST_SETPOINT[isDifference(auto.input) ? 'difference' : 'temperature'];
  return clamp(Math.round(first * 2) / 2, { min, max });
}

/** The setpoints that make sense: room for the swing above, and none for a difference below zero. */
export function setpoints(auto: Auto, critical = DEVICE.critical_c as number): Range {
  if (isDifference(auto.input)) return { ...RANGES.setpoint, min: 0 };
  return { ...RANGES.setpoint, max: critical - BELOW_CRITICAL_K - 1 };
}

/** Where the water stays meanwhile, in C or K. */
export function band(setpoint: number, difference: boolean, critical: number): { low: number; high: number } {
  const high = setpoint + BAND_K;
  return { low: setpoint - BAND_K, high: difference ? high : Math.min(high, critical - BELOW_CRITICAL_K) };
}

/**
 * The law with the gains that were found. A law that had a setpoint keeps it, and everything else that the gains are not; one
 * of a curve gets the setpoint at which they were found.
 */
export function withGains(auto: Auto, found: Tuned): Auto {
  if (auto.follow) return auto; // it has no law of its own
  const { kp, ti_s, deadband_k } = found;
  const pi: PiLaw = { ...(auto.pi ?? { setpoint: found.setpoint }), kp, ti_s, deadband_k };
  return { input: auto.input, pi };
}

/** Whether a law already has the gains that were found. */
export function hasGains(auto: Auto | undefined, found: Tuned): boolean {
  const near = (a: number | undefined, b: number) => Math.abs((a ?? 0) - b) < 1e-9;
  const { pi } = auto ?? {};
  return (
    pi !== undefined &&
    near(pi.kp, found.kp) &&
    near(pi.ti_s, found.ti_s) &&
    near(pi.deadband_k, found.deadband_k)
  );
}
