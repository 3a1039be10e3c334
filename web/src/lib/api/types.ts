/** The shapes of the API, by the names that the page uses. Times are Unix milliseconds. */

export type Health = 'ok' | 'waiting' | 'warning' | 'fault' | 'offline' | 'critical';
export type Quality = 'good' | 'por85' | 'disconnected' | 'crc' | 'range' | 'stuck' | 'stale';
export type Unit = 'celsius' | 'rpm' | 'percent' | 'lpm' | 'watt' | 'rh';

export interface Reading {
  metric: string;
  unit: Unit;
  value: number | null;
  quality: Quality;
  time: number;
}

export interface Limits {
  warning: number;
  critical: number;
}

export interface Device {
  id: string;
  name: string;
  created: number;
  primary: boolean;
  health: Health;
  presence: { online: boolean; since: number } | null;
  last_seen: number | null;
  interval_ms: number;
  newest: Reading[];
  limits: Limits;
  info: Record<string, unknown> | null;
}

type Values = (number | null)[];

export interface SeriesColumn {
  metric: string;
  unit: Unit;
  mean: Values;
  min?: Values;
  max?: Values;
  last?: Values;
}

export interface SeriesAnswer {
  device: string;
  from: number;
  to: number;
  resolution: 'raw' | '1m' | '1h';
  /** Width of a bucket; 0: the points are the samples themselves. */
  step: number;
  /** Neighbours further apart than this are not connected. */
  gap: number;
  times: number[];
  series: SeriesColumn[];
}

export interface FaultSpan {
  metric: string;
  quality: Quality;
  from: number;
  to: number;
  count: number;
}

export interface Rejection {
  id: number;
  time: number;
  device: string;
  topic: string;
  code: string;
  detail: string;
  excerpt: string;
  count: number;
}

export interface System {
  version: string;
  started: number;
  time: number;
  epoch: string;
  listeners: { name: string; address: string }[];
  ready: boolean;
  problems: { name: string; detail: string }[];
  connected: number;
  storage_bytes: number;
}

export interface LiveSample {
  time: number;
  values: Record<string, number>;
  faults?: Record<string, Quality>;
}

/** What the stream says, by the name of the event. */
export type StreamEvent =
  | { type: 'snapshot'; data: { epoch: string; seq: number; time: number; devices: Device[] } }
  | { type: 'samples'; data: { device: string; samples: LiveSample[] } }
  | { type: 'backfill'; data: { device: string; from: number; to: number } }
  | { type: 'device'; data: Device }
  | { type: 'removed'; data: { device: string } }
  | { type: 'rejected'; data: Rejection }
  | { type: 'tick'; data: { time: number } };

export const STREAM_EVENTS = [
  'snapshot',
  'samples',
  'backfill',
  'device',
  'removed',
  'rejected',
  'tick',
] as const satisfies readonly StreamEvent['type'][];
