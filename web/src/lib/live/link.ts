/**
 * The connection to the server as a state machine: what the page says about it
 * and when the next attempt is due. Pure, so that every path can be tested; the
 * socket itself is in stream.svelte.ts.
 */

export type Phase = 'connecting' | 'live' | 'reconnecting' | 'offline';

export interface Link {
  phase: Phase;
  /** When the phase was entered; for reconnecting and offline: since when there is no connection. */
  since: number;
  /** When the server was last heard. */
  heard: number;
  /** Failed attempts in a row. */
  attempt: number;
  /** What the socket should be doing. */
  socket: 'opening' | 'open' | 'none';
  /** When the next attempt is due, while socket is none. */
  retryAt: number;
}

export type LinkEvent = 'opened' | 'heard' | 'failed' | 'clock' | 'wake';

/** The server says something at least every 15 s; two of those missed and the connection is dead. */
export const SILENCE_MS = 40_000;
/** An attempt that has not been answered by then has failed. */
export const ATTEMPT_MS = 10_000;
/** So long without a connection is called offline: it is no hiccup any more. */
export const OFFLINE_MS = 20_000;

export function startLink(now: number): Link {
  return { phase: 'connecting', since: now, heard: now, attempt: 0, socket: 'opening', retryAt: now };
}

/** How long to wait after the n-th failure in a row: 0.5 s doubling to 15 s, less up to a quarter by chance. */
export function backoff(attempt: number, chance: number): number {
  const full = Math.min(15_000, 500 * 2 ** Math.min(attempt - 1, 10));
  return full * (1 - chance / 4);
}

/** The link after an event. `chance` is a random number from 0 to 1. */
export function advance(link: Link, event: LinkEvent, now: number, chance: number): Link {
  switch (event) {
    case 'opened':
    case 'heard':
      if (link.socket === 'none') return link; // a late word of a socket that was given up
      if (link.phase === 'live') return { ...link, heard: now };
      return { phase: 'live', since: now, heard: now, attempt: 0, socket: 'open', retryAt: 0 };
    case 'failed':
      return link.socket === 'none' ? link : lost(link, now, chance);
    case 'wake': // the page became visible, or the browser says that the network is back
      if (link.socket !== 'none') return advance(link, 'clock', now, chance);
      return { ...aged(link, now), socket: 'opening', retryAt: now };
    case 'clock':
      if (link.socket === 'open' && now - link.heard > SILENCE_MS) return lost(link, now, chance);
      if (link.socket === 'opening' && now - link.retryAt > ATTEMPT_MS) return lost(link, now, chance);
      if (link.socket === 'none' && now >= link.retryAt) {
        return { ...aged(link, now), socket: 'opening', retryAt: now };
      }
      return aged(link, now);
  }
}

function lost(link: Link, now: number, chance: number): Link {
  const attempt = link.attempt + 1;
  const down = link.phase === 'live' || link.phase === 'connecting';
  const next: Link = {
    ...link,
    phase: down ? 'reconnecting' : link.phase,
    // Since when there is no connection: from the last word that was heard.
    since: link.phase === 'live' ? Math.max(link.heard, link.since) : link.since,
    attempt,
    socket: 'none',
    retryAt: now + backoff(attempt, chance),
  };
  return aged(next, now);
}

function aged(link: Link, now: number): Link {
  if (link.phase === 'reconnecting' && now - link.since >= OFFLINE_MS) return { ...link, phase: 'offline' };
  return link;
}
