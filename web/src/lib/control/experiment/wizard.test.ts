import { describe, expect, test } from 'vitest';
import type { Device } from '../../api/types';
import type { Body } from '../contract';
import { outputsOf } from '../outputs';
import { checks } from './checks';
import { diagnose, type Moved } from './diagnosis';
import { exchanged, hasTachometer, pinsOf, renamed } from './pins';
import * as steps from './wizard';

const own = ['pump', 'fan'];
const list = (body: Body) => outputsOf(body, own);
const outputs = outputsOf({}, own);
const output = (name: string) => outputs.find((o) => o.name === name) as (typeof outputs)[number];
const start = (tachometer = true) => steps.startWizard(outputs, () => tachometer);
const here: Moved = { kind: 'this' };
const counted = (pump: number, fan: number) => [
  { output: 'pump', rpm: pump },
  { output: 'fan', rpm: fan },
];

describe('which one moved', () => {
  const other: Moved = { kind: 'other', output: 'pump' };
  test.each<[string, Moved, boolean, [number, number], object]>([
    ['all is well', here, true, [0, 1240], { kind: 'good' }],
    ['another one still comes to rest', here, true, [90, 1240], { kind: 'good' }],
    ['it has no tachometer', here, false, [0, 0], { kind: 'good' }],
    ['its tachometer is silent', here, true, [0, 0], { kind: 'silent' }],
    ['tachometers', here, true, [2400, 0], { kind: 'swapped', exchange: 'tachometers', with: 'pump' }],
    ['wires', other, true, [2400, 0], { kind: 'swapped', exchange: 'wires', with: 'pump' }],
    ['both', other, true, [0, 2400], { kind: 'swapped', exchange: 'both', with: 'pump' }],
    ['nothing moved', { kind: 'none' }, true, [0, 0], { kind: 'dead' }],
    ['nobody saw it', { kind: 'none' }, true, [0, 900], { kind: 'unseen', counted: 'fan' }],
    ['two', { kind: 'several' }, true, [900, 900], { kind: 'coupled' }],
  ])('%s', (_, moved, tachometer, [pump, fan], want) =>
    expect(diagnose('fan', tachometer, moved, counted(pump, fan))).toEqual(want),
  );
});

