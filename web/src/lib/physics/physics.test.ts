import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import type { Physics } from '../api/types';
import { PhysicsState, type Source } from './physics.svelte';

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

/** A server that answers with the number of the request, or fails. */
function world() {
  const w = {
    asked: 0,
    hidden: false,
    broken: false,
    show: () => {},
    signals: [] as AbortSignal[],
  };
  const source: Source = {
    fetch: async (signal) => {
      w.signals.push(signal);
      w.asked++;
      if (w.broken) throw new Error('away');
      return { time: w.asked } as Physics;
    },
    now: () => 1000 * w.asked,
    hidden: () => w.hidden,
    onshow: (fn) => {
      w.show = fn;
      return () => {
        w.show = () => {};
      };
    },
  };
  return { w, state: new PhysicsState(source) };
}

test('asks every twenty seconds, and not while nobody looks', async () => {
  const { w, state } = world();
  const stop = state.start();
  await vi.advanceTimersByTimeAsync(0);
  expect(state.figures?.time).toBe(1);
  await vi.advanceTimersByTimeAsync(20_000);
  expect(state.figures?.time).toBe(2);
  w.hidden = true;
  await vi.advanceTimersByTimeAsync(300_000);
  expect(w.asked).toBe(2);
  w.hidden = false;
  w.show();
  await vi.advanceTimersByTimeAsync(0);
  expect(state.figures?.time).toBe(3);
  stop();
  await vi.advanceTimersByTimeAsync(300_000);
  w.show();
  expect(w.asked).toBe(3);
  expect(w.signals.every((s) => !s.aborted)).toBe(true);
});

test('keeps what it knows when the server is away, says since when, and goes on', async () => {
  const { w, state } = world();
  w.broken = true;
  const stop = state.start();
  await vi.advanceTimersByTimeAsync(0);
  expect(state.failure).toEqual({ error: new Error('away'), since: undefined });
  w.broken = false;
  await vi.advanceTimersByTimeAsync(10_000);
  expect(state.failure).toBeUndefined();
  expect(state.figures?.time).toBe(2);
  w.broken = true;
  await vi.advanceTimersByTimeAsync(20_000);
  expect(state.figures?.time).toBe(2);
  expect(state.failure?.since).toBe(2000);
  stop();
});

test('what comes after the end changes nothing', async () => {
  let answer: (p: Physics) => void = () => {};
  const state = new PhysicsState({
    fetch: () =>
      new Promise((done) => {
        answer = done;
      }),
    now: () => 0,
    hidden: () => false,
    onshow: () => () => {},
  });
  state.start()();
  answer({ time: 7 } as Physics);
  await vi.advanceTimersByTimeAsync(60_000);
  expect(state.figures).toBeUndefined();
});
