import type { Physics } from '../api/types';

/** How often the figures are asked for while somebody can see them. */
const INTERVAL = 20_000;
/** After a failure: sooner, as it may be over at once. */
const RETRY = 10_000;

/** What it takes of the world outside. */
export interface Source {
  fetch: (signal: AbortSignal) => Promise<Physics>;
  now: () => number;
  /** Whether the page is looked at, and who wants to know that it is again. Returns what ends it. */
  hidden: () => boolean;
  onshow: (fn: () => void) => () => void;
}

/** The physics of one device as the server last told them. */
export class PhysicsState {
  /** undefined until they are known for the first time. */
  figures = $state.raw<Physics | undefined>();
  /** Why the last attempt failed, and when the one before it succeeded. */
  failure = $state.raw<{ error: unknown; since: number | undefined } | undefined>();
  #known: number | undefined;
  #timer: ReturnType<typeof setTimeout> | undefined;
  #asking: AbortController | undefined;

  constructor(readonly source: Source) {}

  /** Asks now and again, but not while nobody looks. Returns what ends it. */
  start(): () => void {
    const forget = this.source.onshow(() => this.#ask());
    this.#ask();
    return () => {
      forget();
      clearTimeout(this.#timer);
      this.#asking?.abort();
      this.#asking = undefined;
    };
  }

  async #ask(): Promise<void> {
    clearTimeout(this.#timer);
    if (this.source.hidden() || this.#asking) return;
    const asking = new AbortController();
    this.#asking = asking;
    let pause = INTERVAL;
    try {
      const figures = await this.source.fetch(asking.signal);
      if (asking.signal.aborted) return;
      this.figures = figures;
      this.failure = undefined;
      this.#known = this.source.now();
    } catch (error) {
      if (asking.signal.aborted) return;
      this.failure = { error, since: this.#known };
      pause = RETRY;
    }
    this.#asking = undefined;
    this.#timer = setTimeout(() => this.#ask(), pause);
  }
}
