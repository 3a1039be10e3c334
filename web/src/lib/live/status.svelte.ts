import { fetchBroker, isForbidden } from '../api/client';
import type { BrokerStatus, StreamEvent } from '../api/types';
import { live } from './stream.svelte';

const KEY = 'coolant.public';

/**
 * The way to the devices, as the server tells it: asked for at once and after every
 * snapshot, kept current by its events. And whether this viewer may know of it at all.
 */
export class Status {
  broker = $state.raw<BrokerStatus | undefined>();
  /** Whether the server was asked and has answered, be it with a refusal or not at all. */
  known = $state(false);
  /**
   * Whether the server shows this viewer the charts only. Remembered, so that the
   * navigation does not change under a visitor who comes again.
   */
  limited = $state(remembered());

  #listen: (fn: (event: StreamEvent) => void) => () => void;
  #fetch: () => Promise<BrokerStatus>;
  #news = 0; // counts what was said and asked; an answer that is older than the newest is of no use
  #owed = false; // an answer that did not come

  /** Hears of events by listen, and asks by fetch. */
  constructor(listen: (fn: (event: StreamEvent) => void) => () => void, fetch: () => Promise<BrokerStatus>) {
    this.#listen = listen;
    this.#fetch = fetch;
  }

  /** Follows the server. Returns what ends that. */
  start(): () => void {
    this.#ask(); // early, so that the page does not change once it is there
    return this.#listen((event) => {
      if (event.type === 'snapshot' || (event.type === 'tick' && this.#owed)) this.#ask();
      if (event.type === 'broker') {
        this.#news++;
        this.broker = event.data;
      }
    });
  }

  /** Takes over whether an answer was refused because of who asks. */
  limit(limited: boolean): void {
    this.limited = limited;
    try {
      if (limited) localStorage.setItem(KEY, 'yes');
      else localStorage.removeItem(KEY);
    } catch {
      // Storage is switched off: it is found out again at the next visit.
    }
  }

  async #ask(): Promise<void> {
    const turn = ++this.#news;
    this.#owed = false;
    try {
      const broker = await this.#fetch();
      if (turn === this.#news) this.broker = broker;
      this.limit(false);
    } catch (error) {
      this.#owed = !isForbidden(error);
      if (this.#owed) return;
      this.broker = undefined;
      this.limit(true);
    } finally {
      this.known = true;
    }
  }
}

function remembered(): boolean {
  try {
    return typeof localStorage !== 'undefined' && localStorage.getItem(KEY) === 'yes';
  } catch {
    return false;
  }
}

export const status = new Status((fn) => live.listen(fn), fetchBroker);
