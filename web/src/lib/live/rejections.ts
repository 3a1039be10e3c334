import type { Rejection } from '../api/types';

/** As many as the server keeps in sight of a person. */
export const KEPT = 200;

/**
 * The refusals with one more, newest first. Equal ones (device, topic, code) of
 * the same minute are one; the server counts them, and sends it again.
 */
export function withRejection(list: readonly Rejection[], news: Rejection): Rejection[] {
  const minute = (r: Rejection) => Math.floor(r.time / 60_000);
  const same = (r: Rejection) =>
    r.device === news.device && r.topic === news.topic && r.code === news.code && minute(r) === minute(news);
  return [news, ...list.filter((r) => !same(r))].slice(0, KEPT);
}
