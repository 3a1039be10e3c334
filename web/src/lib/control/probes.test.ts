import { describe, expect, test } from 'vitest';
import type { PresentProbe } from './board';
import type { Body } from './contract';
import {
  namedRoles,
  probeProblem,
  probesOf,
  takenOver,
  withOffset,
  withOffsets,
  withProbes,
  withRole,
} from './probes';

const [A, B, C] = ['28aabbccdd000011', '28aabbccdd000022', '28aabbccdd000033'] as const;
const found = (rom: string, role?: string): PresentProbe => ({ rom, role, clone: false });
const wire = [found(A, 'water'), found(B, 'ambient'), found(C)];

const roles = (rows: readonly { role: string | undefined }[]) => rows.map((r) => r.role);

describe('the probes', () => {
  test('are as the device has them where nothing is said', () => {
    expect(roles(probesOf({}, wire))).toEqual(['water', 'ambient', undefined]);
  });
  test('are as they are asked for otherwise, also those that do not answer', () => {
    const body: Body = {
      probes: [
        { rom: B.toUpperCase(), role: 'water', offset_k: 0.2 },
        { rom: '28000000000000ff', role: 'inlet' },
      ],
    };
    const rows = probesOf(body, [found(A), found(B, 'water')]);
    expect(rows.map((r) => [r.rom, r.role, r.offset_k, r.present])).toEqual([
      [A, undefined, 0, true],
      [B, 'water', 0.2, true],
      ['28000000000000ff', 'inlet', 0, false],
    ]);
  });
  test('are said whole as soon as one is changed', () => {
    const body = withProbes({ interval_ms: 1000 }, withOffset(probesOf({}, wire), B, -0.123));
    expect(body).toEqual({
      interval_ms: 1000,
      probes: [
        { rom: A, role: 'water' },
        { rom: B, role: 'ambient', offset_k: -0.12 },
      ],
    });
    expect(withProbes(body, [])).toEqual({ interval_ms: 1000 });
  });
});

describe('a role', () => {
  test('is swapped with whoever has it', () => {
    expect(roles(withRole(probesOf({}, wire), A, 'ambient'))).toEqual(['ambient', 'water', undefined]);
    expect(roles(withRole(probesOf({}, wire), C, 'water'))).toEqual([undefined, 'ambient', 'water']);
  });
  test('can be new, or none', () => {
    expect(roles(withRole(probesOf({}, wire), C, 'inlet'))).toEqual(['water', 'ambient', 'inlet']);
    expect(roles(withRole(probesOf({}, wire), B, undefined))).toEqual(['water', undefined, undefined]);
  });
});

test('the offsets of a zeroing go to the probes of those roles, within what is allowed', () => {
  const rows = withOffsets(probesOf({}, wire), { water: -0.12, ambient: 7, inlet: 1 });
  expect(rows.map((r) => r.offset_k)).toEqual([-0.12, 5, 0]);
});

describe('a probe that was exchanged', () => {
  const body: Body = {
    probes: [
      { rom: A, role: 'water', offset_k: 0.3 },
      { rom: B, role: 'ambient' },
    ],
  };
  const rows = probesOf(body, [found(C, 'water'), found(B, 'ambient')]);

  test('is seen standing in for the other', () => {
    expect(rows.map((r) => r.standsFor)).toEqual(['water', undefined, undefined]);
    expect(probesOf({}, wire).every((r) => r.standsFor === undefined)).toBe(true);
  });
  test('takes its role over for good, without its offset', () => {
    expect(withProbes(body, takenOver(rows, C)).probes).toEqual([
      { rom: C, role: 'water' },
      { rom: B, role: 'ambient' },
    ]);
    expect(takenOver(rows, B)).toEqual(rows);
  });
});

describe('what cannot be asked for', () => {
  const many = Array.from({ length: 9 }, (_, i) => ({ rom: `28aabbccdd0000${10 + i}`, role: `water${i}` }));
  test.each<[string, Body, string | undefined]>([
    ['nothing', {}, undefined],
    ['no list', { probes: [] }, undefined],
    ['the water among them', { probes: [{ rom: A, role: 'water' }] }, undefined],
    ['no water', { probes: [{ rom: A, role: 'inlet' }] }, 'no_water'],
    ['too many', { probes: many }, 'too_many'],
  ])('%s', (_, body, want) => expect(probeProblem(body)).toBe(want));

  test('which roles there are only the owner says', () => {
    expect(namedRoles({})).toBeUndefined();
    expect(namedRoles({ probes: [{ rom: A, role: 'water' }] })).toEqual(['water']);
  });
});
