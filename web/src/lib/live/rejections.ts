import type { Rejection } from '../api/types';

/** As many as the server keeps in sight of a person. */
export const KEPT = 200;

/**
 * What equal refusals have in common: device, topic, code, minute, and of the
 * detail what stays the same while a mistake is repeated. Numbers and what was
 * found are left out, as the server's Rejection.Mistake does.
 */
export function causeOf(r: Rejection): string {
  const mistake = (r.detail.split(/, (?:not|from) /, 1)[0] ?? '').replace(
    /(?<![\w\u0080-\uffff])-?\d[\w\u0080-\uffff.:+-]*/g,
    '#',
  );
  return JSON.stringify([r.device, r.topic, r.code, Math.floor(r.time / 60_000), mistake]);
}

/**
 * The refusals with one more, newest first. Equal ones are one; the server counts
 * them, and sends it again.
 */
export function withRejection(list: readonly Rejection[], news: Rejection): Rejection[] {
  const cause = causeOf(news);
  return [news, ...list.filter((r) => causeOf(r) !== cause)].slice(0, KEPT);
}
