import { type Browser, type BrowserContextOptions, chromium, type Page } from 'playwright-core';

/** The browser of the distribution; playwright's own is not downloaded. */
const EXECUTABLE = process.env.CHROMIUM_BIN ?? '/usr/bin/chromium';

const FLAGS = [
  '--headless',
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
];

/** What the page takes longer for than this does not happen any more, however busy the machine is. */
export const PATIENCE_MS = 60_000;

export function launch(): Promise<Browser> {
  return chromium.launch({ executablePath: EXECUTABLE, args: FLAGS });
}

export const DESKTOP = { width: 1280, height: 860 };
export const PHONE = { width: 390, height: 844 };

/** What a page did that it should not have done. */
export interface Offences {
  console: string[];
  foreign: string[];
}

/**
 * A page in a fresh profile, which notes what is written to its console as a
 * warning or an error, what it throws, and every request that leaves the origin.
 */
export async function openPage(
  browser: Browser,
  origin: string,
  options: BrowserContextOptions = {},
): Promise<{ page: Page; offences: Offences; close: () => Promise<void> }> {
  const context = await browser.newContext({ viewport: DESKTOP, locale: 'en-GB', ...options });
  context.setDefaultTimeout(PATIENCE_MS);
  const page = await context.newPage();
  const offences: Offences = { console: [], foreign: [] };
  page.on('console', (message) => {
    if (message.type() === 'error' || message.type() === 'warning') offences.console.push(message.text());
  });
  page.on('pageerror', (error) => offences.console.push(String(error)));
  page.on('request', (request) => {
    const url = request.url();
    if (!url.startsWith(`${origin}/`) && !url.startsWith('blob:') && !url.startsWith('data:')) {
      offences.foreign.push(url);
    }
  });
  return { page, offences, close: () => context.close() };
}
