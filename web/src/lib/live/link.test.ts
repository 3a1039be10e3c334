import { describe, expect, test } from 'vitest';
import {
  ATTEMPT_MS,
  advance,
  backoff,
  type Link,
  type LinkEvent,
  OFFLINE_MS,
  SILENCE_MS,
  startLink,
} from './link';

/** Plays events at times, and returns the link after the last. */
function play(...events: [at: number, event: LinkEvent][]): Link {
  return events.reduce((link, [at, event]) => advance(link, event, at, 0), startLink(0));
}

describe('the connection', () => {
  test.each<{ name: string; events: [number, LinkEvent][]; want: Partial<Link> }>([
    { name: 'starts by connecting', events: [], want: { phase: 'connecting', socket: 'opening' } },
    {
      name: 'is live when it opens',
      events: [[10, 'opened']],
      want: { phase: 'live', socket: 'open', since: 10 },
    },
    { name: 'is live when something is heard', events: [[10, 'heard']], want: { phase: 'live' } },
    {
      name: 'remembers when it was last heard',
      events: [
        [10, 'opened'],
        [500, 'heard'],
      ],
      want: { heard: 500, since: 10 },
    },
    {
      name: 'reconnects when it fails, and says since when',
      events: [
        [10, 'opened'],
        [500, 'heard'],
        [900, 'failed'],
      ],
      want: { phase: 'reconnecting', since: 500, socket: 'none', retryAt: 1400, attempt: 1 },
    },
    {
      name: 'tries again when the time has come',
      events: [
        [10, 'opened'],
        [900, 'failed'],
        [1399, 'clock'],
        [1400, 'clock'],
      ],
      want: { phase: 'reconnecting', socket: 'opening' },
    },
    {
      name: 'waits before that',
      events: [
        [10, 'opened'],
        [900, 'failed'],
        [1399, 'clock'],
      ],
      want: { socket: 'none' },
    },
    {
      name: 'is live again',
      events: [
        [10, 'opened'],
        [900, 'failed'],
        [1400, 'clock'],
        [1450, 'opened'],
      ],
      want: { phase: 'live', since: 1450, attempt: 0 },
    },
    {
      name: 'is offline after a while, still since the last word',
      events: [
        [10, 'opened'],
        [900, 'failed'],
        [1400, 'clock'],
        [1500, 'failed'],
        [10 + OFFLINE_MS, 'clock'],
      ],
      want: { phase: 'offline', since: 10, attempt: 2 },
    },
    {
      name: 'goes on trying while offline',
      events: [
        [10, 'opened'],
        [900, 'failed'],
        [OFFLINE_MS + 10, 'clock'],
        [OFFLINE_MS + 11, 'failed'],
        [OFFLINE_MS + 3000, 'clock'],
      ],
      want: { phase: 'offline', socket: 'opening' },
    },
    {
      name: 'does not trust a silent connection',
      events: [
        [10, 'opened'],
        [11 + SILENCE_MS, 'clock'],
      ],
      want: { socket: 'none' },
    },
    {
      name: 'gives up an attempt that nobody answers',
      events: [[ATTEMPT_MS + 1, 'clock']],
      want: { phase: 'reconnecting', socket: 'none' },
    },
    {
      name: 'tries at once when woken',
      events: [
        [10, 'opened'],
        [900, 'failed'],
        [901, 'wake'],
      ],
      want: { socket: 'opening' },
    },
    {
      name: 'checks for silence when woken',
      events: [
        [10, 'opened'],
        [11 + SILENCE_MS, 'wake'],
      ],
      want: { socket: 'none' },
    },
    {
      name: 'ignores a late word of a socket that was given up',
      events: [
        [10, 'opened'],
        [900, 'failed'],
        [950, 'heard'],
      ],
      want: { phase: 'reconnecting', socket: 'none' },
    },
    {
      name: 'ignores a second failure of the same socket',
      events: [
        [10, 'opened'],
        [900, 'failed'],
        [901, 'failed'],
      ],
      want: { attempt: 1 },
    },
  ])('$name', ({ events, want }) => {
    expect(play(...events)).toMatchObject(want);
  });

  test('nothing new is the same object while nothing happens', () => {
    const link = startLink(0);
    expect(advance(link, 'clock', 1, 0)).toBe(link);
  });
});

test('the backoff doubles up to 15 s, and chance takes up to a quarter off', () => {
  expect([1, 2, 3, 4, 5, 6, 50].map((n) => backoff(n, 0))).toEqual([
    500, 1000, 2000, 4000, 8000, 15_000, 15_000,
  ]);
  expect(backoff(6, 1)).toBe(11_250);
});
