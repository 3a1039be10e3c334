import type { Turned } from './experiment';

/** What it means which output moved while one ran alone, and which tachometer counted. Pure. */

/** What a person saw move: the one that was asked for, none, more than one, or another one by its name. */
export type Moved = { kind: 'this' | 'none' | 'several' } | { kind: 'other'; output: string };

/** What two outputs would have to exchange, so that each name means what it moves. */
export type Exchange = 'wires' | 'tachometers' | 'both';

export type Diagnosis =
  /** It is what it is called, and its tachometer, where it has one, counted. */
  | { kind: 'good' }
  /** It turned and its tachometer counted nothing; nobody else's did either. */
  | { kind: 'silent' }
  /** Two outputs have each other's wires, tachometers, or both. */
  | { kind: 'swapped'; exchange: Exchange; with: string }
  /** Nothing moved and nothing counted. */
  | { kind: 'dead' }
  /** Nobody saw anything move, and yet a tachometer counted. */
  | { kind: 'unseen'; counted: string }
  /** More than one moved. */
  | { kind: 'coupled' };

/**
 * @param output the one that was asked to run
 * @param tachometer whether it has one
 * @param moved what a person saw
 * @param turned what the tachometers said
 */
export function diagnose(
  output: string,
  tachometer: boolean,
  moved: Moved,
  turned: readonly Turned[],
): Diagnosis {
  // The fastest counts: another one may still have been coming to rest.
  const counted = turned.filter((t) => t.rpm > 0).sort((a, b) => b.rpm - a.rpm)[0]?.output;
  switch (moved.kind) {
    case 'several':
      return { kind: 'coupled' };
    case 'none':
      return counted === undefined ? { kind: 'dead' } : { kind: 'unseen', counted };
    case 'other':
      // The one that moved is counted as the one that was asked: wire and tachometer are both at the other's place.
      return {
        kind: 'swapped',
        exchange: counted === output ? 'both' : 'wires',
        with: moved.output,
      };
    case 'this':
      if (!tachometer || counted === output) return { kind: 'good' };
      return counted === undefined
        ? { kind: 'silent' }
        : { kind: 'swapped', exchange: 'tachometers', with: counted };
  }
}

/** Whether an output can be tried further as it is connected now. */
export function isSound({ kind }: Diagnosis): boolean {
  return kind === 'good' || kind === 'silent';
}
