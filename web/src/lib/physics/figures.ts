import type { Device, Figure } from '../api/types';

/** The figures that the card shows beside the dew point, by their names in the server's answer. */
export const FIGURES = ['heat', 'difference', 'rise', 'resistance', 'settling'] as const;
export type FigureName = (typeof FIGURES)[number];

const CARRIED = ['inlet', 'outlet', 'flow_lpm'] as const;

/** The metrics that a figure is made of. */
const NEEDS: Record<FigureName, readonly Part[]> = {
  heat: CARRIED,
  difference: ['inlet', 'outlet'],
  rise: ['water', 'ambient'],
  resistance: ['water', 'ambient', ...CARRIED],
  settling: ['water', 'ambient', ...CARRIED],
};

/** A sensor that somebody may add. */
export type Part = 'water' | 'ambient' | 'inlet' | 'outlet' | 'flow_lpm';

/** What a device could show with parts that it does not have. */
export interface Wish {
  parts: Part[];
  figures: FigureName[];
  /** Whether its parts are just those of the wishes before it. */
  together: boolean;
}

/**
 * The figures of a device that has all that they take, and what would bring the others: those
 * with like wishes together, the smallest first. Whoever lacks the probes of a difference is told of the heat.
 */
export function wanted(device: Pick<Device, 'newest'>): { shown: FigureName[]; wishes: Wish[] } {
  const has = (part: Part) => device.newest.some((r) => r.metric === part);
  const lacking = (name: FigureName) => NEEDS[name].filter((part) => !has(part));
  const shown: FigureName[] = [];
  const wishes: Wish[] = [];
  for (const name of FIGURES) {
    if (lacking(name).length === 0) {
      shown.push(name);
      continue;
    }
    const parts = lacking(name === 'difference' ? 'heat' : name);
    const like = wishes.find((w) => w.parts.join() === parts.join());
    if (like) like.figures.push(name);
    else wishes.push({ parts, figures: [name], together: false });
  }
  wishes.sort((a, b) => a.parts.length - b.parts.length);
  wishes.forEach((wish, i) => {
    const before = new Set(wishes.slice(0, i).flatMap((w) => w.parts));
    wish.together = i > 1 && wish.parts.every((part) => before.has(part));
  });
  return { shown, wishes };
}

/**
 * With how many decimals a value with an error is written: the error has one digit that counts,
 * or two if the first is a 1, so that rounding changes it by less than a third.
 */
export function decimals(error: number): number {
  if (!(error > 0) || !Number.isFinite(error)) return 1;
  const place = Math.floor(Math.log10(error));
  const first = Math.floor(error / 10 ** place);
  return Math.min(4, Math.max(0, -place + (first === 1 ? 1 : 0)));
}

/** Whether a figure says little: its error is as large as itself. */
export function isVague(figure: Figure): boolean {
  return figure.value !== null && figure.error !== null && figure.error >= Math.abs(figure.value);
}

/** After how long a new load has had 95 % of its effect, in ms: three time constants (1 - e^-3). Whole minutes from three on. */
export function settlingTime(tau: number): number {
  const ms = 3 * tau * 1000;
  const step = ms < 180_000 ? 10_000 : 60_000;
  return Math.max(step, Math.round(ms / step) * step);
}
