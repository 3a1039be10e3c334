import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import type { SeriesQuery } from '../api/client';
import type { Device, SeriesAnswer, StreamEvent } from '../api/types';
import { LastHour } from './hour.svelte';
import { applyEvent, type Devices } from './model';

const NOW = 1_764_000_000_000;

/** The page's connection, by hand. */
class FakeLive {
  devices: Devices = {};
  loaded = false;
  #listeners = new Set<(event: StreamEvent) => void>();

  time = () => NOW;
  listen(fn: (event: StreamEvent) => void): () => void {
    this.#listeners.add(fn);
    return () => this.#listeners.delete(fn);
  }
  hear(event: unknown): void {
    this.devices = applyEvent(this.devices, event as StreamEvent);
    for (const fn of this.#listeners) fn(event as StreamEvent);
  }
}

const device = (newest: string[]) =>
  ({
    id: 'loop',
    interval_ms: 10_000,
    last_seen: null,
    newest: newest.map((metric) => ({
      metric,
      unit: 'celsius',
      value: 25,
      quality: 'good',
      time: NOW - 5000,
    })),
  }) as unknown as Device;
const snapshot = (...devices: Device[]) => ({ type: 'snapshot', data: { time: NOW, devices } });
const samples = (values: Record<string, number>) => ({
  type: 'samples',
  data: { device: 'loop', samples: [{ time: NOW - 1000, values }] },
});

/** An hour that is followed, and what it asked the server for. */
function follow(live: FakeLive, metrics?: string[]) {
  const asked: SeriesQuery[] = [];
  const fetch = async (id: string, query: SeriesQuery): Promise<SeriesAnswer> => {
    asked.push(query);
    const times = [NOW - 1_800_000, NOW - 1000];
    const series = (query.metrics ?? []).map((metric) => ({
      metric,
      unit: 'celsius' as const,
      mean: [24, 25],
    }));
    const { from, to } = query;
    return { device: id, from, to, resolution: 'raw', step: 0, gap: 90_000, times, series };
  };
  const hour = new LastHour('loop', metrics, { live, fetch });
  return { hour, asked, end: hour.start() };
}

const settle = () => vi.advanceTimersByTimeAsync(1);

beforeEach(() => vi.useFakeTimers());
afterEach(() => vi.useRealTimers());

describe('the last hour of a device', () => {
  test('is loaded with the snapshot, or at once where there is one', async () => {
    const live = new FakeLive();
    const { hour, asked, end } = follow(live);
    await settle();
    expect([asked.length, hour.frame]).toEqual([0, undefined]);
    live.hear(snapshot(device(['water'])));
    await settle();
    expect(asked).toEqual([{ from: NOW - 3_600_000, to: NOW, width: 180, metrics: ['water'] }]);
    expect(hour.frame?.times).toHaveLength(2);
    end();

    live.loaded = true;
    const second = follow(live);
    await settle();
    expect(second.asked).toHaveLength(1);
    second.end();
  });

  test.each([
    ['with samples', samples({ water: 25 })],
    ['with what is known of the device', { type: 'device', data: device(['water']) }],
  ])('is empty before the first reading, and is loaded when that comes %s', async (_, first) => {
    const live = new FakeLive();
    const { hour, asked, end } = follow(live);
    live.hear(snapshot(device([])));
    await settle();
    // Empty, not unknown; and the server is not asked for what it would refuse.
    expect([asked.length, hour.frame?.times]).toEqual([0, []]);
    live.hear(samples({ ambient: 20 }));
    await settle();
    expect(asked).toHaveLength(0);

    live.hear(first);
    await settle();
    expect(asked).toHaveLength(1);
    expect(hour.frame?.times).toHaveLength(2);
    live.hear(samples({ water: 25.5 }));
    await settle();
    expect(asked).toHaveLength(1); // once is enough: the rest is joined
    expect(hour.frame?.columns.get('water')?.mean.at(-1)).toBe(25.5);
    end();
  });

  test('of two readings is loaded when both are there', async () => {
    const live = new FakeLive();
    const { asked, end } = follow(live, ['water', 'ambient']);
    live.hear(snapshot(device(['water'])));
    await settle();
    expect(asked).toHaveLength(0);
    live.hear(samples({ ambient: 20 }));
    await settle();
    expect(asked).toHaveLength(1);
    end();
  });

  test('is loaded again when older samples were delivered late, and not after its end', async () => {
    const live = new FakeLive();
    const { asked, end } = follow(live);
    live.hear(snapshot(device(['water'])));
    await settle();
    live.hear({ type: 'backfill', data: { device: 'loop', from: NOW - 9e5, to: NOW - 6e5 } });
    live.hear({ type: 'backfill', data: { device: 'other', from: NOW - 9e5, to: NOW - 6e5 } });
    live.hear({ type: 'backfill', data: { device: 'loop', from: NOW - 9e6, to: NOW - 8e6 } });
    await vi.advanceTimersByTimeAsync(1001);
    expect(asked).toHaveLength(2);
    live.hear(snapshot(device(['water'])));
    end();
    await vi.advanceTimersByTimeAsync(60_000);
    expect(asked).toHaveLength(2);
  });
});