describe('the way through', () => {
  test('pumps first, then fans, and nothing else', () => {
    const all = steps.startWizard(outputsOf({}, ['chiller', 'buzzer', 'fan', 'pump']), () => false);
    expect(all.subjects.map((s) => s.name)).toEqual(['pump', 'fan']);
    expect(all.stage).toBe('safety');
    expect(steps.begun(steps.startWizard([], () => false)).stage).toBe('safety');
  });

  test('no two outputs get the same name', () => {
    const first = steps.named(steps.begun(start()), { name: 'front' });
    expect(steps.takenNames(first, own)).toEqual(['fan']);
    expect(steps.takenNames(steps.next(first), own)).toEqual(['pump', 'front']);
  });

  test('a pump of which nobody knows whether it has water runs for 5 s', () => {
    const w = steps.begun(start());
    const args = (water: steps.Water) => steps.runArgs(steps.withWater(w, water), 60);
    expect(args('unsure')).toEqual({ output: 'pump', test: 'run', duty: 60, seconds: 5 });
    expect(args('filled')).toEqual({ output: 'pump', test: 'run', duty: 60, seconds: 10, filled: true });
    const fan = steps.skipped(steps.withWater(w, 'unsure'));
    expect(
      [steps.withWater(w, 'unsure'), steps.withWater(w, 'filled'), fan].map(steps.unsureOfWater),
    ).toEqual([true, false, false]);
    expect(steps.runArgs(fan, 60)).toEqual({ output: 'fan', test: 'run', duty: 60, seconds: 10 });
    expect(steps.sweepArgs(steps.withWater(w, 'filled'))).toEqual({
      output: 'pump',
      test: 'sweep',
      filled: true,
    });
  });

  test('with tachometers: run, answer, sweep, agree, next; and one edit at the end', () => {
    let w = steps.begun(start());
    w = steps.saw(steps.ran(w, 60, counted(2400, 0), 1.3), here);
    expect(steps.diagnosisOf(w)).toEqual({ kind: 'good' });
    w = steps.identified(w);
    expect(w.stage).toBe('range');
    w = steps.swept(w, output('pump'), { start_duty: 48, stop_duty: 30, min_rpm: 900, max_rpm: 4000 });
    expect(w.stage).toBe('limits');
    w = steps.next(w);
    expect([w.stage, steps.subjectOf(w)?.name]).toEqual(['alone', 'fan']);
    w = steps.identified(steps.saw(steps.ran(w, 60, counted(0, 1240), 0), here));
    w = steps.swept(w, output('fan'), { start_duty: 24, stop_duty: 14, min_rpm: 310, max_rpm: 2080 });
    w = steps.limited(w, output('fan'), { min_duty: 20, start_duty: 26, stop_duty: 18, stall_rpm: 150 });
    w = steps.next(w);
    expect(w.stage).toBe('summary');
    // What it has by itself is not said: a fan's 20 and 26 are.
    expect(steps.settled({}, w, list, () => undefined)).toEqual({
      outputs: [
        { name: 'pump', min_duty: 53, stall_rpm: 950 },
        { name: 'fan', stop_duty: 18, stall_rpm: 150 },
      ],
    });
  });

  test('without a tachometer a person says whether it turns', () => {
    let w = steps.skipped(steps.begun(start(false)));
    w = steps.identified(steps.saw(steps.ran(w, 60, [], undefined), here));
    expect([w.stage, steps.findingOf(w).search]).toEqual(['range', { stood: 0, turned: 60 }]);
    for (let i = 0; w.stage === 'range' && i < 9; i++) w = steps.turns(w, output('fan'), true);
    expect(w.stage).toBe('limits');
    expect(steps.findingOf(w).limits?.min_duty).toBeLessThanOrEqual(9);
  });

  test('a silent tachometer is of no use for a sweep', () => {
    const w = steps.saw(steps.ran(steps.begun(start()), 100, counted(0, 0), 1), here);
    expect(steps.findingOf(steps.identified(w)).search).toEqual({ stood: 0, turned: 100 });
  });

  test('what is wrongly connected gets no limits, and a switch has none', () => {
    const wrong = steps.saw(steps.ran(steps.begun(start()), 60, counted(0, 900), 0), {
      kind: 'other',
      output: 'fan',
    });
    expect(steps.identified(wrong)).toMatchObject({ stage: 'alone', at: 1 });
    const onOff = steps.startWizard(
      outputsOf({ outputs: [{ name: 'pump', kind: 'switch' }] }, ['pump']),
      () => true,
    );
    const w = steps.saw(steps.ran(steps.begun(onOff), 100, counted(900, 0), 0), here);
    expect(steps.identified(w).stage).toBe('summary');
  });

  test('what was left out, or left as it is, changes nothing', () => {
    let w = steps.saw(steps.ran(steps.begun(start()), 60, counted(2400, 0), 1.3), here);
    w = steps.swept(steps.identified(w), output('pump'), {
      start_duty: 48,
      stop_duty: 30,
      min_rpm: 9,
      max_rpm: 99,
    });
    w = steps.skipped(steps.unlimited(w));
    const body: Body = { interval_ms: 1000 };
    expect(steps.settled(body, w, list, () => undefined)).toEqual(body);
  });

  test('again forgets what was found of that one', () => {
    const w = steps.saw(steps.ran(steps.begun(start()), 60, counted(0, 0), 0), { kind: 'none' });
    expect(steps.again(w)).toMatchObject({ stage: 'alone', at: 0, findings: {} });
  });

  test('role and name go with the rest', () => {
    let w = steps.skipped(steps.begun(start()));
    w = steps.saw(steps.ran(w, 60, counted(0, 1240), 0), here);
    w = steps.named(w, { role: 'pump', name: 'pump2' });
    const done = steps.settled({}, w, list, (body, from, to, role) => ({
      ...body,
      renamed: [from, to, role],
    }));
    expect(done).toMatchObject({
      outputs: [{ name: 'fan', role: 'pump', kind: 'pwm4' }],
      renamed: ['fan', 'pump2', 'pump'],
    });
  });
});

