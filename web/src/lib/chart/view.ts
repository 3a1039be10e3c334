/** Which part of the time axis is looked at. Pure; times in ms. */

const HOUR = 3_600_000;
const DAY = 24 * HOUR;

export const RANGES = {
  '1h': HOUR,
  '12h': 12 * HOUR,
  '24h': DAY,
  '7d': 7 * DAY,
  '30d': 30 * DAY,
  '1y': 365 * DAY,
} as const;

export type RangeName = keyof typeof RANGES;

export const MIN_SPAN = 60_000;
export const MAX_SPAN = 5 * 365 * DAY;

export interface Window {
  from: number;
  to: number;
}

/** A range that ends now and follows, or a window that stays where it is. */
export interface View {
  range: RangeName;
  fixed: Window | null;
}

function isRange(name: string | null): name is RangeName {
  return name !== null && Object.hasOwn(RANGES, name);
}

/** The view that an address states; the range falls back to the one used last. */
export function readView(query: URLSearchParams, lastRange: string): View {
  const named = query.get('range');
  const range = isRange(named) ? named : isRange(lastRange) ? lastRange : '24h';
  const [from, to] = [Number(query.get('from')), Number(query.get('to'))];
  const valid = Number.isFinite(from) && Number.isFinite(to) && from > 0 && to - from >= MIN_SPAN;
  return { range, fixed: valid && to - from <= MAX_SPAN ? { from, to } : null };
}

/** The view as it is written into the address. */
export function writeView(view: View): { range: string; from: string | undefined; to: string | undefined } {
  const { range, fixed } = view;
  return { range, from: fixed?.from.toFixed(0), to: fixed?.to.toFixed(0) };
}

/** How far beyond now a following window may reach. */
const AHEAD = 10_000;

/**
 * What a view shows at a time. A following window moves in steps of a pixel, so
 * that nothing is drawn again for less; but where a pixel is hours, in steps that
 * nobody takes for the future.
 */
export function windowOf(view: View, now: number, width: number): Window {
  if (view.fixed) return view.fixed;
  const span = RANGES[view.range];
  const step = Math.min(AHEAD, Math.max(1000, Math.floor(span / Math.max(1, width))));
  const to = Math.ceil(now / step) * step;
  return { from: to - span, to };
}

/** The view after a window was chosen, by dragging or from the keyboard. */
export function look(view: View, wanted: Window, now: number): View {
  const span = Math.round(Math.min(MAX_SPAN, Math.max(MIN_SPAN, wanted.to - wanted.from)));
  let from = wanted.from + (wanted.to - wanted.from - span) / 2;
  // There is nothing to see in the future.
  const beyond = from + span - Math.max(now, from + MIN_SPAN);
  if (beyond > span * 0.02) from -= beyond;
  from = Math.round(from);
  return { range: view.range, fixed: { from, to: from + span } };
}

/** Moved along the axis. Moved to the live edge with the span of the range, it follows again. */
export function pan(view: View, shown: Window, by: number, now: number): View {
  const span = shown.to - shown.from;
  if (by > 0 && shown.to + by >= now && Math.abs(span - RANGES[view.range]) < span * 0.01)
    return follow(view);
  return look(view, { from: shown.from + by, to: shown.to + by }, now);
}

/** Zoomed by a factor about a time that stays where it is; below 1 shows less. */
export function zoom(view: View, shown: Window, factor: number, about: number, now: number): View {
  const from = about - (about - shown.from) * factor;
  const to = about + (shown.to - about) * factor;
  return look(view, { from, to }, now);
}

export function follow(view: View): View {
  return { range: view.range, fixed: null };
}
