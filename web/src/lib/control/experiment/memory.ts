/**
 * What this browser remembers of a device's experiment, because the device does not say when it began: when it was first seen here, whether it was
 * begun here, and whether its result was put aside. Kept over a reload; lost with the browser's storage, which costs no more than the time shown.
 */
export interface Memory {
  /** The id of the command that began it. */
  command: string;
  /** When it was first seen, by the server's clock, Unix milliseconds. */
  at: number;
  /** It was begun in this browser, so that `at` is when it began. */
  own: boolean;
  /** The setpoint that an autotune was asked for, in C or K; the device says it only at the end. */
  setpoint?: number | undefined;
  /** Its result was put aside. */
  dismissed: boolean;
}

/** The part of the browser's storage that is needed. */
export type Store = Pick<Storage, 'getItem' | 'setItem'>;

const key = (device: string) => `coolant.experiment.${device}`;

/** What is remembered of a device; undefined: nothing that can be read. */
export function recall(store: Store, device: string): Memory | undefined {
  try {
    const m = JSON.parse(store.getItem(key(device)) ?? 'null') as Partial<Memory> | null;
    if (typeof m?.command !== 'string' || typeof m.at !== 'number') return undefined;
    const setpoint = typeof m.setpoint === 'number' ? m.setpoint : undefined;
    return { command: m.command, at: m.at, own: m.own === true, setpoint, dismissed: m.dismissed === true };
  } catch {
    return undefined; // no storage, or something else in it
  }
}

export function remember(store: Store, device: string, memory: Memory): void {
  try {
    store.setItem(key(device), JSON.stringify(memory));
  } catch {
    // A browser without storage forgets it with the page.
  }
}

/** What is known of an experiment after it was seen at a time: a new one begins then as far as we know. */
export function seen(before: Memory | undefined, command: string, at: number): Memory {
  return before?.command === command ? before : { command, at, own: false, dismissed: false };
}
