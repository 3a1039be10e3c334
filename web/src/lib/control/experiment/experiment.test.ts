import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import type { Device } from '../../api/types';
import type { Output } from '../outputs';
import { can, experimentOf, leaderOf, tunable } from './experiment';
import { reasonKey, refusalKey } from './reasons';

const of = (experiment: unknown) => experimentOf({ experiment });

describe('what a device says of an experiment', () => {
  // The examples of contract/README.md.
  test('one that runs', () => {
    expect(
      of({ command: 'c-7', kind: 'autotune', output: 'fan', state: 'running', phase: 'cooling', cycles: 2 }),
    ).toEqual({
      ...{ command: 'c-7', kind: 'autotune', output: 'fan', state: 'running', phase: 'cooling', cycles: 2 },
      ...{ reason: undefined, tuned: undefined, turned: [], flow: undefined, swept: undefined },
    });
  });
  test('gains that were found', () => {
    const pi = { setpoint: 31.5, kp: 52.5, ti_s: 64, deadband_k: 0.13 };
    const more = { delay_s: 9.5, gain: 0.00021, swing_k: 0.41, settle_s: 190 };
    const e = of({ command: 'c-7', kind: 'autotune', output: 'fan', state: 'done', pi, ...more });
    expect(e?.tuned).toEqual({ ...pi, delay_s: 9.5, swing_k: 0.41, settle_s: 190 });
  });
  test('a run', () => {
    const turned = [{ output: 'pump', rpm: 0 }, { output: 'fan', rpm: 1240 }, { output: 3 }, null];
    const e = of({ kind: 'run', output: 'fan', state: 'done', turned, flow_lpm: 0 });
    expect(e?.turned).toEqual(turned.slice(0, 2));
    expect(e?.flow).toBe(0);
    expect(e?.command).toBeUndefined();
  });
  test('a sweep', () => {
    const found = { start_duty: 24, stop_duty: 14, min_rpm: 310, max_rpm: 2080 };
    expect(of({ kind: 'sweep', output: 'fan', state: 'done', ...found })?.swept).toEqual(found);
  });
  test('a pump that rests', () => {
    const e = of({ kind: 'run', output: 'pump', state: 'resting', reason: 'dry: no flow after 5 s' });
    expect([e?.state, reasonKey(e?.reason)]).toEqual(['resting', 'dry']);
  });
  test.each([
    [undefined],
    [null],
    ['x'],
    [[]],
    [{}],
    [{ kind: 'run', output: 'fan', state: 'dancing' }],
    [{ kind: 'run', state: 'done' }],
    [{ output: 'fan', state: 'done' }],
  ])('nothing is made of %j', (value) => expect(of(value)).toBeUndefined());
  test('half a result is none', () => {
    const e = of({ kind: 'autotune', output: 'fan', state: 'done', pi: { kp: 3, ti_s: '9' }, start_duty: 4 });
    expect([e?.tuned, e?.swept]).toEqual([undefined, undefined]);
  });
});

test('only what a device lists can be asked of it', () => {
  const device = (capabilities: unknown) => ({ info: { capabilities } }) as unknown as Device;
  expect(can(device(['desired', 'autotune']), 'autotune')).toBe(true);
  expect(can(device(['desired', 'autotune']), 'commission')).toBe(false);
  expect(can(device('autotune'), 'autotune')).toBe(false);
  expect(can({ info: null } as unknown as Device, 'autotune')).toBe(false);
});

test('gains are those of what turns at any speed by its own law', () => {
  const output = (more: object) =>
    ({ name: 'fan', role: 'fan', onOff: false, auto: { input: 'water' }, ...more }) as Output;
  const follow = { auto: { follow: { output: 'pump', range: [40, 100] } } } as object;
  expect(tunable(output({}))).toBe(true);
  expect(tunable(output({ onOff: true }))).toBe(false);
  expect(tunable(output({ role: 'chiller' }))).toBe(false);
  expect(tunable(output({ auto: undefined }))).toBe(false);
  expect(tunable(output(follow))).toBe(false);
  expect(leaderOf(output(follow))).toBe('pump');
});

test('reasons of the firmware are known, and others are not guessed at', () => {
  expect(reasonKey('no pulses at full duty: is the tachometer wired to this pin?')).toBe('no_pulses');
  expect(reasonKey('it stood still again at the duty at which it had started; try again')).toBe('stood');
  expect(reasonKey('the speed does not follow the duty: is the PWM wire on this pin?')).toBe('no_follow');
  expect(reasonKey('somebody ended it')).toBe('aborted');
  expect(reasonKey('the water came within 5 K of critical')).toBe('claim');
  expect(reasonKey('the moon is full')).toBeUndefined();
  expect(reasonKey(undefined)).toBeUndefined();
  expect(
    refusalKey('a sweep of a pump needs a flow meter, or somebody who has seen water move (filled)'),
  ).toBe('filled');
  expect(refusalKey('a sweep needs a tachometer; the output has none')).toBe('tachometer');
  expect(refusalKey('pump: it is tried already; abort that, or wait for its end')).toBe('busy');
  expect(refusalKey('the water has to be more than 10 K below critical')).toBe('hot');
  expect(refusalKey('nothing is being tried')).toBe('nothing');
  expect(refusalKey('leak: this fault is active')).toBe('fault');
  expect(refusalKey('the setpoint has to be at least 6 K below critical')).toBe('setpoint');
  expect(refusalKey('fan: it follows; tune its leader pump')).toBe('follows');
  expect(refusalKey('the moon is full')).toBeUndefined();
});

test('every reason that the law of an experiment gives has a text', () => {
  const folder = join(import.meta.dirname, '../../../../../internal/control');
  const source = readdirSync(folder)
    .filter((name) => name.endsWith('.go') && !name.endsWith('_test.go'))
    .map((name) => readFileSync(join(folder, name), 'utf8'))
    .join('\n');
  const disturbance = /\) disturbance\(\) string \{\n([\s\S]*?)\n\}/.exec(source)?.[1] ?? '';
  const reasons = [
    ...source.matchAll(/\.fail\("([^"]+)"\)/g),
    ...disturbance.matchAll(/return (?:o\.Name \+ )?"([^"]+)"/g),
  ].map((m) => m[1]);
  expect(reasons.length).toBeGreaterThan(12);
  expect(reasons.filter((reason) => reasonKey(reason) === undefined)).toEqual([]);
  const refusals = [...source.matchAll(/cannotTry\("([^"]*[a-z]{3}[^"]*)"/g)].map((m) => m[1]);
  expect(refusals.length).toBeGreaterThan(9);
  expect(refusals.filter((reason) => refusalKey(reason) === undefined)).toEqual([]);
});
