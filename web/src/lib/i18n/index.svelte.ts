import { ApiError } from '../api/client';
import type { Unit } from '../api/types';
import { unitOf } from '../live/model';
import { type Language, settings } from '../settings.svelte';
import { degreesApart, shown } from '../units';
import { type Catalogue, type Counted, fill, type Key, type Values } from './catalogue';
import { en } from './en';
import { formats } from './format';
import { zh } from './zh';

const catalogues: Record<'en' | 'zh', Catalogue> = { en, zh };

/** The language to speak: the chosen one, else the first of the browser's that there is. */
export function pickLanguage(choice: Language, browser: readonly string[]): 'en' | 'zh' {
  if (choice !== 'auto') return choice;
  for (const tag of browser) {
    if (tag.toLowerCase().startsWith('zh')) return 'zh';
    if (tag.toLowerCase().startsWith('en')) return 'en';
  }
  return 'en';
}

/** The locale for numbers and dates: the browser's own variant of the language. */
export function pickLocale(language: 'en' | 'zh', browser: readonly string[]): string {
  if (language === 'zh') return 'zh-CN';
  return browser.find((tag) => tag.toLowerCase().startsWith('en')) ?? 'en';
}

/** Decimals by unit. DS18B20 steps are 1/16 K: one decimal is what can be believed. */
const DECIMALS: Record<Unit, number> = { celsius: 1, rpm: 0, percent: 0, lpm: 2, watt: 0, rh: 0 };

class Texts {
  language = $derived(pickLanguage(settings.choices.language, navigator.languages));
  format = $derived(formats(pickLocale(this.language, navigator.languages)));
  #plural = $derived(new Intl.PluralRules(this.language));

  /** A text. */
  t = <K extends Key>(key: K, ...values: keyof Values<K> extends never ? [] : [Values<K>]): string =>
    fill(catalogues[this.language][key], values[0]);

  /** A text that a number decides; {n} is the number. */
  n = (stem: Counted, n: number): string => {
    return fill(catalogues[this.language][`${stem}.${this.form(n)}` as Key], { n: this.format.number(n, 0) });
  };

  /** Which of the forms of a text a number decides for. */
  form = (n: number): 'one' | 'other' => (this.#plural.select(n) === 'one' ? 'one' : 'other');

  /** The text of a name that the server gave; undefined where there is none. */
  find = (prefix: string, name: string): string | undefined => {
    const key = `${prefix}.${name}`;
    return key in en ? catalogues[this.language][key as Key] : undefined;
  };

  /** The text of a name that the server gave, or the name itself where there is none. */
  named = (prefix: string, name: string): string => this.find(prefix, name) ?? name;

  /** What stands between two sentences: Chinese full stops bring their own room. */
  space = $derived(this.language === 'zh' ? '' : ' ');

  /** Sentences, one after the other. */
  sentences = (...all: (string | false | undefined)[]): string => all.filter(Boolean).join(this.space);

  /** What people call a metric: "fan2_rpm" is "Fan 2 speed". */
  metric = (metric: string): string => {
    const unit = unitOf(metric);
    const stem = unit === 'celsius' ? metric : metric.slice(0, metric.lastIndexOf('_'));
    const [, base = stem, number = ''] = /^(.*?)_?(\d*)$/.exec(stem) ?? [];
    let name = `name.${base}` in en ? this.named('name', base) : base.replaceAll('_', ' ');
    if (number) name = this.t('metric.numbered', { name, number });
    const text = fill(catalogues[this.language][`metric.${unit}`], { name });
    return text.charAt(0).toUpperCase() + text.slice(1);
  };

  unit = (unit: Unit): string =>
    this.t(unit === 'celsius' && settings.choices.degrees === 'f' ? 'unit.fahrenheit' : `unit.${unit}`);

  /** A value in the viewer's unit, without the unit. */
  value = (value: number, unit: Unit): string =>
    this.format.number(shown(value, unit, settings.choices.degrees), DECIMALS[unit]);

  /** A value with its unit: "31.2 °C". */
  quantity = (value: number, unit: Unit): string => {
    const text = this.value(value, unit);
    return unit === 'percent' ? `${text}%` : `${text} ${this.unit(unit)}`;
  };

  /** A limit, without needless decimals: "40 °C". */
  limit = (celsius: number): string => {
    const value = shown(celsius, 'celsius', settings.choices.degrees);
    return `${this.format.number(value, Number.isInteger(value) ? 0 : 1)} ${this.unit('celsius')}`;
  };

  /** A difference of temperatures, without the unit. */
  apart = (kelvin: number): string => this.format.number(degreesApart(kelvin, settings.choices.degrees), 1);

  apartUnit = (): string => this.t(settings.choices.degrees === 'f' ? 'unit.fahrenheit' : 'unit.kelvin');

  /** Why something failed, in the viewer's language. */
  reason = (error: unknown): string =>
    error instanceof ApiError ? this.named('error', error.code) : this.t('error.network');
}

export const texts = new Texts();
