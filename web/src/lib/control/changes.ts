import type { Body } from './contract';

/** Differences between two desired states, and how to make them on top of a third. Pure. */

/** One difference: a path of member names, where an element of a list goes by its name or ROM. */
export interface Change {
  path: readonly string[];
  /** Undefined: it was not there, or is not any more. */
  before: unknown;
  after: unknown;
}

type Members = ReadonlyMap<string, unknown>;

/**
 * Where two values differ, in the order of the paths: the rule of the server's own list. Members named in
 * `whole` are not looked into.
 */
export function changes(before: unknown, after: unknown, whole: ReadonlySet<string> = new Set()): Change[] {
  const found: Change[] = [];
  compare([], before, after, whole, found);
  return found;
}

function compare(
  path: readonly string[],
  before: unknown,
  after: unknown,
  whole: ReadonlySet<string>,
  found: Change[],
): void {
  const [a, b] = [members(before), members(after)];
  if (!a || !b || whole.has(path.at(-1) ?? '')) {
    if (!same(before, after)) found.push({ path, before, after });
    return;
  }
  for (const name of [...new Set([...a.keys(), ...b.keys()])].sort()) {
    const at = [...path, name];
    if (!a.has(name) || !b.has(name)) found.push({ path: at, before: a.get(name), after: b.get(name) });
    else compare(at, a.get(name), b.get(name), whole, found);
  }
}

/** The members of an object, or the elements of a list by their names; undefined for anything else. */
function members(value: unknown): Members | undefined {
  if (Array.isArray(value)) {
    const named = new Map<string, unknown>();
    for (const [i, element] of value.entries()) {
      if (!isObject(element)) return undefined;
      named.set(nameOf(element) ?? String(i), element);
    }
    return named;
  }
  return isObject(value) ? new Map(Object.entries(value)) : undefined;
}

function isObject(value: unknown): value is Record<string, unknown> {
  return value !== null && typeof value === 'object' && !Array.isArray(value);
}

function nameOf(element: Record<string, unknown>): string | undefined {
  for (const by of ['name', 'rom']) if (typeof element[by] === 'string') return element[by];
  return undefined;
}

/** Whether two JSON values say the same, whatever the order of their members. */
export function same(a: unknown, b: unknown): boolean {
  if (Object.is(a, b)) return true;
  if (Array.isArray(a) && Array.isArray(b)) return a.length === b.length && a.every((v, i) => same(v, b[i]));
  if (!isObject(a) || !isObject(b)) return false;
  const names = Object.keys(a).filter((k) => a[k] !== undefined);
  const others = Object.keys(b).filter((k) => b[k] !== undefined);
  return names.length === others.length && names.every((k) => k in b && same(a[k], b[k]));
}

/** A law, an override, the wiring and such are said whole: half of two of them is none. */
const WHOLE = new Set(['auto', 'override', 'wiring', 'probes', 'standby', 'skip']);

/**
 * The differences between two desired states as a person would count them: by members of the device and
 * of its outputs, also where an output is named in one of them only.
 */
export function edits(before: Body, after: Body): Change[] {
  const names = [...(before.outputs ?? []), ...(after.outputs ?? [])].map((o) => o.name);
  const full = (body: Body) => ({
    ...body,
    outputs: names.map((name) => body.outputs?.find((o) => o.name === name) ?? { name }),
  });
  return changes(full(before), full(after), WHOLE);
}

/** What was changed from base to mine, made on top of theirs. Where both changed the same, mine counts. */
export function merged<T extends object>(base: T, mine: T, theirs: T): T {
  let result: unknown = theirs;
  for (const { path, after } of changes(base, mine, WHOLE)) result = put(result, path, after);
  return result as T;
}

/** A copy of value with another one at the path; undefined takes it away. */
function put(value: unknown, path: readonly string[], to: unknown): unknown {
  const [name, ...rest] = path;
  if (name === undefined) return to;
  if (Array.isArray(value)) {
    const at = value.findIndex((e, i) => (isObject(e) && nameOf(e) === name) || String(i) === name);
    const next = put(at < 0 ? { name } : value[at], rest, to);
    if (at < 0) return next === undefined ? value : [...value, next];
    return next === undefined ? value.toSpliced(at, 1) : value.with(at, next);
  }
  const object = isObject(value) ? value : {};
  const { [name]: old, ...others } = object;
  const next = put(old, rest, to);
  return next === undefined ? others : { ...object, [name]: next };
}
