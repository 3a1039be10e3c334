import { describe, expect, test } from 'vitest';
import { isGenuine, presentProbes, readBoard, spelled } from './board';
import { isBoards, outputsOf } from './outputs';

const said = {
  output_pins: [16, 18, 21],
  input_pins: [17, 19, 34],
  pwm_channels: 4,
  counters: 3,
  flow: true,
  humidity: false,
  outputs: [
    { name: 'pump', role: 'pump', kind: 'pwm4', pin: 18, tacho_pin: 19 },
    { name: 'blower', role: 'fan', kind: 'dc_pwm', pin: 16, tacho_pin: -1 },
  ],
};
const device = (info: Record<string, unknown> | null) => ({ info });

describe('the board', () => {
  test('is read as the device tells of it', () => {
    const board = readBoard(device({ board: said }));
    expect(board).toMatchObject({ output_pins: [16, 18, 21], pwm_channels: 4, counters: 3, flow: true });
    expect(board?.outputs).toEqual([
      { name: 'pump', role: 'pump', kind: 'pwm4', wiring: { pin: 18, tacho_pin: 19 } },
      { name: 'blower', role: 'fan', kind: 'dc_pwm', wiring: { pin: 16, tacho_pin: -1 } },
    ]);
  });

  test('of an older firmware does not say which outputs are its own', () => {
    const { outputs: _, ...older } = said;
    expect(readBoard(device({ board: older }))?.outputs).toBeUndefined();
    expect(readBoard(device({ board: {} }))).toMatchObject({
      output_pins: [],
      counters: Number.POSITIVE_INFINITY,
    });
  });

  test.each<[string, Record<string, unknown> | null]>([
    ['no info', null],
    ['no board', {}],
    ['a list', { board: [1] }],
    ['null', { board: null }],
  ])('%s is no board', (_, info) => expect(readBoard(device(info))).toBeUndefined());

  test('what is not of the kind that is expected is left out', () => {
    const odd = {
      output_pins: [1, '2', -1, 2.5],
      outputs: [null, 3, { role: 'fan' }, { name: 'x', role: 'y' }],
    };
    const board = readBoard(device({ board: odd }));
    expect(board?.output_pins).toEqual([1]);
    expect(board?.outputs).toEqual([{ name: 'x', role: undefined, kind: undefined, wiring: {} }]);
  });

  test('says what its outputs are, whatever they are called', () => {
    const board = readBoard(device({ board: said }));
    const [pump, blower] = outputsOf({}, ['pump', 'blower'], board);
    expect(pump).toMatchObject({ board: true, wiring: { pin: 18, tacho_pin: 19, inverted: true } });
    expect(blower).toMatchObject({ role: 'fan', kind: 'dc_pwm', stop_duty: 20, wiring: { pin: 16 } });
  });

  test('and which are left of an earlier edit', () => {
    const board = readBoard(device({ board: said }));
    expect(outputsOf({}, ['pump', 'blower', 'fan2'], board).map((o) => o.name)).toEqual(['pump', 'blower']);
    expect(outputsOf({}, ['pump', 'fan2']).map((o) => o.name)).toEqual(['pump', 'fan2']);
  });

  test('tells its own outputs from those that were added', () => {
    const added = { name: 'fan2', role: 'fan', kind: 'pwm4', wiring: { pin: 21 } } as const;
    const body = { outputs: [added, { name: 'fan', min_duty: 30 }] };
    const board = readBoard(device({ board: said }));
    expect(isBoards('pump', body, [], board)).toBe(true);
    expect(isBoards('fan2', body, ['fan2'], board)).toBe(false);
    // Without its word: whatever is complete in what is asked for was added.
    expect(isBoards('fan', body, ['fan', 'fan2'])).toBe(true);
    expect(isBoards('fan2', body, ['fan', 'fan2'])).toBe(false);
  });
});

describe('the probes on the wire', () => {
  test('have an id, perhaps a role, and may be clones', () => {
    const probes = [
      { rom: '28FF641E00000C3C', role: 'water' },
      { rom: '28ff641e8216043d', role: '' },
      { rom: '28aabbccdd000011', clone: true },
      { rom: 'short' },
      null,
    ];
    expect(presentProbes(device({ probes }))).toEqual([
      { rom: '28ff641e00000c3c', role: 'water', clone: true },
      { rom: '28ff641e8216043d', role: undefined, clone: true },
      { rom: '28aabbccdd000011', role: undefined, clone: true },
    ]);
    expect(presentProbes(device(null))).toEqual([]);
  });

  test.each([
    ['28aabbccdd000011', true],
    ['28AABBCCDD000011', true],
    ['28ff641e8216043c', false],
    ['10aabbccdd000011', false],
  ])('%s is genuine: %s', (rom, want) => expect(isGenuine(rom)).toBe(want));

  test('are spelled in pairs', () =>
    expect(spelled({ rom: '28ff641e8216043c' })).toBe('28 ff 64 1e 82 16 04 3c'));
});
