import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test, vi } from 'vitest';
import { fill } from '../src/lib/i18n/catalogue';
import { controlEn } from '../src/lib/i18n/control.en';
import { controlZh } from '../src/lib/i18n/control.zh';
import { en as pageEn } from '../src/lib/i18n/en';
import { experimentEn } from '../src/lib/i18n/experiment.en';
import { experimentZh } from '../src/lib/i18n/experiment.zh';
import { pickLanguage, pickLocale, texts } from '../src/lib/i18n/index.svelte';
import { physicsEn } from '../src/lib/i18n/physics.en';
import { physicsZh } from '../src/lib/i18n/physics.zh';
import { zh as pageZh } from '../src/lib/i18n/zh';

const src = join(import.meta.dirname, '../src');
// The texts of the control panel and of the physics are loaded with them; they obey the same rules.
const en = { ...pageEn, ...controlEn, ...experimentEn, ...physicsEn };
const zh = { ...pageZh, ...controlZh, ...experimentZh, ...physicsZh };
const keys = Object.keys(en) as (keyof typeof en)[];

/** Texts that are the same in both languages, or have nothing to translate. */
const SAME = new Set<string>([
  'metric.numbered',
  'metric.celsius',
  'metric.lpm',
  'unit.celsius',
  'unit.fahrenheit',
  'unit.kelvin',
  'unit.percent',
  'unit.watt',
  'unit.rh',
  'broker.protocol.value',
  'quota.of',
  'pi.unit.kp',
  'pi.unit.ff_duty_per_w',
  'curve.value',
  'share.does',
  'change.all',
  'change.points',
  'physics.band',
  'physics.percent',
  'unit.kelvinPerWatt',
  'unit.fahrenheitPerWatt',
]);

/** Words that stay as they are in Chinese. */
const LATIN =
  /`[^`]+`|\b(Coolant|ESP32|CSV|PNG|API|JSON|MQTT|TLS|CA|SNI|DNS|UTC|WebSocket|EMQX Cloud Serverless|IP|ID|Wi-Fi|Shift|Esc|Ctrl-D|rpm|RH|K|W|V|C|F)\b|°[CF]|kΩ|\{\w+\}/g;

describe('the catalogues', () => {
  // Read as text: where one is spread into another, the one that lost its text is not seen in the objects.
  test.each(['en', 'zh'])('give no key two texts: %s', (language) => {
    const folder = join(src, 'lib/i18n');
    const files = readdirSync(folder).filter((f) => f === `${language}.ts` || f.endsWith(`.${language}.ts`));
    const all = files.flatMap((file) =>
      [...readFileSync(join(folder, file), 'utf8').matchAll(/^ {2}'?([\w. -]+)'?:/gm)].map((m) => m[1]),
    );
    expect(new Set(all).size).toBe(keys.length);
    expect(all.filter((key, i) => all.indexOf(key) !== i)).toEqual([]);
  });

  test('have the same keys', () => expect(Object.keys(zh).sort()).toEqual([...keys].sort()));

  test.each(keys)('%s has the same placeholders', (key) => {
    const names = (text: string) => [...text.matchAll(/\{(\w+)\}/g)].map((m) => m[1]).sort();
    expect(names(zh[key])).toEqual(names(en[key]));
  });

  test.each(keys)('%s has the same names and commands', (key) => {
    const code = (text: string) => [...text.matchAll(/`([^`]+)`/g)].map((m) => m[1]).sort();
    expect(code(zh[key])).toEqual(code(en[key]));
    expect(en[key].split('`').length % 2).toBe(1);
  });

  test('every problem has a title and what to do', () => {
    const titles = keys.filter((k) => k.startsWith('problem.') && !k.startsWith('problem.do.'));
    expect(titles.length).toBeGreaterThan(35);
    for (const key of titles) expect(en).toHaveProperty([key.replace('problem.', 'problem.do.')]);
  });

  test.each(keys.filter((k) => !SAME.has(k)))('%s is translated', (key) => {
    expect(zh[key]).not.toBe(en[key]);
    const words = /\p{L}/u.test(en[key].replace(/\{\w+\}/g, ''));
    if (words) expect(zh[key]).toMatch(/\p{Script=Han}/u);
    expect(zh[key].replace(LATIN, '')).not.toMatch(/[A-Za-z]{2,}/);
    expect(en[key]).not.toMatch(/\p{Script=Han}/u);
  });

  test('no text is empty or has space at its ends', () => {
    for (const text of [...Object.values(en), ...Object.values(zh)]) {
      expect(text).not.toBe('');
      expect(text).toBe(text.trim());
    }
  });

  test('what a number decides comes in both forms', () => {
    for (const key of keys.filter((k) => k.endsWith('.one')))
      expect(en).toHaveProperty([key.replace(/one$/, 'other')]);
    for (const key of keys.filter((k) => k.endsWith('.other')))
      expect(en).toHaveProperty([key.replace(/other$/, 'one')]);
  });
});

