import type { Body, Role } from '../contract';
import { type Output, withOutput } from '../outputs';
import { withIdentity } from '../wiring';
import type { Diagnosis, Moved } from './diagnosis';
import { diagnose, isSound } from './diagnosis';
import { type Swept, type Turned, triable } from './experiment';
import { allowed, edit, fromSearch, fromSweep, type Limits, type Proposal } from './proposals';
import { answered, nextTry, type Search, startSearch } from './search';

/**
 * The way through the outputs of a device: what is asked next, and what was found. A state and the events that lead from it to the
 * next; nothing here sends anything. Pure.
 */

export type Water = 'filled' | 'unsure';

/** What is done with an output, in this order. */
export type Stage = 'safety' | 'alone' | 'which' | 'range' | 'limits' | 'summary';

/** An output as the wizard goes through it. */
export interface Subject {
  name: string;
  role: Role;
  /** It can only be on or off. */
  onOff: boolean;
  tachometer: boolean;
}

/** What was found of an output. */
export interface Finding {
  /** Percent at which it was seen to run alone. */
  ranAt?: number;
  turned?: readonly Turned[];
  flow?: number | undefined;
  moved?: Moved;
  role?: Role;
  /** What it is to be called. */
  name?: string;
  swept?: Swept;
  search?: Search;
  proposal?: Proposal;
  /** What the person made of the proposal. */
  limits?: Limits;
  skipped?: boolean;
}

export interface Wizard {
  stage: Stage;
  subjects: readonly Subject[];
  /** Which of them it is about. */
  at: number;
  water: Water | undefined;
  findings: Readonly<Record<string, Finding>>;
}

/** A run lasts so long: enough to look at each fan of a case; 5 s for a pump that may be dry. */
export const RUN_S = 10;
export const UNSURE_RUN_S = 5;
/** Everything comes to rest before a run, for at most so long (cool/commission.h). */
export const REST_S = 15;
/** The longest that a sweep takes (cool/commission.h). */
export const SWEEP_S = 480;
/** Duties to try, the next where nothing moved. */
export const DUTIES = [60, 100] as const;

export function startWizard(outputs: readonly Output[], tachometer: (name: string) => boolean): Wizard {
  const subjects = outputs.filter(triable).map(
    (o): Subject => ({
      name: o.name,
      role: o.role ?? 'fan',
      onOff: o.onOff,
      tachometer: tachometer(o.name),
    }),
  );
  return { stage: 'safety', subjects, at: 0, water: undefined, findings: {} };
}

export function subjectOf(w: Wizard): Subject | undefined {
  return w.subjects[w.at];
}

export function findingOf(w: Wizard, name = subjectOf(w)?.name ?? ''): Finding {
  return w.findings[name] ?? {};
}

const found = (w: Wizard, change: Finding): Wizard => {
  const name = subjectOf(w)?.name;
  if (name === undefined) return w;
  return { ...w, findings: { ...w.findings, [name]: { ...w.findings[name], ...change } } };
};

/** What a run of the present output asks of the device. */
export function runArgs(w: Wizard, duty: number): Record<string, unknown> {
  const s = subjectOf(w);
  const pump = s?.role === 'pump';
  const seconds = pump && w.water !== 'filled' ? UNSURE_RUN_S : RUN_S;
  return { output: s?.name, test: 'run', duty, seconds, ...filled(w) };
}

/** What a sweep of the present output asks of the device. */
export function sweepArgs(w: Wizard): Record<string, unknown> {
  return { output: subjectOf(w)?.name, test: 'sweep', ...filled(w) };
}

function filled(w: Wizard): Record<string, unknown> {
  return subjectOf(w)?.role === 'pump' && w.water === 'filled' ? { filled: true } : {};
}

export function withWater(w: Wizard, water: Water): Wizard {
  return { ...w, water };
}

/** Whether the loop's water has to be known of before the first pump runs. */
export function asksForWater(w: Wizard): boolean {
  return w.subjects.some((s) => s.role === 'pump');
}

/** Whether the present output is a pump that nobody has seen move water: one that has no flow meter is not swept then. */
export function unsureOfWater(w: Wizard): boolean {
  return subjectOf(w)?.role === 'pump' && w.water !== 'filled';
}

export function begun(w: Wizard): Wizard {
  return w.subjects.length === 0 ? w : { ...w, stage: 'alone', at: 0 };
}

/** The run is over, with what was counted meanwhile. */
export function ran(w: Wizard, duty: number, turned: readonly Turned[], flow: number | undefined): Wizard {
  const { moved: _, ...before } = findingOf(w);
  const next: Finding = { ...before, ranAt: duty, turned, flow, skipped: false };
  const name = subjectOf(w)?.name ?? '';
  return { ...w, stage: 'which', findings: { ...w.findings, [name]: next } };
}

