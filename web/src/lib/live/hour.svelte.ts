import { fetchSeries } from '../api/client';
import type { SeriesAnswer, StreamEvent } from '../api/types';
import { type Frame, frameOf, joinSamples, trim } from '../chart/data';
import type { Devices } from './model';
import { live } from './stream.svelte';

/** What an hour needs of the page's connection and of the server. */
export interface HourDoors {
  live: {
    readonly loaded: boolean;
    readonly devices: Devices;
    /** The server's clock, Unix milliseconds. */
    time(): number;
    listen(fn: (event: StreamEvent) => void): () => void;
  };
  fetch: typeof fetchSeries;
}

const HOUR = 3_600_000;
const POINTS = 180;

/** One device's water temperature, or other readings, in the last hour, for a small chart. */
export class LastHour {
  /** undefined until it is known. Counted up with every change, as the frame is changed in place. */
  frame = $state.raw<Frame | undefined>();
  version = $state(0);
  #timer: ReturnType<typeof setTimeout> | undefined;
  #stopped = false;
  /** Whether the frame was made without asking, as the device had nothing to ask for. */
  #bare = false;

  constructor(
    readonly device: string,
    readonly metrics: string[] = ['water'],
    readonly doors: HourDoors = { live, fetch: fetchSeries },
  ) {}

  /** Loads the hour and follows the stream. Returns what ends it. */
  start(): () => void {
    const forget = this.doors.live.listen((event) => this.#heard(event));
    if (this.doors.live.loaded) this.#load();
    return () => {
      forget();
      this.#stopped = true;
      clearTimeout(this.#timer);
    };
  }

  #heard(event: StreamEvent): void {
    const { live } = this.doors;
    if (event.type === 'snapshot') this.#later(0);
    if (event.type === 'backfill' && event.data.device === this.device) {
      if (event.data.to > live.time() - HOUR) this.#later(1000);
    }
    if (event.type === 'samples' && event.data.device === this.device && this.frame) {
      const interval = live.devices[this.device]?.interval_ms ?? 10_000;
      if (joinSamples(this.frame, event.data.samples, interval)) this.version++;
      trim(this.frame, live.time() - HOUR);
    }
    // The first reading, whichever event brings it: there may be more behind it than this event says.
    if (this.#bare && this.#known()) this.#later(0);
  }

  /** Whether the device has what is drawn. The server refuses to draw a metric that it does not have. */
  #known(): boolean {
    const newest = this.doors.live.devices[this.device]?.newest ?? [];
    return this.metrics.every((metric) => newest.some((r) => r.metric === metric));
  }

  #later(ms: number): void {
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => this.#load(), ms);
  }

  async #load(): Promise<void> {
    const to = Math.ceil(this.doors.live.time());
    const query = { from: to - HOUR, to, width: POINTS, metrics: this.metrics };
    this.#bare = !this.#known();
    try {
      const answer = this.#bare ? nothing(this.device, query) : await this.doors.fetch(this.device, query);
      if (this.#stopped) return;
      this.frame = frameOf(answer);
      this.version++;
    } catch {
      // Without its history the tile still shows the present; the next snapshot tries again.
      if (!this.#stopped) this.#later(30_000);
    }
  }
}

function nothing(device: string, { from, to }: { from: number; to: number }): SeriesAnswer {
  return { device, from, to, resolution: 'raw', step: 0, gap: 90_000, times: [], series: [] };
}