describe('every word of the server has a text', () => {
  const schema = JSON.parse(readFileSync(join(src, '../../internal/api/openapi.json'), 'utf8')).components
    .schemas;
  const enumerated = (name: string, field: string): string[] => schema[name].properties[field].enum;
  test.each([
    ['health', 'DeviceView', 'health'],
    ['quality', 'Newest', 'quality'],
    ['quality.do', 'Fault', 'quality'],
    ['error', 'Problem', 'code'],
    ['broker.state', 'RemoteBroker', 'state'],
    ['separation', 'Separation', 'state'],
    ['separation.about', 'Separation', 'state'],
    ['quota.level', 'Quota', 'level'],
    ['twin', 'TwinView', 'phase'],
    ['trend', 'Trend', 'direction'],
  ])('%s', (prefix, type, field) => {
    for (const word of enumerated(type, field)) expect(en).toHaveProperty([`${prefix}.${word}`]);
  });

  test('why a figure is not known, and why a chiller is held off', () => {
    for (const word of enumerated('Figure', 'unknown'))
      expect(en).toHaveProperty([word === 'collecting' ? 'unknown.collecting.minutes' : `unknown.${word}`]);
    for (const word of schema.ChillerGuard.properties.why.items.enum)
      expect(en).toHaveProperty([`chiller.why.${word}`]);
  });

  test('claims and alarms of the firmware', () => {
    const read = (name: string) => readFileSync(join(src, '../../firmware/core/include/cool', name), 'utf8');
    const claims = [...read('regulator.h').matchAll(/COOL_BY_\w+,\s+\/\*\*< "(\w+)"/g)].map((m) => m[1]);
    expect(claims.length).toBeGreaterThanOrEqual(10);
    for (const claim of claims) {
      expect(en).toHaveProperty([`claim.${claim}`]);
      expect(en).toHaveProperty([`claim.about.${claim}`]);
    }
    const alarms = [...read('faults.h').matchAll(/#define COOL_FAULT_\w+ "(\w+)"/g)].map((m) => m[1]);
    expect(alarms.length).toBeGreaterThanOrEqual(9);
    for (const alarm of alarms) {
      expect(en).toHaveProperty([`alarm.${alarm}`]);
      expect(en).toHaveProperty([`alarm.do.${alarm}`]);
    }
  });

  test('rejection', () => {
    const source = readFileSync(join(src, '../../rejection.go'), 'utf8');
    const codes = [...source.matchAll(/RejectionCode = "(\w+)"/g)].map((m) => m[1]);
    expect(codes.length).toBeGreaterThan(10);
    for (const code of codes) expect(en).toHaveProperty([`rejection.${code}`]);
  });
});

describe('every problem of the outside broker has a text', () => {
  const source = readFileSync(join(src, '../../internal/broker/remote/problem.go'), 'utf8');
  const table = /var hints = map\[string\]string\{\n([\s\S]*?)\n\}/.exec(source)?.[1] ?? '';
  const codes = [...table.matchAll(/^\t"(\w+)":/gm)].map((m) => m[1]);

  test('the table is found', () => expect(codes.length).toBeGreaterThan(35));

  test.each(codes)('%s', (code) => {
    expect(en).toHaveProperty([`problem.${code}`]);
    expect(en).toHaveProperty([`problem.do.${code}`]);
  });
});

describe('the components', () => {
  const files = readdirSync(src, { recursive: true, encoding: 'utf8' }).filter((f) => f.endsWith('.svelte'));

  test.each(files)('%s has no text of its own', (file) => {
    expect(strayTexts(readFileSync(join(src, file), 'utf8'))).toEqual([]);
  });

  test('the scan finds what it is for', () => {
    expect(strayTexts('<p>Hello {name}</p>')).toEqual(['Hello']);
    expect(strayTexts('<p title="Hello">{t("x")}</p>')).toEqual(['title="Hello"']);
    expect(strayTexts('<script>const a = "x";</script><p class="x">{f({ a: "b" })}</p>')).toEqual([]);
  });

  test('every key is used, by its name or by the beginning of it', () => {
    const all = [
      ...files,
      'lib/i18n/index.svelte.ts',
      'lib/live/broker.ts',
      'lib/control/wording.ts',
      'lib/physics/wording.ts',
    ]
      .map((f) => readFileSync(join(src, f), 'utf8'))
      .join('\n');
    const unused = keys.filter((key) => {
      if (all.includes(`'${key}'`)) return false;
      const parts = key.split('.');
      const stems = parts.map((_, i) => parts.slice(0, i + 1).join('.'));
      return !stems.some((s) => all.includes(`\`${s}.\${`) || all.includes(`'${s}'`));
    });
    expect(unused).toEqual([]);
  });
});

/** What a component shows without asking the catalogue: text and attributes that people read or hear. */
function strayTexts(source: string): string[] {
  let markup = source
    .replace(/<script[\s\S]*?<\/script>/g, '')
    .replace(/<style[\s\S]*?<\/style>/g, '')
    .replace(/<!--[\s\S]*?-->/g, '');
  // Expressions, innermost first.
  for (let before = ''; before !== markup; ) {
    before = markup;
    markup = markup.replace(/\{[^{}]*\}/g, '');
  }
  const attributes = [...markup.matchAll(/\b(?:title|alt|aria-label|placeholder)="([^"]*\p{L}[^"]*)"/gu)];
  const text = markup
    .replace(/<[^>]*>/g, '\n')
    .split('\n')
    .map((line) => line.trim())
    .filter((line) => /\p{L}/u.test(line));
  return [...attributes.map((m) => m[0]), ...text];
}

describe('speaking', () => {
  test.each([
    ['auto', ['zh-CN', 'en'], 'zh', 'zh-CN'],
    ['auto', ['zh-Hant-TW'], 'zh', 'zh-CN'],
    ['auto', ['de-DE', 'en-GB', 'zh'], 'en', 'en-GB'],
    ['auto', ['fr'], 'en', 'en'],
    ['zh', ['en-US'], 'zh', 'zh-CN'],
    ['en', ['zh-CN', 'en-US'], 'en', 'en-US'],
  ] as const)('%s with a browser of %j', (choice, browser, language, locale) => {
    expect(pickLanguage(choice, browser)).toBe(language);
    expect(pickLocale(language, browser)).toBe(locale);
  });

  test('fill leaves what it does not know', () => {
    expect(fill('{a} and {b}', { a: 1 })).toBe('1 and {b}');
  });

  test('metrics have names', () => {
    vi.stubGlobal('navigator', { languages: ['en-GB'] });
    expect(
      ['water', 'fan2_rpm', 'water2', 'pump_duty', 'flow_lpm', 'gpu_plate', 'room_rh'].map(texts.metric),
    ).toEqual(['Water', 'Fan 2 speed', 'Water 2', 'Pump duty', 'Flow', 'Gpu plate', 'Room humidity']);
  });
});
