import type { FaultSpan, LiveSample, SeriesAnswer, Unit } from '../api/types';
import { unitOf } from '../live/model';

/**
 * The way of the data from the API's answer and the live samples to what is
 * drawn. A frame is what is known of a device's series in one range; it is changed
 * in place, because it is long and the changes are short.
 */
export interface Frame {
  from: number;
  to: number;
  /** Width of a bucket in ms; 0: the points are the samples themselves. */
  step: number;
  /** Neighbours further apart than this, in ms, are not connected. */
  gap: number;
  times: number[];
  columns: Map<string, Column>;
}

type Points = (number | null)[];

export interface Column {
  unit: Unit;
  mean: Points;
  /** The same array as mean where step is 0. */
  min: Points;
  max: Points;
  /** How many readings the last bucket's mean stands for, as far as known. */
  weight: number;
}

export function frameOf(answer: SeriesAnswer): Frame {
  const columns = new Map<string, Column>();
  for (const s of answer.series) {
    const [min, max] = answer.step > 0 ? [s.min ?? s.mean, s.max ?? s.mean] : [s.mean, s.mean];
    columns.set(s.metric, { unit: s.unit, mean: s.mean, min, max, weight: 0 });
  }
  const { from, to, step, gap, times } = answer;
  return { from, to, step, gap, times, columns };
}

/**
 * Joins live samples to the frame's end. `interval` is the time between the
 * device's samples; it weighs the bucket that the server had begun. Returns
 * whether anything changed.
 */
export function joinSamples(frame: Frame, samples: readonly LiveSample[], interval: number): boolean {
  let changed = false;
  for (const sample of samples) {
    if (sample.time < frame.from) continue;
    const row = rowFor(frame, bucketOf(frame, sample.time));
    if (row < 0) continue; // older than the last bucket: its mean cannot be corrected from here
    for (const [metric, value] of Object.entries(sample.values)) {
      put(frame, row, metric, value, interval);
      changed = true;
    }
    frame.to = Math.max(frame.to, sample.time + 1);
  }
  return changed;
}

function bucketOf(frame: Frame, time: number): number {
  if (frame.step === 0) return time;
  // Counted from the server's own buckets, wherever those begin.
  const anchor = frame.times.at(-1) ?? 0;
  return anchor + Math.floor((time - anchor) / frame.step) * frame.step;
}

/** The row of a time; made where there is none. -1 for a bucket that is closed. */
function rowFor(frame: Frame, time: number): number {
  const { times } = frame;
  const last = times.length - 1;
  const lastTime = times[last];
  if (lastTime === time) return last;
  if (lastTime === undefined || time > lastTime) {
    times.push(time);
    for (const c of distinct(frame)) c.push(null);
    for (const c of frame.columns.values()) c.weight = 0;
    return times.length - 1;
  }
  if (frame.step > 0) return -1;
  const at = firstAtOrAfter(times, time);
  if (times[at] === time) return at;
  times.splice(at, 0, time);
  for (const c of distinct(frame)) c.splice(at, 0, null);
  return at;
}

function* distinct(frame: Frame): Generator<Points> {
  for (const { mean, min, max } of frame.columns.values()) {
    yield mean;
    if (min !== mean) yield min;
    if (max !== mean) yield max;
  }
}

function put(frame: Frame, row: number, metric: string, value: number, interval: number): void {
  let column = frame.columns.get(metric);
  if (!column) {
    const none = (): Points => new Array<number | null>(frame.times.length).fill(null);
    const mean = none();
    const same = frame.step === 0;
    column = { unit: unitOf(metric), mean, min: same ? mean : none(), max: same ? mean : none(), weight: 0 };
    frame.columns.set(metric, column);
  }
  const old = column.mean[row];
  if (frame.step === 0 || old === null || old === undefined) {
    column.mean[row] = value;
    if (frame.step > 0) {
      column.min[row] = value;
      column.max[row] = value;
    }
    column.weight = 1;
    return;
  }
  if (column.weight === 0) column.weight = Math.max(1, Math.round(frame.step / interval / 2));
  column.weight++;
  column.mean[row] = old + (value - old) / column.weight;
  column.min[row] = Math.min(column.min[row] ?? value, value);
  column.max[row] = Math.max(column.max[row] ?? value, value);
}

/** Forgets what is older than `before`, in large bites, so that a page left open does not grow. */
export function trim(frame: Frame, before: number): void {
  const n = firstAtOrAfter(frame.times, before);
  if (n < frame.times.length / 2 || n < 500) return;
  frame.times.splice(0, n);
  for (const c of distinct(frame)) c.splice(0, n);
  frame.from = before;
}

/** The index of the first time that is not before t. */
export function firstAtOrAfter(times: readonly number[], t: number): number {
  let [low, high] = [0, times.length];
  while (low < high) {
    const mid = (low + high) >> 1;
    if ((times[mid] as number) < t) low = mid + 1;
    else high = mid;
  }
  return low;
}

