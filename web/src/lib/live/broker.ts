import type {
  BrokerCertificate,
  BrokerProblem,
  BrokerStatus,
  Quota,
  QuotaUse,
  RemoteBroker,
} from '../api/types';

/** What the page concludes from the state of the outside broker. Pure; times are Unix milliseconds. */

/** So long without the broker is a hiccup that nobody needs to hear of. */
export const GRACE_MS = 5_000;
/** From so many days before its end on, a certificate is a warning. */
export const CERTIFICATE_DAYS = 30;
/** The part of a limit from which on its use is a warning; QuotaWarnAt of the server. */
export const QUOTA_WARN_AT = 0.8;

const DAY = 86_400_000;

/** Whether readings do not arrive because the outside broker is not connected, for longer than a hiccup. */
export function isLost(remote: RemoteBroker | undefined, now: number): boolean {
  return remote !== undefined && remote.state !== 'connected' && now - remote.since > GRACE_MS;
}

/** Whole seconds until the next attempt, at least 0; undefined unless one is being waited for. */
export function countdown(remote: RemoteBroker, now: number): number | undefined {
  if (remote.state !== 'waiting' || !remote.next_try) return undefined;
  return Math.max(0, Math.ceil((remote.next_try - now) / 1000));
}

export type Expiry = 'ok' | 'soon' | 'over';

/** How near the end of a certificate is. */
export function expiry(certificate: Pick<BrokerCertificate, 'expires'>, now: number): Expiry {
  if (certificate.expires <= now) return 'over';
  return certificate.expires - now < CERTIFICATE_DAYS * DAY ? 'soon' : 'ok';
}

/** How a certificate calls itself, without the fields that few can read: the common name, or the organisation. */
export function commonName(name: string): string {
  const field = (key: string) => new RegExp(`(?:^|,\\s*)${key}=((?:\\\\.|[^,\\\\+])+)`).exec(name)?.[1];
  return (field('CN') ?? field('O') ?? name).replace(/\\(.)/g, '$1').trim();
}

export interface Share {
  level: Quota['level'];
  /** Parts of the limit from 0 to 1, for a bar that ends at the limit. */
  used: number;
  projected: number;
}

/** An allowance as parts of its limit; undefined where there is none. */
export function share(use: QuotaUse): Share | undefined {
  if (use.limit <= 0) return undefined;
  const [used, projected] = [use.used / use.limit, use.projected / use.limit];
  const part = (n: number) => Math.min(1, Math.max(0, n));
  const level = used >= 1 ? 'over' : used >= QUOTA_WARN_AT || projected > 1 ? 'warning' : 'ok';
  return { level, used: part(used), projected: Math.max(part(used), part(projected)) };
}

/** The warnings that the page does not show in a place of their own. */
export function otherWarnings(remote: RemoteBroker): RemoteBroker['warnings'] {
  return remote.warnings.filter((w) => !w.code.startsWith('separation_'));
}

/** Whether any device may drive any pump there, as far as has been tried. */
export function isBroken(status: BrokerStatus | undefined): boolean {
  return status?.remote?.separation.state === 'broken';
}

/** A text, and its language where that is not the viewer's. */
export interface Words {
  text: string;
  lang?: 'en';
}

export interface ProblemWords {
  title: Words;
  /** What to do; undefined where nobody knows. */
  todo: Words | undefined;
  /** What the server found, in English; undefined where that is the title already. */
  detail: string | undefined;
}

/**
 * A problem in the viewer's language by its code, with `find` to look texts up.
 * A code that the page does not know is told in the server's English.
 */
export function problemWords(
  { code, detail, hint }: Pick<BrokerProblem, 'code' | 'detail' | 'hint'>,
  find: (prefix: string, name: string) => string | undefined,
): ProblemWords {
  const [title, todo] = [find('problem', code), find('problem.do', code)];
  const english = (text: string): Words | undefined => (text ? { text, lang: 'en' } : undefined);
  return {
    title: title === undefined ? { text: detail || code, lang: 'en' } : { text: title },
    todo: todo === undefined ? english(hint) : { text: todo },
    detail: title === undefined ? undefined : detail || undefined,
  };
}
