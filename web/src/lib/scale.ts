import type { Limits } from './api/types';

/**
 * The one temperature scale of the page: cool blue over teal to warm amber and
 * alarm red, anchored at the limits, so that amber always means the warning limit
 * and red the critical one.
 */

export type Rgb = readonly [number, number, number];

export interface Palette {
  cold: Rgb;
  mild: Rgb;
  warm: Rgb;
  hot: Rgb;
}

/** Water as cold as this is as blue as it gets. */
export const COLD_C = 15;

/** The temperatures of the scale's four colours. */
export function anchors(limits: Limits): readonly [number, number, number, number] {
  const { warning, critical } = limits;
  return [
    Math.min(COLD_C, warning - 10),
    Math.min(COLD_C, warning - 10) / 2 + warning / 2,
    warning,
    critical,
  ];
}

/** The colour of a water temperature in C. */
export function temperatureColor(celsius: number, limits: Limits, palette: Palette): Rgb {
  const at = anchors(limits);
  const colors = [palette.cold, palette.mild, palette.warm, palette.hot] as const;
  if (celsius <= at[0]) return colors[0];
  for (let i = 1; i < at.length; i++) {
    const [low, high] = [at[i - 1] as number, at[i] as number];
    if (celsius > high) continue;
    return mix(colors[i - 1] as Rgb, colors[i] as Rgb, (celsius - low) / (high - low));
  }
  return palette.hot;
}

function mix(a: Rgb, b: Rgb, t: number): Rgb {
  const at = (i: 0 | 1 | 2) => Math.round(a[i] + (b[i] - a[i]) * t);
  return [at(0), at(1), at(2)];
}

export function css([r, g, b]: Rgb, alpha = 1): string {
  return alpha === 1 ? `rgb(${r} ${g} ${b})` : `rgb(${r} ${g} ${b} / ${alpha})`;
}

/** Where a temperature stands on a bar from cold to a little beyond critical, 0 to 1. */
export function position(celsius: number, limits: Limits): number {
  const [low, , , high] = anchors(limits);
  const top = high + (high - low) * 0.1;
  return Math.min(1, Math.max(0, (celsius - low) / (top - low)));
}