/** null breaks the line; undefined is skipped, and the line goes on to the next value. */
export type Line = (number | null | undefined)[];

export interface Drawing {
  times: number[];
  /** For each asked metric: mean, min, max. */
  lines: { mean: Line; min: Line; max: Line }[];
}

/**
 * The frame as it is drawn: gaps stay gaps. Two neighbouring values of a series
 * that are further apart than the frame's gap are kept apart by a null; where
 * no row lies between them one is inserted. A value that is missing between
 * neighbours that are close (another metric's row, a single bad reading) does not
 * break the line.
 */
export function draw(
  frame: Frame,
  metrics: readonly string[],
  convert: (v: number, unit: Unit) => number,
): Drawing {
  const { times, gap } = frame;
  const out: number[] = [];
  const from: number[] = []; // the frame's row of each drawn row; -1: an inserted one
  for (let i = 0; i < times.length; i++) {
    const t = times[i] as number;
    const previous = times[i - 1];
    if (previous !== undefined && t - previous > gap) {
      out.push(previous + Math.floor((t - previous) / 2));
      from.push(-1);
    }
    out.push(t);
    from.push(i);
  }
  const line = (points: Points | undefined, unit: Unit): Line => {
    const result: Line = new Array(out.length);
    let last = -1;
    for (let row = 0; row < out.length; row++) {
      const source = from[row] as number;
      const value = source < 0 ? null : (points?.[source] ?? null);
      if (value === null) continue;
      result[row] = convert(value, unit);
      const apart = last >= 0 && (out[row] as number) - (out[last] as number) > gap;
      if (apart) result.fill(null, last + 1, row);
      last = row;
    }
    return result;
  };
  const lines = metrics.map((metric) => {
    const column = frame.columns.get(metric);
    const unit = column?.unit ?? unitOf(metric);
    const mean = line(column?.mean, unit);
    if (!column || column.min === column.mean) return { mean, min: [], max: [] };
    return { mean, min: line(column.min, unit), max: line(column.max, unit) };
  });
  return { times: out, lines };
}

export interface Reading {
  value: number;
  min: number;
  max: number;
}

/** What a series says at a time: the nearest value that is no further away than the gap. */
export function readAt(frame: Frame, metric: string, time: number): Reading | undefined {
  const column = frame.columns.get(metric);
  if (!column) return undefined;
  const start = firstAtOrAfter(frame.times, time);
  let best = -1;
  let distance = Math.max(frame.gap / 2, frame.step);
  const consider = (i: number): boolean => {
    const d = Math.abs((frame.times[i] as number) - time);
    if (d > distance) return false;
    if (column.mean[i] !== null && column.mean[i] !== undefined) {
      best = i;
      distance = d;
    }
    return true;
  };
  for (let i = start; i < frame.times.length && consider(i); i++);
  for (let i = start - 1; i >= 0 && consider(i); i--);
  if (best < 0) return undefined;
  const value = column.mean[best] as number;
  return { value, min: column.min[best] ?? value, max: column.max[best] ?? value };
}

/**
 * Carries the fault spans on with live samples: a fault of the same kind goes on
 * with the last span of its metric unless a good reading came between; `open`
 * names the metrics whose last reading was faulty, by their quality.
 */
export function joinFaults(
  spans: readonly FaultSpan[],
  open: Map<string, string>,
  samples: readonly LiveSample[],
): FaultSpan[] {
  let next = spans as FaultSpan[];
  for (const sample of samples) {
    for (const metric of Object.keys(sample.values)) open.delete(metric);
    for (const [metric, quality] of Object.entries(sample.faults ?? {})) {
      const at = next.findLastIndex((s) => s.metric === metric);
      const last = next[at];
      const goesOn = last && last.quality === quality && open.get(metric) === quality;
      if (goesOn && sample.time <= last.to) continue; // known already
      if (goesOn) next = next.with(at, { ...last, to: sample.time, count: last.count + 1 });
      else next = [...next, { metric, quality, from: sample.time, to: sample.time, count: 1 }];
      open.set(metric, quality);
    }
  }
  return next;
}

/** The least span of a temperature axis in K, so that 1/16 K of noise stays small. */
export const MIN_SPAN_K = 4;

/**
 * The range of a temperature axis in C for data from min to max: whole degrees, at
 * least MIN_SPAN_K, and with a limit in sight as soon as the data comes near it.
 */
export function temperatureRange(
  min: number,
  max: number,
  limits: { warning: number; critical: number },
): [number, number] {
  const NEAR = 5;
  let high = Math.ceil(max + 0.25);
  let low = Math.floor(min - 0.25);
  if (max > limits.warning - NEAR) high = Math.max(high, limits.warning + 1);
  if (max > limits.critical - NEAR) high = Math.max(high, limits.critical + 1);
  const lacking = MIN_SPAN_K - (high - low);
  if (lacking > 0) {
    low -= Math.floor(lacking / 2);
    high += Math.ceil(lacking / 2);
  }
  return [low, high];
}
