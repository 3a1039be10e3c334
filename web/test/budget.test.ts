import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { build } from 'vite';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';

const root = join(import.meta.dirname, '..');
const dist = mkdtempSync(join(tmpdir(), 'coolant-web-'));

/** Compressed script of the first page, in bytes; shared/ui.md of the project sets 90 kB. */
const FIRST_PAGE = 90_000;

beforeAll(async () => {
  await build({ root, logLevel: 'error', build: { outDir: dist, emptyOutDir: true } });
}, 120_000);
afterAll(() => rmSync(dist, { recursive: true }));

const read = (name: string) => readFileSync(join(dist, name));
const packed = (name: string) => gzipSync(read(name), { level: 9 }).length;

/** The script files that index.html loads, and what those import at once. */
function firstScripts(): string[] {
  const html = read('index.html').toString();
  const found = new Set([...html.matchAll(/(?:src|href)="\.\/([^"]+\.js)"/g)].map((m) => m[1] as string));
  for (const name of found) {
    const code = read(name).toString();
    for (const m of code.matchAll(/(?:from|import)\s*["']\.\/([^"']+\.js)["']/g)) found.add(`assets/${m[1]}`);
  }
  return [...found];
}

describe('the build', () => {
  test('the first page is light', () => {
    const total = firstScripts().reduce((sum, name) => sum + packed(name), 0);
    expect(total).toBeGreaterThan(10_000);
    expect(total).toBeLessThanOrEqual(FIRST_PAGE);
  });

  test('charts are loaded when they are needed', () => {
    for (const name of firstScripts()) expect(read(name).toString()).not.toContain('u-cursor-x');
  });

  test.each([
    ['the control panel', 'data-control'],
    ['the physics', 'data-physics'],
    ['the wizard for outputs', 'data-diagnosis'],
    ['the question before gains are looked for', 'data-tune-dialog'],
    ['the gains while they are looked for', 'data-cycles'],
  ])('%s is loaded when it is needed', (_, mark) => {
    const scripts = readdirSync(join(dist, 'assets')).filter((name) => name.endsWith('.js'));
    const holding = scripts.filter((name) => read(`assets/${name}`).includes(mark));
    expect(holding).toHaveLength(1); // the build has it, under that name
    expect(firstScripts()).not.toContain(`assets/${holding[0]}`);
    const panel = scripts.filter((name) => read(`assets/${name}`).includes('data-device-settings'));
    if (mark !== 'data-control') expect(panel).not.toEqual(holding);
  });

  test('nothing is written inline, and nothing comes from elsewhere', () => {
    const html = read('index.html').toString();
    expect(html).not.toMatch(/<style|\sstyle=|<script(?![^>]*\ssrc=)|\son\w+=/);
    expect(html).not.toMatch(/(?:src|href)="(?!\.\/)/);
    for (const name of readdirSync(join(dist, 'assets'))) {
      if (name.endsWith('.css')) expect(read(`assets/${name}`).toString()).not.toMatch(/@import|url\(/);
    }
  });

  test('larger files have a compressed sibling, index.html has none', () => {
    const names = readdirSync(dist, { recursive: true, encoding: 'utf8' });
    for (const name of names.filter((n) => /\.(js|css)$/.test(n) && read(n).length > 1024)) {
      expect(names).toContain(`${name}.gz`);
    }
    expect(names).not.toContain('index.html.gz');
  });

  test('the icons are pictures', () => {
    for (const size of [180, 192, 512]) {
      const png = read(`icon-${size}.png`);
      expect(png.subarray(1, 4).toString()).toBe('PNG');
      expect([png.readUInt32BE(16), png.readUInt32BE(20)]).toEqual([size, size]);
    }
  });
});
