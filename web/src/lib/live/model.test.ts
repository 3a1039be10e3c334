import { describe, expect, test } from 'vitest';
import type { Device, Health, Rejection } from '../api/types';
import {
  applyEvent,
  difference,
  faultState,
  faultyNow,
  inOrder,
  readingOf,
  title,
  unitOf,
  withSamples,
} from './model';
import { withRejection } from './rejections';

function device(id: string, values: Record<string, number | null> = {}, health: Health = 'ok'): Device {
  return {
    id,
    name: '',
    created: 1,
    primary: false,
    health,
    presence: null,
    last_seen: 100,
    interval_ms: 10,
    interval_known: true,
    silence_ms: 90,
    newest: Object.entries(values).map(([metric, value]) => ({
      metric,
      unit: unitOf(metric),
      value,
      quality: value === null ? 'crc' : 'good',
      time: 100,
    })),
    limits: { warning: 40, critical: 50 },
    info: null,
  };
}

describe('applyEvent', () => {
  const before = { a: device('a', { water: 20 }), b: device('b') };
  test('a snapshot replaces everything', () => {
    const data = { epoch: 'e', seq: 1, time: 1, devices: [device('c')] };
    expect(Object.keys(applyEvent(before, { type: 'snapshot', data }))).toEqual(['c']);
  });
  test('a device is added or replaced', () => {
    expect(Object.keys(applyEvent(before, { type: 'device', data: device('c') }))).toEqual(['a', 'b', 'c']);
    expect(applyEvent(before, { type: 'device', data: device('a', {}, 'offline') }).a?.health).toBe(
      'offline',
    );
  });
  test('a removed device is gone', () => {
    expect(Object.keys(applyEvent(before, { type: 'removed', data: { device: 'a' } }))).toEqual(['b']);
    expect(applyEvent(before, { type: 'removed', data: { device: 'x' } })).toBe(before);
  });
  test('samples bring the newest readings', () => {
    const samples = [{ time: 200, values: { water: 21 }, faults: { inlet: 'disconnected' } }];
    const after = applyEvent(before, { type: 'samples', data: { device: 'a', samples } });
    expect(after.a?.last_seen).toBe(200);
    expect(readingOf(after.a as Device, 'water')?.value).toBe(21);
    expect(readingOf(after.a as Device, 'inlet')).toMatchObject({ value: null, quality: 'disconnected' });
    expect(before.a.newest[0]?.value).toBe(20);
  });
  test('samples of a stranger and ticks change nothing', () => {
    expect(applyEvent(before, { type: 'samples', data: { device: 'x', samples: [] } })).toBe(before);
    expect(applyEvent(before, { type: 'tick', data: { time: 1 } })).toBe(before);
  });
  test('older samples do not turn the clock back', () => {
    const late = withSamples(before.a, [{ time: 50, values: { water: 9 } }]);
    expect(readingOf(late, 'water')?.value).toBe(20);
    expect(late.last_seen).toBe(100);
  });
});

describe('difference', () => {
  test.each([
    [
      'water over ambient first',
      { water: 30, ambient: 22, inlet: 29, outlet: 31 },
      { value: 8, of: 'ambient' },
    ],
    ['else outlet over inlet', { water: 30, inlet: 29, outlet: 31.5 }, { value: 2.5, of: 'loop' }],
    ['a fault is no zero', { water: 30, ambient: null, inlet: 29, outlet: 31 }, { value: 2, of: 'loop' }],
    ['unknown', { water: 30 }, undefined],
  ])('%s', (_, values, want) => {
    expect(difference(device('a', values))).toEqual(want);
  });
});

test('the loudest come first', () => {
  const all = Object.fromEntries(
    (['ok', 'offline', 'alarm', 'critical', 'fault', 'warning', 'waiting'] as const).map((h) => [
      h,
      device(h, {}, h),
    ]),
  );
  expect(inOrder(all).map((d) => d.id)).toEqual([
    'critical',
    'alarm',
    'fault',
    'warning',
    'ok',
    'offline',
    'waiting',
  ]);
  expect(title({ id: 'a', name: '' })).toBe('a');
});

test.each([
  ['water', 'celsius'],
  ['fan2_rpm', 'rpm'],
  ['pump_duty', 'percent'],
  ['flow_lpm', 'lpm'],
  ['heat_w', 'watt'],
  ['room_rh', 'rh'],
])('%s is in %s', (metric, unit) => expect(unitOf(metric)).toBe(unit));

test('equal refusals of a minute are one', () => {
  const r = (time: number, count: number, code = 'not_json', detail = ''): Rejection => ({
    id: 0,
    time,
    device: 'a',
    topic: 't',
    code,
    detail,
    excerpt: '',
    count,
  });
  const list = withRejection([r(60_000, 1), r(50_000, 1)], r(70_000, 2));
  expect(list.map((x) => [x.time, x.count])).toEqual([
    [70_000, 2],
    [50_000, 1],
  ]);
  expect(withRejection(list, r(70_000, 1, 'future'))).toHaveLength(3);
  const missing = (field: string) => r(60_000, 1, 'bad_field', `${field}: it is missing`);
  const two = withRejection([missing('boot')], missing('samples[0].seq'));
  expect(two).toHaveLength(2);
  expect(withRejection(two, missing('samples[17].seq'))).toHaveLength(2);
});

describe('a fault', () => {
  const loop = device('a', { inlet: null, water: 20 }); // read at 100, silent for 90 at most
  const span = { metric: 'inlet', quality: 'crc', from: 50, to: 100, count: 2 };
  test.each([
    { name: 'goes on while it is the newest reading', span, now: 190, want: 'ongoing' },
    { name: 'is unknown once that is too old', span, now: 191, want: 'unknown' },
    { name: 'is over after another', span: { ...span, to: 90 }, now: 110, want: 'over' },
    {
      name: 'is over after one of another kind',
      span: { ...span, quality: 'stale' },
      now: 110,
      want: 'over',
    },
    { name: 'is over after a good reading', span: { ...span, metric: 'water' }, now: 110, want: 'over' },
    { name: 'is over without the series', span: { ...span, metric: 'outlet' }, now: 110, want: 'over' },
  ])('$name', ({ span, now, want }) => expect(faultState(loop, span, now)).toBe(want));
  test('counts for as long as it goes on', () => {
    expect(faultyNow(loop, 190).map((r) => r.metric)).toEqual(['inlet']);
    expect(faultyNow(loop, 191)).toEqual([]);
    expect(faultyNow({ ...loop, health: 'fault' }, 191)).toHaveLength(1);
  });
});
