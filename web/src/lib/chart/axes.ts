import type { Formats } from '../i18n/format';

const HOUR = 3_600_000;
const DAY = 24 * HOUR;

/**
 * The labels of a time axis: clock times, and below the first of each day its
 * date; days where they are a day or more apart; months beyond that.
 */
export function timeLabels(splits: readonly number[], increment: number, f: Formats): string[] {
  if (increment >= 28 * DAY) return splits.map((t) => f.month(t));
  if (increment >= DAY) return splits.map((t) => f.day(t));
  let before = '';
  return splits.map((t) => {
    const clock = increment < 60_000 ? f.clock(t) : f.minute(t);
    const day = f.day(t);
    const first = day !== before;
    before = day;
    return first ? `${clock}\n${day}` : clock;
  });
}
