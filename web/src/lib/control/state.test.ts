import { describe, expect, test } from 'vitest';
import type { Device, Reading, TwinView, Unit } from '../api/types';
import { dutyNow, inputNow, inputsOf, isControllable, ownOutputs, readState } from './state';

const NOW = 1_764_000_000_000;

function device(values: Record<string, number | null>, time = NOW): Device {
  const newest = Object.entries(values).map(
    ([metric, value]): Reading => ({
      metric,
      unit: (metric.endsWith('_duty') ? 'percent' : 'celsius') as Unit,
      value,
      quality: value === null ? 'crc' : 'good',
      time,
    }),
  );
  return { newest, silence_ms: 30_000, info: { outputs: ['pump', { name: 'fan' }, 3] } } as unknown as Device;
}

describe('what a device reports', () => {
  test('is read with care', () => {
    for (const odd of [
      null,
      undefined,
      {},
      { outputs: 'x', alarms: 3, faults: {} },
      { outputs: [null, {}, { name: 4 }] },
    ]) {
      expect(readState(odd as Record<string, unknown>)).toEqual({
        interval: undefined,
        outputs: [],
        alarms: [],
      });
    }
  });
  test('outputs, claims and whether somebody would notice', () => {
    const { outputs, interval } = readState({
      interval_ms: 10_000,
      outputs: [
        { name: 'pump', mode: 'auto', duty: 60, claim: 'auto', supervised: false },
        { name: 'fan', mode: 'override', duty: '4' },
      ],
    });
    expect(interval).toBe(10_000);
    expect(outputs).toEqual([
      { name: 'pump', mode: 'auto', duty: 60, claim: 'auto', supervised: false },
      { name: 'fan', mode: 'override', duty: undefined, claim: undefined, supervised: undefined },
    ]);
  });
  test('alarms, the ongoing first, and faults of a device that counts none', () => {
    const { alarms } = readState({
      faults: ['leak', 'pump_stall'],
      alarms: [
        { name: 'leak', occurrence: 3, active: false },
        { name: 'no_flow', occurrence: 1, active: true },
      ],
    });
    expect(alarms).toEqual([
      { name: 'no_flow', occurrence: 1, active: true },
      { name: 'pump_stall', occurrence: 0, active: true },
      { name: 'leak', occurrence: 3, active: false },
    ]);
  });
  test('the outputs that it has, by both of its words', () => {
    expect(ownOutputs(device({}), readState({ outputs: [{ name: 'fan' }, { name: 'fan2' }] }))).toEqual([
      'pump',
      'fan',
      'fan2',
    ]);
  });
});

describe('what a device cannot do cannot be asked', () => {
  const unset = { desired: null } as TwinView;
  test.each([
    ['it says that it can', { capabilities: ['restart', 'desired'] }, unset, true],
    ['it says what it can, and not this', { capabilities: ['restart'] }, unset, false],
    ['it says nothing', null, unset, false],
    ['it says nonsense', { capabilities: 'desired' }, unset, false],
    ['somebody asked before', null, { desired: {} } as TwinView, true],
  ])('%s', (_, info, view, want) => expect(isControllable({ info }, view)).toBe(want));
});

describe('what is now', () => {
  test('the later word counts, and where nobody knows which that is, a current reading', () => {
    const state = { name: 'fan', mode: 'auto', duty: 40, claim: 'auto', supervised: true };
    expect(dutyNow(device({ fan_duty: 45 }), state, 'fan', NOW)).toBe(45);
    expect(dutyNow(device({ fan_duty: 45 }, NOW - 60_000), state, 'fan', NOW)).toBe(40);
    expect(dutyNow(device({ fan_duty: 45 }, NOW - 5000), state, 'fan', NOW, NOW - 4000)).toBe(40);
    expect(dutyNow(device({ fan_duty: 45 }, NOW - 5000), state, 'fan', NOW, NOW - 6000)).toBe(45);
    expect(dutyNow(device({ fan_duty: null }), undefined, 'fan', NOW)).toBeUndefined();
  });
  test('an input may be a difference, and is nothing where a part of it is', () => {
    expect(inputNow(device({ water: 31, ambient: 22 }), 'water-ambient', NOW)).toBe(9);
    expect(inputNow(device({ water: 31 }), 'water-ambient', NOW)).toBeUndefined();
    expect(inputNow(device({ water: null, ambient: 22 }), 'water-ambient', NOW)).toBeUndefined();
    expect(inputNow(device({ water: 31 }), 'water', NOW)).toBe(31);
  });
  test('the inputs to choose from begin with the water', () => {
    expect(inputsOf(device({ ambient: 22, water: 31, fan_duty: 4 }))).toEqual([
      'water',
      'ambient',
      'water-ambient',
    ]);
    expect(inputsOf(device({ ambient: 22 }))).toEqual(['ambient']);
  });
});
