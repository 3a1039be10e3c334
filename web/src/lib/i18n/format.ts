/** Numbers, dates and durations as people of a language write them. Pure: the locale is given. */

export interface Formats {
  locale: string;
  /** A number with exactly so many decimals. */
  number(value: number, decimals: number): string;
  /** 14:05:09 */
  clock(ms: number): string;
  /** 14:05 */
  minute(ms: number): string;
  /** Nov 23 */
  day(ms: number): string;
  /** Nov 2026 */
  month(ms: number): string;
  /** November 2026: the calendar month in UTC, whatever the viewer's zone. */
  utcMonth(ms: number): string;
  /** 23 Nov 2026 */
  date(ms: number): string;
  /** Nov 23, 14:05:09: a moment, complete but for the year, or as the detail says. */
  moment(ms: number, detail?: Detail): string;
  /** How moments of a range are written: with the year where it is not clear, without seconds in a long one. */
  detail(from: number, to: number, now: number): Detail;
  /** Only the clock if it was today, else with the day. */
  since(ms: number, now: number): string;
  /** "4 seconds ago" */
  ago(ms: number, now: number): string;
  /** "in 4 days" */
  ahead(ms: number, now: number): string;
  /** "3 hours, 5 minutes" */
  duration(ms: number): string;
  /** "412,000": a large number with three digits that count. */
  rough(n: number): string;
  /** "12.5 MB" */
  bytes(n: number): string;
  list(words: string[]): string;
}

export interface Detail {
  year: boolean;
  seconds: boolean;
}

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;
/** From this span on, seconds say nothing. */
const LONG = 6 * HOUR;

/** Formats of a locale, in the time zone of the viewer or the given one. */
export function formats(locale: string, timeZone?: string): Formats {
  const zone = timeZone === undefined ? {} : { timeZone };
  const time = (options: Intl.DateTimeFormatOptions) => {
    const f = new Intl.DateTimeFormat(locale, { ...zone, ...options });
    return (ms: number) => f.format(ms);
  };
  const hm = { hour: '2-digit', minute: '2-digit', hourCycle: 'h23' } as const;
  const md = { month: 'short', day: 'numeric' } as const;
  const clock = time({ ...hm, second: '2-digit' });
  const minute = time(hm);
  const day = time(md);
  const month = time({ month: 'short', year: 'numeric' });
  const daySecond = time({ ...md, ...hm, second: '2-digit' });
  const dayMinute = time({ ...md, ...hm });
  const fullSecond = time({ year: 'numeric', ...md, ...hm, second: '2-digit' });
  const fullMinute = time({ year: 'numeric', ...md, ...hm });
  const year = time({ year: 'numeric' });
  const date = time({ year: 'numeric', month: 'numeric', day: 'numeric' });
  const fullDay = time({ year: 'numeric', ...md });
  const utcMonth = new Intl.DateTimeFormat(locale, { month: 'long', year: 'numeric', timeZone: 'UTC' });
  const relative = new Intl.RelativeTimeFormat(locale, { numeric: 'always', style: 'short' });
  const numbers = new Map<number, Intl.NumberFormat>();
  const rough = new Intl.NumberFormat(locale, { maximumSignificantDigits: 3 });
  const list = new Intl.ListFormat(locale, { type: 'conjunction' });

  const number = (value: number, decimals: number) => {
    let f = numbers.get(decimals);
    if (!f) {
      f = new Intl.NumberFormat(locale, { minimumFractionDigits: decimals, maximumFractionDigits: decimals });
      numbers.set(decimals, f);
    }
    // No "-0.0": what rounds to zero is zero.
    const rounded = Number(value.toFixed(decimals));
    return f.format(rounded === 0 ? 0 : rounded);
  };
  const unit = (n: number, name: string, decimals = 0) =>
    new Intl.NumberFormat(locale, {
      style: 'unit',
      unit: name,
      unitDisplay: 'short',
      maximumFractionDigits: decimals,
    }).format(n);

  /** A span of time in its largest unit, before or after now. */
  const distance = (span: number, sign: 1 | -1) => {
    const say = (size: number, name: Intl.RelativeTimeFormatUnit) =>
      relative.format(sign * Math.floor(span / size), name);
    if (span < MINUTE) return say(1000, 'second');
    if (span < HOUR) return say(MINUTE, 'minute');
    return span < 2 * DAY ? say(HOUR, 'hour') : say(DAY, 'day');
  };

  return {
    locale,
    number,
    clock,
    minute,
    day,
    month,
    utcMonth: (ms) => utcMonth.format(ms),
    date: fullDay,
    moment(ms, detail = { year: false, seconds: true }) {
      if (detail.year) return detail.seconds ? fullSecond(ms) : fullMinute(ms);
      return detail.seconds ? daySecond(ms) : dayMinute(ms);
    },
    detail: (from, to, now) => ({
      year: year(from) !== year(to) || year(to) !== year(now),
      seconds: to - from < LONG,
    }),
    since(ms, now) {
      if (date(ms) === date(now)) return clock(ms);
      return now - ms < 300 * DAY ? dayMinute(ms) : fullDay(ms);
    },
    ago: (ms, now) => distance(Math.max(0, now - ms), -1),
    ahead: (ms, now) => distance(Math.max(0, ms - now), 1),
    duration(ms) {
      const parts: string[] = [];
      const add = (size: number, name: string) => {
        const n = Math.floor(ms / size);
        if (n > 0 && parts.length < 2) parts.push(unit(n, name));
        ms -= n * size;
      };
      add(DAY, 'day');
      add(HOUR, 'hour');
      add(MINUTE, 'minute');
      if (parts.length < 2) add(1000, 'second');
      return parts.length > 0 ? parts.join(' ') : unit(0, 'second');
    },
    rough: (n) => rough.format(n),
    bytes(n) {
      if (n < 1e6) return unit(n / 1e3, 'kilobyte');
      if (n < 1e9) return unit(n / 1e6, 'megabyte', 1);
      return unit(n / 1e9, 'gigabyte', 2);
    },
    list: (words) => list.format(words),
  };
}
