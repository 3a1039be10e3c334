import { fetchFaults, fetchSeries } from '../api/client';
import type { FaultSpan, LiveSample, StreamEvent } from '../api/types';
import { live } from '../live/stream.svelte';
import { type Frame, frameOf, joinFaults, joinSamples, trim } from './data';
import type { Window } from './view';

/** Moving about must not send a request for every frame. */
const SETTLE_MS = 150;
const BACKFILL_MS = 800;
/** A long range is loaded afresh now and then, because joined buckets are estimates. */
const REFRESH_MS = 5 * 60_000;

/**
 * What is known of one device in the window that is looked at: loaded when the
 * window, the width or the past changes, and carried on by live samples.
 */
export class History {
  frame = $state.raw<Frame | undefined>();
  /** Counts the changes of the frame, which is changed in place. */
  version = $state(0);
  faults = $state.raw<FaultSpan[]>([]);
  /** Whether something is asked for, or about to be. */
  loading = $state(true);
  failure = $state.raw<unknown>();

  #wanted: { window: Window; width: number; following: boolean } | undefined;
  #loaded: { window: Window; width: number; following: boolean } | undefined;
  #loadedAt = 0;
  #open = new Map<string, string>();
  #missed: LiveSample[] = []; // what arrives while a request is under way
  #request: AbortController | undefined;
  #timer: ReturnType<typeof setTimeout> | undefined;

  constructor(readonly device: string) {}

  start(): () => void {
    const forget = live.listen((event) => this.#heard(event));
    return () => {
      forget();
      clearTimeout(this.#timer);
      this.#request?.abort();
    };
  }

  /** Says what is looked at; loads if that is not known yet. */
  show(window: Window, width: number, following: boolean): void {
    const before = this.#wanted;
    this.#wanted = { window, width, following };
    if (!before) {
      this.#later(0);
      return;
    }
    if (following && before.following && span(before.window) === span(window) && before.width === width) {
      if (this.frame && this.frame.step > 0 && Date.now() - this.#loadedAt > REFRESH_MS) this.#later(0);
      return; // the live edge moved: the stream brings what is new
    }
    if (same(this.#loaded, this.#wanted)) return;
    this.#later(SETTLE_MS);
  }

  retry(): void {
    this.#later(0);
  }

  #later(ms: number): void {
    this.loading = true;
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => {
      this.#timer = undefined;
      this.#load();
    }, ms);
  }

  async #load(): Promise<void> {
    if (!this.#wanted) return;
    this.#request?.abort();
    const request = new AbortController();
    this.#request = request;
    const wanted = this.#wanted;
    const { from, to, width } = reach(wanted);
    this.loading = true;
    this.#missed = [];
    try {
      const [answer, faults] = await Promise.all([
        fetchSeries(this.device, { from, to, width }, request.signal),
        fetchFaults(this.device, from, to, request.signal),
      ]);
      if (this.#request !== request) return;
      this.#take(frameOf(answer), faults);
      this.#loaded = wanted;
      this.#loadedAt = Date.now();
      this.failure = undefined;
    } catch (error) {
      if (request.signal.aborted) return;
      this.failure = error;
    }
    if (this.#request === request) this.loading = this.#timer !== undefined;
  }

  #take(frame: Frame, faults: FaultSpan[]): void {
    this.#open = new Map();
    for (const reading of live.devices[this.device]?.newest ?? []) {
      if (reading.quality !== 'good') this.#open.set(reading.metric, reading.quality);
    }
    joinSamples(frame, this.#missed, this.#interval());
    this.faults = joinFaults(faults, this.#open, this.#missed);
    this.frame = frame;
    this.version++;
  }

  #heard(event: StreamEvent): void {
    if (event.type === 'snapshot') this.#later(0); // who knows what was missed
    if (event.type === 'backfill' && event.data.device === this.device) {
      const { window } = this.#wanted ?? {};
      if (window && event.data.from < window.to && event.data.to >= window.from) this.#later(BACKFILL_MS);
    }
    if (event.type === 'samples' && event.data.device === this.device) this.#join(event.data.samples);
  }

  #join(samples: LiveSample[]): void {
    if (this.loading) this.#missed.push(...samples);
    const { frame } = this;
    const wanted = this.#wanted;
    if (!frame || !wanted) return;
    if (!wanted.following && wanted.window.to < (samples[0]?.time ?? 0)) return;
    if (joinSamples(frame, samples, this.#interval())) this.version++;
    this.faults = joinFaults(this.faults, this.#open, samples);
    if (wanted.following) trim(frame, wanted.window.from);
  }

  #interval(): number {
    return live.devices[this.device]?.interval_ms ?? 10_000;
  }
}

function span(w: Window): number {
  return w.to - w.from;
}

function same(
  a: { window: Window; width: number } | undefined,
  b: { window: Window; width: number },
): boolean {
  return (
    a !== undefined && a.width === b.width && a.window.from === b.window.from && a.window.to === b.window.to
  );
}

/** What to load for a window: of one that stays also a little on both sides, for panning. */
function reach(wanted: { window: Window; width: number; following: boolean }): Window & { width: number } {
  const { window, width, following } = wanted;
  if (following) return { from: window.from, to: window.to, width };
  const margin = Math.round(span(window) / 4);
  return { from: window.from - margin, to: window.to + margin, width: Math.round(width * 1.5) };
}
