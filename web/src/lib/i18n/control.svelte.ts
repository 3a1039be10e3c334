import { fill, type ValuesOf } from './catalogue';
import { controlEn } from './control.en';
import { controlZh } from './control.zh';
import { texts } from './index.svelte';

type Key = keyof typeof controlEn;
type Values<K extends Key> = ValuesOf<(typeof controlEn)[K]>;
type Counted = Key extends infer K ? (K extends `${infer Stem}.other` ? Stem : never) : never;

const catalogues = { en: controlEn as Readonly<Record<Key, string>>, zh: controlZh };

/** The texts of the control panel, in the language that the page speaks. They come with the panel, not with the first page. */
class ControlTexts {
  t = <K extends Key>(key: K, ...values: keyof Values<K> extends never ? [] : [Values<K>]): string =>
    fill(catalogues[texts.language][key], values[0]);

  /** A text that a number decides; {n} is the number. */
  n = (stem: Counted, n: number): string =>
    fill(catalogues[texts.language][`${stem}.${texts.form(n)}` as Key], { n: texts.format.number(n, 0) });

  /** The text of a name that a device or the server gave; undefined where there is none. */
  find = (prefix: string, name: string): string | undefined => {
    const key = `${prefix}.${name}`;
    return key in controlEn ? catalogues[texts.language][key as Key] : undefined;
  };

  /** The text of such a name, or the name itself. */
  named = (prefix: string, name: string): string => this.find(prefix, name) ?? name;

  /** What people call an output: "fan2" is "Fan 2". */
  output = (name: string): string => texts.metric(name);
}

export const words = new ControlTexts();
