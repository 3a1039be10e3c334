import { describe, expect, test } from 'vitest';
import { ApiError } from '../api/client';
import type { StreamEvent, TwinView } from '../api/types';
import type { Body } from './contract';
import { type Doors, TwinControl } from './twin.svelte';

const NOW = 1_764_000_000_000;
const fan = (min_duty: number): Body => ({ outputs: [{ name: 'fan', min_duty }] });

function view(version: number, body: Body, phase: TwinView['phase'] = 'applied', judged = version): TwinView {
  const desired = { version, epoch: 'e', at: NOW, by: 'page', note: '', from: 0, refused: '', body };
  const refused = phase === 'refused' ? 'no' : '';
  if (version === 0) return { device: 'd', phase: 'unset', desired: null, reported: null, state: null };
  return { device: 'd', phase, desired, reported: { version: judged, epoch: 'e', refused }, state: null };
}

/** A server that answers by hand, and a control that follows it. */
async function control(first: TwinView, doors: Partial<Doors> = {}) {
  const listeners = new Set<(e: StreamEvent) => void>();
  const server = { now: first, puts: [] as [number, Body][], denied: 0 };
  const twin = new TwinControl('d', {
    fetch: async () => server.now,
    put: async (base, body) => {
      server.puts.push([base, body]);
      const at = server.now.desired?.version ?? 0;
      if (base !== at)
        throw new ApiError(409, 'conflict', 'stale', [
          { location: 'body.body.interval_ms', message: '', value: '60000' },
        ]);
      server.now = view(base + 1, body, 'applying', base);
      return server.now;
    },
    back: async (base) => {
      server.now = view(base + 1, {}, 'applying', base);
      return server.now;
    },
    body: async () => undefined,
    listen: (fn) => {
      listeners.add(fn);
      return () => listeners.delete(fn);
    },
    now: () => NOW,
    ...doors,
  });
  const end = twin.start(() => server.denied++);
  const hear = (v: TwinView) => {
    server.now = v;
    for (const fn of listeners) fn({ type: 'twin', data: v });
  };
  await settle();
  return { twin, server, hear, end, listeners };
}

const settle = () => new Promise((done) => setTimeout(done, 0));

describe('an edit', () => {
  test('begins with nothing, and is saved as one version on top of the one that was seen', async () => {
    const { twin, server } = await control(view(3, { interval_ms: 10_000 }));
    expect(twin.unsaved).toEqual([]);
    twin.edit({ ...fan(30), interval_ms: 5000 });
    expect(twin.unsaved.map((c) => c.path.join('.'))).toEqual(['interval_ms', 'outputs.fan.min_duty']);
    expect(await twin.save()).toBe(true);
    expect(server.puts).toEqual([[3, { ...fan(30), interval_ms: 5000 }]]);
    expect(twin.unsaved).toEqual([]);
    expect(twin.base.version).toBe(4);
  });

  test('is discarded to the newest version', async () => {
    const { twin, hear } = await control(view(3, {}));
    twin.edit(fan(30));
    hear(view(4, fan(50)));
    twin.discard();
    expect(twin.draft).toEqual(fan(50));
    expect(twin.stale).toBe(false);
  });

  test('is not called stale while its own save comes back over the stream first', async () => {
    let heard = (_: TwinView) => {};
    const { twin, hear } = await control(view(3, {}), {
      put: async (base, body) => {
        heard(view(base + 1, body, 'applied'));
        return view(base + 1, body, 'applying', base);
      },
    });
    heard = hear;
    twin.edit(fan(30));
    await twin.save();
    expect(twin.stale).toBe(false);
    expect(twin.unsaved).toEqual([]);
    // The answer of the request is older than what the stream said.
    expect(twin.view?.phase).toBe('applied');
  });

  test('made while another is being saved is kept', async () => {
    let answer = (_: TwinView) => {};
    const { twin } = await control(view(3, {}), { put: () => new Promise((done) => (answer = done)) });
    twin.edit(fan(30));
    const saved = twin.save();
    twin.edit({ ...fan(30), interval_ms: 5000 });
    answer(view(4, fan(30), 'applying', 3));
    await saved;
    expect(twin.draft).toEqual({ ...fan(30), interval_ms: 5000 });
    expect(twin.unsaved).toHaveLength(1);
    expect(twin.stale).toBe(false);
  });

  test('follows versions of others as long as there is none', async () => {
    const { twin, hear } = await control(view(0, {}));
    hear(view(1, fan(30), 'applying', 0));
    expect(twin.draft).toEqual(fan(30));
    expect(twin.unsaved).toEqual([]);
  });

  test('of another device is nobody’s business', async () => {
    const { twin, hear } = await control(view(1, {}));
    hear({ ...view(2, fan(9)), device: 'other' });
    expect(twin.draft).toEqual({});
  });
});

