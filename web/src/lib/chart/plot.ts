import uPlot from 'uplot';
import type { FaultSpan, Limits, Unit } from '../api/types';
import type { Formats } from '../i18n/format';
import { unitOf } from '../live/model';
import { css, temperatureColor } from '../scale';
import type { Degrees } from '../settings.svelte';
import type { colors } from '../ui/palette.svelte';
import { degrees } from '../units';
import { timeLabels } from './axes';
import { type Drawing, type Line, temperatureRange } from './data';
import { type Panel, tokenOf } from './panels';
import type { Window } from './view';

/** What a plot asks while it draws. Read anew each time, so that the instance stays. */
export interface Surroundings {
  colors: typeof colors;
  formats(): Formats;
  degrees(): Degrees;
  limits(): Limits;
  faults(): readonly FaultSpan[];
  limitName(kind: 'warning' | 'critical'): string;
  font(): string;
  /** Whether any of the panels has a scale on the right. */
  rightScale(): boolean;
}

export interface Handlers {
  selected(window: Window): void;
  reset(): void;
  /** The time under the pointer, or null. */
  pointed(time: number | null): void;
}

/** Width of a value scale, in CSS pixels. */
const SIDE = 56;
const INCREMENTS = [0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10, 20, 50, 100, 200, 500, 1000, 2000, 5000];

/**
 * Each metric has three series: its mean, and the band's edges. The first metric
 * matters most: its series come last, so that they are drawn on top.
 */
export const seriesIndex = (metric: number, of: number) => 1 + (of - 1 - metric) * 3;

/** Columns for uPlot from a drawing. */
export function columnsOf(drawing: Drawing): uPlot.AlignedData {
  const none: Line = new Array(drawing.times.length).fill(null);
  const filled = (line: Line) => (line.length > 0 ? line : none);
  return [
    drawing.times,
    ...drawing.lines.toReversed().flatMap((l) => [l.mean, filled(l.min), filled(l.max)]),
  ];
}

/** Makes the plot of a panel inside an element; without data yet. */
export function makePlot(
  target: HTMLElement,
  panel: Panel,
  size: { width: number; height: number },
  around: Surroundings,
  on: Handlers,
): uPlot {
  const { colors } = around;
  const series: uPlot.Series[] = [{}];
  const bands: uPlot.Band[] = [];
  const count = panel.metrics.length;
  for (let i = count - 1; i >= 0; i--) {
    const metric = panel.metrics[i] as string;
    const token = tokenOf(metric, i);
    const scale = unitOf(metric);
    const edge: uPlot.Series = { scale, width: 0, points: { show: false } };
    series.push(
      {
        scale,
        label: metric,
        width: metric === 'water' ? 2.25 : 1.5,
        dash: scale === 'lpm' ? [5, 4] : [], // it has its own scale on the right
        points: {
          show: () => false,
          filter: lonely,
          size: 4,
          stroke: () => colors.css(token),
          fill: () => colors.css(token),
        },
        stroke: metric === 'water' ? (u) => waterStroke(u, around) : () => colors.css(token),
      },
      { ...edge },
      { ...edge },
    );
    const at = seriesIndex(i, count);
    bands.push({ series: [at + 2, at + 1], fill: () => colors.css(token, 0.16) });
  }

  const options: uPlot.Options = {
    ...size,
    ms: 1,
    series,
    bands,
    legend: { show: false },
    // A panel without a right scale leaves its room free, so that all plots are equally wide.
    padding: [12, panel.units.length > 1 ? 0 : around.rightScale() ? SIDE : 12, 0, 0],
    scales: {
      x: { time: true, auto: false },
      ...Object.fromEntries(panel.units.map((unit) => [unit, { range: rangeOf(unit, around) }])),
    },
    axes: [timeAxis(around), ...panel.units.map((unit, i) => valueAxis(unit, i, around))],
    cursor: {
      y: false,
      drag: { x: true, y: false, setScale: false, dist: 4 },
      points: {
        size: (_, i) => ((i - 1) % 3 === 0 ? 7 : 0),
        stroke: (_, i) => pointColor(panel, i, around),
        fill: (_, i) => pointColor(panel, i, around),
      },
      bind: {
        mousedown: (_, __, handler) => (e) => (e.shiftKey ? null : handler(e)),
        dblclick: () => () => {
          on.reset();
          return null;
        },
      },
    },
    hooks: {
      drawClear: [(u) => drawFaults(u, panel, around)],
      draw: [(u) => (panel.name === 'temperatures' ? drawLimits(u, around) : undefined)],
      setSelect: [
        (u) => {
          if (u.select.width < 4) return;
          const from = u.posToVal(u.select.left, 'x');
          const to = u.posToVal(u.select.left + u.select.width, 'x');
          u.setSelect({ left: 0, top: 0, width: 0, height: 0 }, false);
          on.selected({ from, to });
        },
      ],
      setCursor: [
        (u) => {
          const { left } = u.cursor;
          on.pointed(left === undefined || left < 0 ? null : u.posToVal(left, 'x'));
        },
      ],
    },
  };
  return new uPlot(options, [[], ...series.slice(1).map(() => [])] as unknown as uPlot.AlignedData, target);
}