export function saw(w: Wizard, moved: Moved): Wizard {
  return found(w, { moved });
}

/** What the answers about the present output mean; undefined until there is one. */
export function diagnosisOf(w: Wizard): Diagnosis | undefined {
  const [s, f] = [subjectOf(w), findingOf(w)];
  return s && f.moved ? diagnose(s.name, s.tachometer, f.moved, f.turned ?? []) : undefined;
}

/** Runs the present output once more: something was changed, or nobody looked. */
export function again(w: Wizard): Wizard {
  const name = subjectOf(w)?.name;
  if (name === undefined) return w;
  const { [name]: _, ...others } = w.findings;
  return { ...w, stage: 'alone', findings: others };
}

export function named(w: Wizard, change: { role?: Role; name?: string }): Wizard {
  return found(w, change);
}

/** Names that the present output cannot get: those that others have, and those that others are to be called from now on. */
export function takenNames(w: Wizard, names: readonly string[]): string[] {
  const own = subjectOf(w)?.name;
  const given = Object.entries(w.findings).flatMap(([of, f]) => (of === own || !f.name ? [] : [f.name]));
  return [...names.filter((name) => name !== own), ...given];
}

/** On from what moved: to the range of one that turns at any speed, else to the next output. */
export function identified(w: Wizard): Wizard {
  const [s, d, f] = [subjectOf(w), diagnosisOf(w), findingOf(w)];
  if (!s || !d) return w;
  if (!isSound(d) || s.onOff) return next(w);
  // Without a tachometer that counts a person says whether it turns.
  const byEye = !s.tachometer || d.kind === 'silent';
  return { ...(byEye ? found(w, { search: startSearch(f.ranAt ?? 100) }) : w), stage: 'range' };
}

/** The sweep is over. */
export function swept(w: Wizard, output: Output, result: Swept): Wizard {
  const proposal = fromSweep(output, result);
  return { ...found(w, { swept: result, proposal, limits: proposal.limits }), stage: 'limits' };
}

/** An answer to a try of the search; with the last one it proposes. */
export function turns(w: Wizard, output: Output, yes: boolean): Wizard {
  const { search } = findingOf(w);
  if (!search) return w;
  const now = answered(search, yes);
  if (nextTry(now) !== undefined) return found(w, { search: now });
  const proposal = fromSearch(output, now.turned);
  return { ...found(w, { search: now, proposal, limits: proposal.limits }), stage: 'limits' };
}

export function limited(w: Wizard, output: Output, limits: Limits): Wizard {
  return found(w, { limits: allowed(output, limits) });
}

/** Leaves out the limits of the present output: they stay as they are. */
export function unlimited(w: Wizard): Wizard {
  const { limits: _, proposal: __, ...rest } = findingOf(w);
  const name = subjectOf(w)?.name ?? '';
  return next({ ...w, findings: { ...w.findings, [name]: rest } });
}

/** Leaves the present output out. */
export function skipped(w: Wizard): Wizard {
  return next(found(w, { skipped: true }));
}

/** To the next output, or to the summary after the last. */
export function next(w: Wizard): Wizard {
  return w.at + 1 < w.subjects.length ? { ...w, stage: 'alone', at: w.at + 1 } : { ...w, stage: 'summary' };
}

/** To an output once more, from the summary. */
export function backTo(w: Wizard, at: number): Wizard {
  return again({ ...w, at });
}

/**
 * The body with all that was found and agreed to. list tells the outputs of a body; rename makes an output's new name; it may say that it cannot,
 * and then the old one stays.
 */
export function settled(
  body: Body,
  w: Wizard,
  list: (body: Body) => readonly Output[],
  rename: (body: Body, from: string, to: string, role: Role) => Body | undefined,
): Body {
  let result = body;
  for (const s of w.subjects) {
    const f = w.findings[s.name];
    if (!f || f.skipped) continue;
    const role = f.role ?? s.role;
    const before = list(result).find((o) => o.name === s.name);
    if (role !== s.role && before) result = withIdentity(result, before, role, before.kind ?? 'pwm4');
    if (f.limits) result = withLimits(result, list, s.name, f.limits);
    if (f.name !== undefined && f.name !== s.name) result = rename(result, s.name, f.name, role) ?? result;
  }
  return result;
}

/** Says only what is not so already, so that an edit names what it changes. */
function withLimits(body: Body, list: (body: Body) => readonly Output[], name: string, limits: Limits): Body {
  const before = list(body).find((o) => o.name === name) as unknown as Record<string, unknown> | undefined;
  const changed = Object.entries(edit(limits)).filter(([member, value]) => before?.[member] !== value);
  return withOutput(body, name, Object.fromEntries(changed));
}
