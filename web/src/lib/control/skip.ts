import { MOST, type Span } from './contract';

/** Bands of duty that an output does not stay in: ascending, apart, and within its bounds. Pure. */

/** The bands with one more, above the others where there is room, else in the widest gap; undefined where there is none. */
export function withBand(bands: readonly Span[], max: number): Span[] | undefined {
  if (bands.length >= MOST.bands) return undefined;
  const edges = [...bands, [max + 1, max + 1] as const];
  const gaps = edges.map(([to], i) => ({ i, from: i === 0 ? 0 : (bands[i - 1]?.[1] ?? 0) + 1, to: to - 1 }));
  const widest = gaps.reduce((a, b) => (b.to - b.from > a.to - a.from ? b : a));
  if (widest.to - widest.from < 1) return undefined;
  const middle = Math.round((widest.from + widest.to) / 2);
  const from = Math.max(widest.from, middle - 3);
  return bands.toSpliced(widest.i, 0, [from, Math.min(widest.to, from + 6)]) as Span[];
}

/** The bands with an edge moved as near to a duty as its neighbours allow. */
export function withEdge(bands: readonly Span[], i: number, edge: 0 | 1, duty: number, max: number): Span[] {
  const band = bands[i];
  if (!band) return [...bands];
  const low = edge === 0 ? (i === 0 ? 0 : (bands[i - 1]?.[1] ?? 0) + 1) : band[0] + 1;
  const high = edge === 1 ? (bands[i + 1]?.[0] ?? max + 1) - 1 : band[1] - 1;
  const to = Math.min(high, Math.max(low, Math.round(duty)));
  return bands.with(i, edge === 0 ? [to, band[1]] : [band[0], to]) as Span[];
}