/** Points are drawn only where a line cannot be: at a value alone between gaps. */
function lonely(u: uPlot, i: number): number[] | null {
  const values = u.data[i] as Line;
  const [first, last] = u.series[i]?.idxs ?? [0, values.length - 1];
  const alone: number[] = [];
  for (let k = first; k <= last; k++) {
    if (typeof values[k] !== 'number') continue;
    if (!neighbour(values, k, -1) && !neighbour(values, k, 1)) alone.push(k);
  }
  return alone.length > 0 ? alone : null;
}

function neighbour(values: Line, k: number, step: 1 | -1): boolean {
  for (let at = k + step; at >= 0 && at < values.length; at += step) {
    if (values[at] === null) return false;
    if (values[at] !== undefined) return true;
  }
  return false;
}

function pointColor(panel: Panel, series: number, around: Surroundings): string {
  const offset = (series - 1) % 3;
  if (offset !== 0) return 'transparent';
  const i = panel.metrics.length - 1 - (series - 1) / 3;
  return around.colors.css(tokenOf(panel.metrics[i] ?? '', i));
}

function timeAxis(around: Surroundings): uPlot.Axis {
  return {
    ...axisLook(around),
    size: 44,
    space: 72,
    values: (_, splits, __, ___, increment) => timeLabels(splits, increment, around.formats()),
  };
}

function valueAxis(unit: Unit, i: number, around: Surroundings): uPlot.Axis {
  return {
    ...axisLook(around),
    scale: unit,
    side: i === 0 ? 3 : 1,
    size: SIDE,
    space: 34,
    incrs: INCREMENTS,
    grid: { ...axisLook(around).grid, show: i === 0 },
    values: (_, splits, __, ___, increment) => {
      const decimals = increment < 0.1 ? 2 : increment < 1 ? 1 : 0; // no 2.5 among the increments
      return splits.map((v) => around.formats().number(v, decimals));
    },
  };
}

function axisLook(around: Surroundings) {
  const { colors } = around;
  return {
    stroke: () => colors.css('--muted'),
    font: around.font(),
    lineGap: 1.4,
    grid: { stroke: () => colors.css('--line'), width: 1 },
    ticks: { show: false },
    gap: 8,
  } satisfies uPlot.Axis;
}

function rangeOf(unit: Unit, around: Surroundings): uPlot.Scale.Range {
  return (_, low, high) => {
    if (unit === 'percent' || unit === 'rh') return [0, 100];
    if (unit !== 'celsius') {
      // Flow follows the pump: with more room above it the two do not lie on each other.
      const top = unit === 'lpm' ? Math.max(high ?? 0, 1) * 1.6 : Math.max(high ?? 0, 100) * 1.12;
      return [Math.min(0, (low ?? 0) * 1.12), top];
    }
    // null is an empty window; uPlot hands over null although its types do not say so.
    if (low === null || high === null || !Number.isFinite(low))
      return [degrees(18, around.degrees()), degrees(28, around.degrees())];
    if (around.degrees() === 'c') return temperatureRange(low, high, around.limits());
    const back = (f: number) => (f - 32) / 1.8;
    const [bottom, top] = temperatureRange(back(low), back(high), around.limits());
    return [degrees(bottom, 'f'), degrees(top, 'f')];
  };
}

