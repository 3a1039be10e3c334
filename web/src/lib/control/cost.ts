import { RANGES } from './contract';

/** What a report interval costs on a broker that is metered. */

/** What a sample moves over the broker: some 300 bytes up from the device and the same down to the server. */
const BYTES_PER_SAMPLE = 600;
const SECONDS_PER_MONTH = 30 * 86_400;

/** Enough for a chart and an alarm, and a fiftieth of the smallest allowance. */
export const METERED_INTERVAL = 60_000;

/** Intervals to choose from, in milliseconds. */
const CHOICES = [2000, 5000, 10_000, 30_000, 60_000, 300_000, 900_000] as const;

/** Traffic of a month at an interval, in bytes. */
export function bytesPerMonth(interval: number): number {
  return (SECONDS_PER_MONTH / (interval / 1000)) * BYTES_PER_SAMPLE;
}

/** The intervals to choose from, with the one that is set. */
export function intervals(set: number | undefined): number[] {
  const { min, max } = RANGES.interval_ms;
  return [...new Set([...CHOICES, ...(set === undefined ? [] : [set])])]
    .filter((ms) => ms >= min && ms <= max)
    .sort((a, b) => a - b);
}
