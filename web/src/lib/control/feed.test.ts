import { describe, expect, test } from 'vitest';
import { holds, inputCommand, inputRequest, proposed } from './feed';

describe('a feed-forward that is proposed', () => {
  test.each<[string, number, number, number, number | undefined]>([
    ['what holds it, spread over its watts', 60, 20, 80, 0.5],
    ['of a demand, which begins at 0', 45, 0, 60, 0.75],
    ['not more than can be asked for', 100, 0, 1, 5],
    ['none without heat', 60, 20, 0, undefined],
    ['none without more than the least duty', 20, 20, 60, undefined],
    ['none of what is no number', Number.NaN, 20, 60, undefined],
  ])('%s', (_, duty, least, watts, want) => expect(proposed(duty, least, watts)).toBe(want));
});

test('heat holds until its time', () => {
  const heat = { host_w: 45, until: 1000 };
  expect([holds(heat, 999), holds(heat, 1000), holds(undefined, 0)]).toEqual([true, false, false]);
});

test('how it is sent names the device, and the server behind its prefix', () => {
  expect(inputCommand('my-loop')).toBe('coolant device input my-loop --host-w 45 --for 1m');
  expect(inputRequest('my-loop', 'https://example.org/coolant/')).toContain(
    ' https://example.org/coolant/api/v1/devices/my-loop/input ',
  );
});
