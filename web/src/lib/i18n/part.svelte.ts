import { fill, type ValuesOf } from './catalogue';
import { texts } from './index.svelte';

type CountedOf<K> = K extends `${infer Stem}.other` ? Stem : never;

/** The texts of a part of the page that come with it and not with the first page, in the language that the page speaks. */
export class PartTexts<C extends Readonly<Record<string, string>>> {
  #catalogues: { en: Readonly<Record<string, string>>; zh: Readonly<Record<string, string>> };

  constructor(en: C, zh: Readonly<Record<keyof C, string>>) {
    this.#catalogues = { en, zh };
  }

  #say(key: string): string {
    return this.#catalogues[texts.language][key] ?? key;
  }

  t = <K extends keyof C & string>(
    key: K,
    ...values: keyof ValuesOf<C[K]> extends never ? [] : [ValuesOf<C[K]>]
  ): string => fill(this.#say(key), values[0]);

  /** A text that a number decides; {n} is the number. */
  n = (stem: CountedOf<keyof C & string>, n: number): string =>
    fill(this.#say(`${stem}.${texts.form(n)}`), { n: texts.format.number(n, 0) });

  /** The text of a name that a device or the server gave; undefined where there is none. */
  find = (prefix: string, name: string): string | undefined => {
    const key = `${prefix}.${name}`;
    return key in this.#catalogues.en ? this.#say(key) : undefined;
  };

  /** The text of such a name, or the name itself. */
  named = (prefix: string, name: string): string => this.find(prefix, name) ?? name;
}