describe('pins', () => {
  const board = {
    outputs: [
      { name: 'pump', kind: 'pwm4', pin: 18, tacho_pin: 19 },
      { name: 'fan', kind: 'pwm4', pin: 16, tacho_pin: 17 },
    ],
  };
  const device = { info: { board }, newest: [{ metric: 'fan_rpm' }] } as unknown as Device;
  const mute = { info: {}, newest: [{ metric: 'fan_rpm' }] } as unknown as Device;

  test('are the board’s own where nothing else is asked for', () => {
    expect(pinsOf(device, {}, 'fan')).toEqual({ pin: 16, tacho_pin: 17 });
    const body = { outputs: [{ name: 'fan', wiring: { pin: 21, tacho_pin: null } }] };
    expect(pinsOf(device, body, 'fan')).toEqual({ pin: 21, tacho_pin: undefined });
    expect(pinsOf(mute, {}, 'fan')).toBeUndefined();
  });

  test.each([
    ['wires', [16, 19], [18, 17]],
    ['tachometers', [18, 17], [16, 19]],
    ['both', [16, 17], [18, 19]],
  ] as const)('%s are exchanged', (what, pump, fan) => {
    const body = { outputs: [{ name: 'fan', min_duty: 30, wiring: { pin: 16, tacho_pin: 17, hz: 22_000 } }] };
    expect(exchanged(device, body, ['pump', 'fan'], what)?.outputs).toEqual([
      { name: 'fan', min_duty: 30, wiring: { pin: fan[0], tacho_pin: fan[1], hz: 22_000 } },
      { name: 'pump', wiring: { pin: pump[0], tacho_pin: pump[1] } },
    ]);
    expect(exchanged(mute, {}, ['pump', 'fan'], what)).toBeUndefined();
  });

  test('a new name takes everything along, gives up the board’s, and is followed', () => {
    const follow = { output: 'pump', range: [40, 100] };
    const body = {
      outputs: [
        { name: 'pump', min_duty: 45 },
        { name: 'fan', auto: { follow } },
      ],
    } as unknown as Body;
    expect(renamed(device, body, 'pump', 'main', 'pump')?.outputs).toEqual([
      { name: 'fan', auto: { follow: { ...follow, output: 'main' } } },
      { name: 'pump', kind: 'none' },
      { name: 'main', role: 'pump', kind: 'pwm4', min_duty: 45, wiring: { pin: 18, tacho_pin: 19 } },
    ]);
    const added = { outputs: [{ name: 'fan2', kind: 'switch', role: 'fan', wiring: { pin: 21 } }] } as Body;
    expect(renamed(device, added, 'fan2', 'top', 'fan')?.outputs).toEqual([
      { name: 'top', role: 'fan', kind: 'switch', wiring: { pin: 21 } },
    ]);
    expect(renamed(mute, {}, 'fan', 'top', 'fan')).toBeUndefined();
  });

  test('a tachometer is there by its wiring, or because its speed was heard', () => {
    expect([hasTachometer(device, {}, 'fan'), hasTachometer(device, {}, 'pump')]).toEqual([true, false]);
    const without = { outputs: [{ name: 'fan', wiring: { tacho_pin: -1 } }] };
    expect(hasTachometer(device, without, 'fan')).toBe(false);
  });
});

test('what has to be so is checked beforehand', () => {
  const NOW = 1_764_000_000_000;
  const device = (water: number | null, online = true) =>
    ({
      presence: { online, since: 0 },
      silence_ms: 30_000,
      newest: [{ metric: 'water', unit: 'celsius', value: water, quality: 'good', time: NOW }],
    }) as unknown as Device;
  const calm = { interval: undefined, outputs: [], alarms: [] };
  const bad = (d: Device, body: Body, state = calm as Parameters<typeof checks>[2], busy = false) =>
    checks(d, body, state, { now: NOW, busy })
      .filter((c) => !c.ok)
      .map((c) => c.kind);
  expect(bad(device(30), {})).toEqual([]);
  expect(bad(device(30, false), {})).toEqual(['online']);
  expect(bad(device(null), {})).toEqual(['water']);
  expect(bad(device(40), {})).toEqual(['cool']);
  expect(bad(device(36), { critical_c: 45 })).toEqual(['cool']);
  expect(bad(device(30), { outputs: [{ name: 'fan', override: { duty: 3, until: NOW + 9 } }] })).toEqual([
    'free',
  ]);
  expect(bad(device(30), {}, { ...calm, alarms: [{ name: 'leak', occurrence: 1, active: true }] })).toEqual([
    'calm',
  ]);
  for (const name of ['no_flow', 'fan_stall']) {
    expect(bad(device(30), {}, { ...calm, alarms: [{ name, occurrence: 1, active: true }] })).toEqual([]);
  }
  expect(bad(device(30), {}, calm, true)).toEqual(['idle']);
});