describe('somebody else was faster', () => {
  test('and it is known from the stream: both are shown, nothing is lost', async () => {
    const { twin, hear } = await control(view(1, {}));
    twin.edit(fan(30));
    hear(view(2, { interval_ms: 60_000 }));
    expect(twin.stale).toBe(true);
    expect(twin.draft).toEqual(fan(30));
    expect(twin.theirs.map((c) => c.path.join('.'))).toEqual(['interval_ms']);
    twin.applyOnTop();
    expect(twin.draft).toEqual({ interval_ms: 60_000, ...fan(30) });
    expect(twin.base.version).toBe(2);
    expect(await twin.save()).toBe(true);
  });

  test('and it is known from the refusal only: it says what changed', async () => {
    const { twin, server } = await control(view(1, {}));
    twin.edit(fan(30));
    server.now = view(2, { interval_ms: 60_000, critical_c: 45 }); // nothing came over the stream
    expect(await twin.save()).toBe(false);
    expect(twin.stale).toBe(true);
    // As the server has it, which may leave some out.
    expect(twin.theirs).toEqual([{ path: ['interval_ms'], before: undefined, after: 60_000 }]);
    expect(twin.failure).toBeUndefined();
    expect(twin.draft).toEqual(fan(30));
  });

  test('with the same edit, and there is nothing to decide', async () => {
    const { twin, hear } = await control(view(1, {}));
    twin.edit(fan(30));
    hear(view(2, fan(30)));
    expect(twin.stale).toBe(false);
    expect(twin.unsaved).toEqual([]);
  });
});

describe('an act', () => {
  test('goes at once, and leaves the unsaved edit what it is', async () => {
    const { twin, server } = await control(view(1, fan(20)));
    twin.edit({ ...fan(20), interval_ms: 5000 });
    await twin.act((body) => ({ ...body, critical_c: 45 }));
    expect(server.puts).toEqual([[1, { ...fan(20), critical_c: 45 }]]);
    expect(twin.draft).toEqual({ ...fan(20), critical_c: 45, interval_ms: 5000 });
    expect(twin.unsaved.map((c) => c.path.join('.'))).toEqual(['interval_ms']);
    expect(twin.stale).toBe(false);
  });

  test('does not say overrides again that are over', async () => {
    const body: Body = { outputs: [{ name: 'fan', override: { duty: 5, until: NOW - 1 } }] };
    const { twin, server } = await control(view(1, body));
    await twin.act((b) => ({ ...b, interval_ms: 5000 }));
    expect(server.puts).toEqual([[1, { interval_ms: 5000 }]]);
  });
});

test('going back takes over the body of that version', async () => {
  const { twin } = await control(view(5, fan(30)));
  expect(await twin.back(1, {})).toBe(true);
  expect(twin.draft).toEqual({});
  expect(twin.base.version).toBe(6);
});

describe('what the device has not confirmed is marked', () => {
  test('only where it differs from what it runs', async () => {
    const { twin, hear } = await control(view(1, fan(20)));
    expect(twin.unconfirmed('fan')).toBe(false);
    hear(view(2, { ...fan(20), interval_ms: 5000 }, 'applying', 1));
    expect([twin.unconfirmed('fan'), twin.unconfirmed()]).toEqual([false, true]);
    hear(view(3, fan(40), 'refused'));
    expect([twin.unconfirmed('fan'), twin.unconfirmed()]).toEqual([true, false]);
    hear(view(4, fan(45), 'applied'));
    expect([twin.unconfirmed('fan'), twin.unconfirmed()]).toEqual([false, false]);
  });

  test('also if the page was opened afterwards', async () => {
    const known = await control(view(2, fan(40), 'applying', 1), { body: async () => fan(40) });
    expect(known.twin.unconfirmed('fan')).toBe(false);
    const unknown = await control(view(2, fan(40), 'refused'));
    expect(unknown.twin.unconfirmed('fan')).toBe(true);
    expect(unknown.twin.unconfirmed('pump')).toBe(true); // nobody knows what it runs
  });

  test('a device that never judged anything runs as it came', async () => {
    const { twin } = await control({ ...view(1, fan(40), 'applying'), reported: null });
    expect([twin.unconfirmed('fan'), twin.unconfirmed('pump')]).toEqual([true, false]);
  });
});

test('a report is as old as its news', async () => {
  const { twin, hear } = await control(view(1, {}));
  expect(twin.heard).toBe(0);
  hear(view(2, {}));
  expect(twin.heard).toBe(0); // the device said nothing new
  hear({ ...view(2, {}), state: { interval_ms: 5 } });
  expect(twin.heard).toBe(NOW);
});

describe('what this viewer may', () => {
  const forbidden = () => Promise.reject(new ApiError(403, 'forbidden', 'not here'));

  test('not read: it is said once', async () => {
    const { server, twin } = await control(view(1, {}), { fetch: forbidden });
    expect(server.denied).toBe(1);
    expect(twin.view).toBeUndefined();
  });

  test('not write: the edit stays, and is not called a failure', async () => {
    const { twin } = await control(view(1, {}), { put: forbidden });
    twin.edit(fan(30));
    expect(await twin.save()).toBe(false);
    expect(twin.readonly).toBe(true);
    expect(twin.failure).toBeUndefined();
    expect(twin.draft).toEqual(fan(30));
  });
});

test('an answer that did not come is a failure that can be tried again', async () => {
  let broken = true;
  const { twin } = await control(view(1, {}), {
    put: async (base, body) => {
      if (broken) throw new TypeError('network');
      return view(base + 1, body, 'applying', base);
    },
  });
  twin.edit(fan(30));
  expect(await twin.save()).toBe(false);
  expect(twin.failure).toBeInstanceOf(TypeError);
  broken = false;
  expect(await twin.save()).toBe(true);
  expect(twin.failure).toBeUndefined();
});

test('it ends', async () => {
  const { end, listeners } = await control(view(1, {}));
  end();
  expect(listeners.size).toBe(0);
});
