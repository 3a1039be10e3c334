import { clamp, type Point, RANGES } from './contract';

/** The shape of a curve: how it may be changed, and what it asks for. Pure. */

export const MAX_POINTS = 16;
/** Temperatures of neighbours differ at least by so much, in K. */
const APART = 0.1;

export interface Bounds {
  min_duty: number;
  max_duty: number;
  /** It rests below stop; both 0: it never rests. */
  start_duty: number;
  stop_duty: number;
}

/** What the points ask for at a temperature: interpolated between two, held outside. The law of contract/curve.json. */
export function dutyAt(points: readonly Point[], temp: number): number {
  const [first] = points;
  if (!first || temp <= first[0]) return first?.[1] ?? 0;
  for (const [i, [t, duty]] of points.entries()) {
    const [t0, d0] = points[i - 1] ?? first;
    if (i > 0 && temp < t) return clamp(d0 + ((duty - d0) * (temp - t0)) / (t - t0), { min: d0, max: duty });
  }
  return points.at(-1)?.[1] ?? 0;
}

/** What an output makes of that, once it turns: bounded, or at rest. */
export function bounded(raw: number, b: Bounds): number {
  if (b.start_duty > 0 && raw < b.stop_duty) return 0;
  return clamp(raw, { min: b.min_duty, max: b.max_duty });
}

const round = (value: number, step: number) => Number((Math.round(value / step) * step).toFixed(3));

/** The points with one moved as near to a place as its neighbours allow: temperatures ascend, duties never fall. */
export function moved(points: readonly Point[], i: number, temp: number, duty: number): Point[] {
  const [before, after] = [points[i - 1], points[i + 1]];
  const t = clamp(round(temp, APART), {
    min: before ? round(before[0] + APART, APART) : RANGES.temp.min,
    max: after ? round(after[0] - APART, APART) : RANGES.temp.max,
  });
  const d = clamp(Math.round(duty), { min: before?.[1] ?? 0, max: after?.[1] ?? 100 });
  return points.with(i, [t, d]) as Point[];
}

/** The points with one more after the i-th, and which it is; undefined where there is no room. */
export function added(points: readonly Point[], i: number): { points: Point[]; index: number } | undefined {
  const here = points[i];
  if (!here || points.length >= MAX_POINTS) return undefined;
  const next = points[i + 1];
  if (next) return inserted(points, (here[0] + next[0]) / 2, (here[1] + next[1]) / 2);
  const beyond = Math.min(here[0] + 3, RANGES.temp.max);
  if (beyond - here[0] >= APART) return inserted(points, beyond, Math.min(100, here[1] + 10));
  return i > 0 ? added(points, i - 1) : undefined;
}

/** The points with one more at a temperature, as near to the duty as its neighbours allow; undefined where there is no room. */
export function inserted(
  points: readonly Point[],
  temp: number,
  duty: number,
): { points: Point[]; index: number } | undefined {
  const t = clamp(round(temp, APART), RANGES.temp);
  if (points.length >= MAX_POINTS || points.some((p) => Math.abs(p[0] - t) < APART - 1e-9)) return undefined;
  const at = points.findIndex((p) => p[0] > t);
  const index = at < 0 ? points.length : at;
  return { points: moved(points.toSpliced(index, 0, [t, duty]) as Point[], index, t, duty), index };
}

/** The points without one; undefined for the last one that is left. */
export function removed(points: readonly Point[], i: number): Point[] | undefined {
  return points.length > 1 && points[i] ? (points.toSpliced(i, 1) as Point[]) : undefined;
}

/** The span of temperatures to draw: round, with room at both ends, and never so narrow that a finger has none. */
export function span(points: readonly Point[], others: readonly number[] = []): { min: number; max: number } {
  const temps = [...points.map((p) => p[0]), ...others.filter(Number.isFinite)];
  let min = Math.floor((Math.min(...temps) - 1) / 5) * 5;
  let max = Math.ceil((Math.max(...temps) + 1) / 5) * 5;
  while (max - min < 15) {
    max += 5;
    if (max - min < 15) min -= 5;
  }
  return { min, max };
}

/** The corners of what the output really does: the curve within its bounds, shifted down by k kelvin for the way back. */
export function outline(
  points: readonly Point[],
  b: Bounds,
  { min, max }: { min: number; max: number },
  k = 0,
): Point[] {
  const corners = new Set([min, max, ...points.map((p) => p[0] - k)]);
  // Where the curve meets a bound there is a corner too; at rest it is a step.
  for (const [i, [t, d]] of points.entries()) {
    const before = points[i - 1];
    if (!before || before[1] === d) continue;
    for (const bound of [b.min_duty, b.max_duty, b.start_duty > 0 ? b.stop_duty : -1]) {
      if (bound <= before[1] || bound >= d) continue;
      const meets = before[0] + ((t - before[0]) * (bound - before[1])) / (d - before[1]) - k;
      corners.add(meets).add(meets - 1e-6);
    }
  }
  return [...corners]
    .filter((t) => t >= min && t <= max)
    .sort((x, y) => x - y)
    .map((t) => [t, bounded(dutyAt(points, t + k), b)] as const);
}

/** The points for another input, whose readings are lower by so much. */
export function shifted(points: readonly Point[], by: number): Point[] {
  const far = points.map(([t, d]): Point => [clamp(round(t - by, 0.5), RANGES.temp), d]);
  return far.filter(([t], i) => i === 0 || t > (far[i - 1]?.[0] ?? t)) as Point[];
}

/** Round numbers from min to max, about as many as wanted. */
export function ticks(min: number, max: number, wanted: number): number[] {
  const step = [1, 2, 5, 10, 20, 50].find((s) => (max - min) / s <= wanted) ?? 100;
  const found: number[] = [];
  for (let t = Math.ceil(min / step) * step; t <= max + 1e-9; t += step) found.push(t);
  return found;
}
