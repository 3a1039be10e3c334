import type { Locator, Page } from 'playwright-core';
import { type Server, until } from './server';

/** The control panel as a person and a test find it. */

export interface Twin {
  phase: string;
  desired: { version: number; by: string; note: string; body: Body } | null;
  reported: { version: number; refused: string } | null;
  state: {
    interval_ms: number;
    outputs: { name: string; mode: string; duty: number; claim: string }[];
    zero?: { command: string; offsets?: Record<string, number> };
  } | null;
}

export interface Body {
  interval_ms?: number;
  critical_c?: number;
  busy_w?: number;
  standby?: { enabled?: boolean; idle_w?: number };
  probes?: { rom: string; role: string; offset_k?: number }[];
  outputs?: ({ name: string } & Record<string, unknown>)[];
}

export const control = (page: Page): Locator => page.locator('[data-control]');
export const output = (page: Page, name: string): Locator => page.locator(`[data-output="${name}"]`);
export const point = (page: Page, name: string, i: number): Locator =>
  output(page, name).locator(`[data-point="${i}"]`);

export const twinOf = (server: Server, id = 'demo') => server.json<Twin>(`api/v1/devices/${id}/twin`);

/** What somebody else saves, on top of whatever there is. */
export async function putTwin(server: Server, body: Body, id = 'demo'): Promise<number> {
  const base = (await twinOf(server, id)).desired?.version ?? 0;
  const answer = await fetch(server.url(`api/v1/devices/${id}/twin`), {
    method: 'PUT',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ base, body, note: 'by a test' }),
  });
  if (!answer.ok) throw new Error(`${answer.status} ${await answer.text()}`);
  return ((await answer.json()) as Twin).desired?.version ?? 0;
}

/** Waits until the page says how the device took a version. */
export async function waitForTwin(page: Page, phase: string, version: number): Promise<void> {
  await page.locator(`[data-twin="${phase}"][data-version="${version}"]`).waitFor();
}

/** Saves the edit, and waits until the page says that the device runs it. */
export async function save(page: Page): Promise<number> {
  const before = Number(await page.locator('[data-twin]').getAttribute('data-version'));
  await control(page).getByRole('button', { name: 'Save' }).click();
  await waitForTwin(page, 'applied', before + 1);
  await page.locator('[data-unsaved]').waitFor({ state: 'detached' });
  return before + 1;
}

/** Opens what is set once and then left alone: limits, standby, the interval. */
export async function openLimits(page: Page): Promise<void> {
  const fold = page.locator('[data-device-settings]');
  if ((await fold.getAttribute('open')) === null) await fold.locator('summary').click();
}

/** The value that a point of a curve announces. */
export async function valueOfPoint(page: Page, name: string, i: number): Promise<string> {
  return (await point(page, name, i).getAttribute('aria-valuetext')) ?? '';
}

/** Where a point is on the screen. */
export async function placeOfPoint(page: Page, name: string, i: number): Promise<{ x: number; y: number }> {
  const dot = point(page, name, i).locator('.dot');
  await dot.scrollIntoViewIfNeeded();
  const box = await until('the point to stand still', async () => {
    const first = await dot.boundingBox();
    await page.evaluate(() => new Promise(requestAnimationFrame));
    const second = await dot.boundingBox();
    return first && second && first.x === second.x && first.y === second.y && second;
  });
  return { x: box.x + box.width / 2, y: box.y + box.height / 2 };
}

/** Drags a point with the mouse by so many pixels. */
export async function drag(page: Page, name: string, i: number, dx: number, dy: number): Promise<void> {
  const { x, y } = await placeOfPoint(page, name, i);
  await page.mouse.move(x, y);
  await page.mouse.down();
  for (const part of [0.25, 0.5, 0.75, 1]) await page.mouse.move(x + dx * part, y + dy * part);
  await page.mouse.up();
}

/** A finger on a page that has touch: it touches, moves and leaves. */
export async function fingerOn(page: Page) {
  const touch = await page.context().newCDPSession(page);
  return (type: 'touchStart' | 'touchMove' | 'touchEnd', ...at: { x: number; y: number }[]) =>
    touch.send('Input.dispatchTouchEvent', { type, touchPoints: at });
}