/** The water's line has the colours of the temperature scale, by its own height. */
function waterStroke(u: uPlot, around: Surroundings): CanvasGradient | string {
  const { min, max } = u.scales.celsius ?? {};
  if (min == null || max == null || u.bbox.height <= 0) return around.colors.css('--temp-cold');
  const gradient = u.ctx.createLinearGradient(0, u.bbox.top, 0, u.bbox.top + u.bbox.height);
  const palette = around.colors.temperatures;
  const STOPS = 12;
  for (let i = 0; i <= STOPS; i++) {
    const shown = max - ((max - min) * i) / STOPS;
    const celsius = around.degrees() === 'f' ? (shown - 32) / 1.8 : shown;
    gradient.addColorStop(i / STOPS, css(temperatureColor(celsius, around.limits(), palette)));
  }
  return gradient;
}

/** Shades when a metric of the panel had no trustworthy value. */
function drawFaults(u: uPlot, panel: Panel, around: Surroundings): void {
  const { ctx, bbox } = u;
  ctx.save();
  ctx.beginPath();
  ctx.rect(bbox.left, bbox.top, bbox.width, bbox.height);
  ctx.clip();
  for (const span of around.faults()) {
    if (!panel.metrics.includes(span.metric)) continue;
    const left = u.valToPos(span.from, 'x', true);
    const width = Math.max(2 * uPlot.pxRatio, u.valToPos(span.to, 'x', true) - left);
    if (left > bbox.left + bbox.width || left + width < bbox.left) continue;
    ctx.fillStyle = around.colors.css('--fault', 0.14);
    ctx.fillRect(left, bbox.top, width, bbox.height);
    ctx.fillStyle = around.colors.css('--fault');
    ctx.fillRect(left, bbox.top, width, 4 * uPlot.pxRatio);
  }
  ctx.restore();
}

/** Draws the limits that are in sight, and says where the next one is if none is. */
function drawLimits(u: uPlot, around: Surroundings): void {
  const { ctx, bbox } = u;
  const { max, min } = u.scales.celsius ?? {};
  if (max == null || min == null) return;
  const ratio = uPlot.pxRatio;
  ctx.save();
  ctx.font = around.font().replace(/[\d.]+px/, (size) => `${Number.parseFloat(size) * ratio}px`);
  ctx.textAlign = 'right';
  // With a rim of the ground's colour, so that it can be read across a line.
  const write = (text: string, x: number, y: number) => {
    ctx.save();
    ctx.setLineDash([]);
    ctx.strokeStyle = around.colors.css('--surface');
    ctx.lineWidth = 4 * ratio;
    ctx.lineJoin = 'round';
    ctx.strokeText(text, x, y);
    ctx.restore();
    ctx.fillText(text, x, y);
  };
  for (const kind of ['warning', 'critical'] as const) {
    const value = degrees(around.limits()[kind], around.degrees());
    const right = bbox.left + bbox.width - 6 * ratio;
    if (value > max || value < min) {
      if (kind === 'warning' && value > max) {
        ctx.fillStyle = around.colors.css('--muted');
        ctx.textBaseline = 'top';
        write(`↑ ${around.limitName(kind)}`, right, bbox.top + 8 * ratio);
      }
      continue;
    }
    const y = Math.round(u.valToPos(value, 'celsius', true));
    ctx.strokeStyle = around.colors.css(kind === 'warning' ? '--temp-warm' : '--temp-hot');
    ctx.lineWidth = 1.25 * ratio;
    ctx.setLineDash([6 * ratio, 4 * ratio]);
    ctx.beginPath();
    ctx.moveTo(bbox.left, y);
    ctx.lineTo(bbox.left + bbox.width, y);
    ctx.stroke();
    ctx.fillStyle = around.colors.css(kind === 'warning' ? '--warning' : '--critical');
    ctx.textBaseline = 'bottom';
    write(around.limitName(kind), right, y - 3 * ratio);
  }
  ctx.restore();
}
