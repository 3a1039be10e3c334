import { fill, type ValuesOf } from './catalogue';
import { texts } from './index.svelte';
import { physicsEn } from './physics.en';
import { physicsZh } from './physics.zh';

type Key = keyof typeof physicsEn;
type Values<K extends Key> = ValuesOf<(typeof physicsEn)[K]>;
type Counted = Key extends infer K ? (K extends `${infer Stem}.other` ? Stem : never) : never;

const catalogues = { en: physicsEn as Readonly<Record<Key, string>>, zh: physicsZh };

/** The texts of the card about heat and radiator, in the language that the page speaks. They come with the card. */
export const said = {
  t: <K extends Key>(key: K, ...values: keyof Values<K> extends never ? [] : [Values<K>]): string =>
    fill(catalogues[texts.language][key], values[0]),

  /** A text that a number decides; {n} is the number. */
  n: (stem: Counted, n: number): string =>
    fill(catalogues[texts.language][`${stem}.${texts.form(n)}` as Key], { n: texts.format.number(n, 0) }),
};
