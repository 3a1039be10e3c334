import type { Page } from 'playwright-core';

/** Words that stay as they are in Chinese. */
const KNOWN = [
  ...[
    'Coolant',
    'CSV',
    'PNG',
    'API',
    'English',
    'MQTT',
    'JSON',
    'ID',
    'IP',
    'Wi',
    'Fi',
    'Shift',
    'Esc',
    'Ctrl',
  ],
  ...['dBm', 'ESP', 'KB', 'kB', 'MB', 'GB', 'TLS', 'SNI', 'DNS', 'CA', 'UTC', 'WebSocket'],
];

/**
 * The words in Latin letters that a page in Chinese shows or says, without those
 * that belong there. Marked as English, as code, or as a heading that is a name, a
 * word is not the page's own.
 */
export async function latinWords(page: Page): Promise<string[]> {
  const words = await page.evaluate(() => {
    const copy = document.body.cloneNode(true) as HTMLElement;
    for (const e of copy.querySelectorAll('[lang="en"], code, pre, script, h1, h2 a')) e.remove();
    const spoken = [...copy.querySelectorAll('[aria-label], [title], [aria-valuetext]')].map((e) =>
      ['aria-label', 'title', 'aria-valuetext'].map((name) => e.getAttribute(name) ?? '').join(' '),
    );
    const walker = document.createTreeWalker(copy, NodeFilter.SHOW_TEXT);
    while (walker.nextNode()) spoken.push(walker.currentNode.nodeValue ?? '');
    return spoken.join(' ').match(/[A-Za-z]{2,}/g) ?? [];
  });
  return words.filter((w) => !KNOWN.includes(w));
}
