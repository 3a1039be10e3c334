import type { PresentProbe } from './board';
import { type Body, clamp, MOST, type Probe, RANGES } from './contract';
import { withMember } from './outputs';

/** Which probe is what. `probes` replaces the whole list, so every edit says all of them as they are. Pure. */

export interface ProbeRow {
  rom: string;
  /** What it is to be; undefined: nothing. */
  role: string | undefined;
  offset_k: number;
  clone: boolean;
  /** Whether it answers; undefined where the device does not name its probes. */
  present: boolean;
  /** The role of another probe that does not answer, which this one has taken over for now. */
  standsFor: string | undefined;
}

/** Roles to choose from: what people measure in a loop. */
export const PROBE_ROLES = ['water', 'inlet', 'outlet', 'ambient', 'water2', 'ambient2'] as const;

const WATER = 'water';

/** All probes: those on the wire first, then those that are asked for and do not answer. */
export function probesOf(body: Body, present: readonly PresentProbe[]): ProbeRow[] {
  const said = body.probes;
  const row = (rom: string, found: PresentProbe | undefined): ProbeRow => {
    const own = said?.find((p) => p.rom.toLowerCase() === rom);
    const role = said ? own?.role : found?.role;
    const offset_k = own?.offset_k ?? 0;
    const standsFor = said && role === undefined ? found?.role : undefined;
    return { rom, role, offset_k, clone: found?.clone ?? false, present: found !== undefined, standsFor };
  };
  const missing = (said ?? []).filter((p) => !present.some((f) => f.rom === p.rom.toLowerCase()));
  return [...present.map((p) => row(p.rom, p)), ...missing.map((p) => row(p.rom.toLowerCase(), undefined))];
}

/** The body with these probes. Those without a role are not said. */
export function withProbes(body: Body, rows: readonly ProbeRow[]): Body {
  const named = rows.flatMap(({ rom, role, offset_k }): Probe[] =>
    role === undefined ? [] : [offset_k === 0 ? { rom, role } : { rom, role, offset_k }],
  );
  return withMember(body, 'probes', named.length > 0 ? named : undefined);
}

/** The probes with another role for one of them. Whichever had it takes what this one had. */
export function withRole(rows: readonly ProbeRow[], rom: string, role: string | undefined): ProbeRow[] {
  const before = rows.find((r) => r.rom === rom)?.role;
  return rows.map((r) => {
    if (r.rom === rom) return { ...r, role };
    return role !== undefined && r.role === role ? { ...r, role: before } : r;
  });
}

export function withOffset(rows: readonly ProbeRow[], rom: string, offset_k: number): ProbeRow[] {
  const rounded = Number(clamp(offset_k, RANGES.offset_k).toFixed(2));
  return rows.map((r) => (r.rom === rom ? { ...r, offset_k: rounded } : r));
}

/** The probes with the offsets that a zeroing found, by role. Others keep theirs. */
export function withOffsets(rows: readonly ProbeRow[], found: Readonly<Record<string, number>>): ProbeRow[] {
  return rows.reduce<readonly ProbeRow[]>((all, r) => {
    const offset = r.role === undefined ? undefined : found[r.role];
    return offset === undefined ? all : withOffset(all, r.rom, offset);
  }, rows) as ProbeRow[];
}

/** The probes with one that stands in for another put in its place. The other has no role any more, and the offset was its own. */
export function takenOver(rows: readonly ProbeRow[], rom: string): ProbeRow[] {
  const role = rows.find((r) => r.rom === rom)?.standsFor;
  if (role === undefined) return [...rows];
  return rows.map((r) => {
    if (r.rom === rom) return { ...r, role, offset_k: 0, standsFor: undefined };
    return r.role === role ? { ...r, role: undefined } : r;
  });
}

export type ProbeProblem = 'no_water' | 'too_many';

/** What cannot be asked for; undefined: nothing. Without any role the device names its probes itself. */
export function probeProblem(body: Body): ProbeProblem | undefined {
  const said = body.probes ?? [];
  if (said.length > MOST.probes) return 'too_many';
  return said.length > 0 && !said.some((p) => p.role === WATER) ? 'no_water' : undefined;
}

/** The roles that a law may look at; undefined where only the device knows. */
export function namedRoles(body: Body): readonly string[] | undefined {
  return body.probes && body.probes.length > 0 ? body.probes.map((p) => p.role) : undefined;
}
