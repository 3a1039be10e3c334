import { streamAddress } from '../api/client';
import { STREAM_EVENTS, type StreamEvent } from '../api/types';
import { advance, type Link, type LinkEvent, startLink } from './link';
import { applyEvent, type Devices } from './model';

type Listener = (event: StreamEvent) => void;

/**
 * The page's one connection to the server: what is known of the devices, the
 * state of the connection, and the clock that everything ages by.
 */
class Live {
  devices = $state.raw<Devices>({});
  link = $state.raw<Link>(startLink(Date.now()));
  /** Whether a snapshot has arrived since the page was opened. */
  loaded = $state(false);
  /** The server's clock, in whole seconds that tick. */
  now = $state(Date.now());

  #skew = 0; // the server's clock minus ours
  #source: EventSource | undefined;
  #lastId = '';
  #listeners = new Set<Listener>();

  /** Opens the connection and keeps it. Returns what ends it. */
  start(): () => void {
    const timer = setInterval(() => this.#second(), 1000);
    const wake = () => {
      if (!document.hidden) this.#event('wake');
    };
    document.addEventListener('visibilitychange', wake);
    addEventListener('online', wake);
    addEventListener('pageshow', wake);
    this.#open();
    return () => {
      clearInterval(timer);
      document.removeEventListener('visibilitychange', wake);
      removeEventListener('online', wake);
      removeEventListener('pageshow', wake);
      this.#close();
    };
  }

  /** Calls fn with every event from now on. Returns what ends that. */
  listen(fn: Listener): () => void {
    this.#listeners.add(fn);
    return () => this.#listeners.delete(fn);
  }

  /** The server's clock, in milliseconds. */
  time(): number {
    return Date.now() + this.#skew;
  }

  #second(): void {
    this.#event('clock');
    this.now = this.time();
  }

  #event(event: LinkEvent): void {
    const before = this.link;
    const after = advance(before, event, Date.now(), Math.random());
    if (after === before) return;
    this.link = after;
    if (before.socket === after.socket) return;
    if (after.socket === 'opening') this.#open();
    if (after.socket === 'none') this.#close();
  }

  #open(): void {
    this.#close();
    const source = new EventSource(streamAddress(this.#lastId));
    this.#source = source;
    const current = (fn: () => void) => {
      if (this.#source === source) fn();
    };
    source.onopen = () => current(() => this.#event('opened'));
    // The browser's own way of connecting again gives up on some errors and
    // says nothing about when it tries: ours does both.
    source.onerror = () => current(() => this.#event('failed'));
    for (const type of STREAM_EVENTS) {
      source.addEventListener(type, (message) => current(() => this.#heard(type, message)));
    }
  }

  #close(): void {
    this.#source?.close();
    this.#source = undefined;
  }

  #heard(type: StreamEvent['type'], message: MessageEvent<string>): void {
    if (message.lastEventId) this.#lastId = message.lastEventId;
    this.#event('heard');
    const event = { type, data: JSON.parse(message.data) } as StreamEvent;
    if (event.type === 'snapshot' || event.type === 'tick') {
      this.#skew = event.data.time - Date.now();
      this.now = this.time();
    }
    if (event.type === 'snapshot') this.loaded = true;
    this.devices = applyEvent(this.devices, event);
    for (const listener of this.#listeners) listener(event);
  }
}

export const live = new Live();
