import { expect, test } from 'vitest';
import { parseChoices } from './settings.svelte';

const defaults = { language: 'auto', theme: 'auto', degrees: 'c', range: '24h' };

test.each([
  ['nothing stored', null, defaults],
  ['not ours', 'hello', defaults],
  ['null', 'null', defaults],
  ['an array', '[1]', defaults],
  ['unknown words', '{"language":"fr","theme":"pink","degrees":"k","range":7}', defaults],
  ['some of it', '{"theme":"dark","more":1}', { ...defaults, theme: 'dark' }],
  [
    'all of it',
    '{"language":"zh","theme":"light","degrees":"f","range":"7d"}',
    { language: 'zh', theme: 'light', degrees: 'f', range: '7d' },
  ],
])('%s', (_, text, want) => expect(parseChoices(text)).toEqual(want));
