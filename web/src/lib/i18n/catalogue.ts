import type { en } from './en';

/** Names of the page's texts. */
export type Key = keyof typeof en;

/** A complete set of texts in one language. */
export type Catalogue = Readonly<Record<Key, string>>;

type PlaceholderOf<S extends string> = S extends `${string}{${infer P}}${infer Rest}`
  ? P | PlaceholderOf<Rest>
  : never;

/** The values that the placeholders of a text need. */
export type ValuesOf<Text extends string> = { [P in PlaceholderOf<Text>]: string | number };
export type Values<K extends Key> = ValuesOf<(typeof en)[K]>;

/** Texts that a number decides between: K.one and K.other. */
export type Counted = Key extends infer K ? (K extends `${infer Stem}.other` ? Stem : never) : never;

/** The text with its placeholders filled in. */
export function fill(text: string, values: Readonly<Record<string, string | number>> = {}): string {
  return text.replace(/\{(\w+)\}/g, (all, name: string) => String(values[name] ?? all));
}
