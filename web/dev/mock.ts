import { readFile } from 'node:fs/promises';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { extname, join, normalize, resolve } from 'node:path';
import {
  type BrokerScene,
  brokerAt,
  isBrokerScene,
  isQuotaScene,
  lostSince,
  type QuotaScene,
} from './broker';
import { isPhysicsScene, type PhysicsScene, physicsAt } from './physics';
import { faultsAt, silentAt, valuesAt } from './plant';
import { MockTrials } from './trials';
import { isTwinScene, PROBES, type TwinScene, twinAt, versionsAt } from './twin';

/** A stand-in for the server, for states of the page that a real one is seldom in. */
export interface MockOptions {
  /** Which devices there are. */
  devices: string[];
  /** The path prefix, with a slash at both ends. */
  base: string;
  port: number;
  /** How the outside broker is; none without it. */
  broker?: BrokerScene | undefined;
  /** How much of a metered broker's allowance is used; not metered without it. */
  quota?: QuotaScene | undefined;
  /** How the twins are; nothing was ever desired without it. */
  twin?: TwinScene | undefined;
  /** What the physics are; of probes that are not zeroed without it. */
  physics?: PhysicsScene | undefined;
  /** Whether the viewer is a visitor, who may see the charts only. */
  visitor?: boolean;
}

const INTERVAL = 2000;
const LIMITS = { warning: 40, critical: 50 };
const TYPES: Record<string, string> = {
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript',
  '.css': 'text/css',
  '.svg': 'image/svg+xml',
  '.png': 'image/png',
  '.webmanifest': 'application/manifest+json',
};

const started = Date.now();

type Json = Record<string, unknown>;

function unit(metric: string): string {
  const units: Json = { rpm: 'rpm', duty: 'percent', lpm: 'lpm' };
  return (units[metric.split('_').at(-1) ?? ''] as string | undefined) ?? 'celsius';
}

function metricsOf(id: string): string[] {
  return Object.keys(valuesAt(id, started)).sort();
}

function view({ devices, broker, twin }: MockOptions, id: string): Json {
  const now = Date.now();
  const lost = lostSince(broker);
  const silent = silentAt(id, now) || lost !== undefined;
  const seen = silentAt(id, now) ? now - 3 * 3_600_000 : Math.floor((lost ?? now) / INTERVAL) * INTERVAL;
  const [values, faults] = [valuesAt(id, seen), faultsAt(id, seen)];
  const newest = metricsOf(id).map((metric) => ({
    metric,
    unit: unit(metric),
    value: metric in faults ? null : values[metric],
    quality: faults[metric] ?? 'good',
    time: seen,
  }));
  const water = values.water ?? 0;
  let health = 'ok';
  if (newest.length === 0) health = 'waiting';
  else if (silent) health = 'offline';
  else if (water >= LIMITS.critical) health = 'critical';
  else if (twin === 'alarms') health = 'alarm';
  else if (Object.keys(faults).length > 0) health = 'fault';
  else if (water >= LIMITS.warning) health = 'warning';
  return {
    id,
    name: id === 'my-loop' ? 'My loop' : id,
    created: started - 40 * 86_400_000,
    primary: id === devices[0],
    health,
    presence: newest.length === 0 ? null : { online: !silent, since: silent ? seen + 4000 : started },
    last_seen: newest.length === 0 ? null : seen,
    interval_ms: INTERVAL,
    interval_known: true,
    silence_ms: 90_000,
    newest,
    limits: LIMITS,
    info:
      newest.length === 0
        ? null
        : {
            firmware: '0.1.0',
            chip: 'ESP32-D0WD-V3',
            ip: '192.0.2.17',
            rssi: -58,
            reset_reason: 'power-on',
            ...(id === 'esp32'
              ? {}
              : {
                  outputs: ['pump', 'fan'],
                  capabilities: ['desired', 'clear_fault', 'autotune', 'commission'],
                }),
            probes: PROBES,
            board: {
              output_pins: [16, 18, 21, 22],
              input_pins: [17, 19, 34],
              pwm_channels: 4,
              counters: 4,
              leak: true,
              flow: true,
              humidity: false,
              outputs: [
                { name: 'pump', role: 'pump', kind: 'pwm4', pin: 18, tacho_pin: 19 },
                { name: 'fan', role: 'fan', kind: 'pwm4', pin: 16, tacho_pin: 17 },
              ],
            },
          },
  };
}

function series(id: string, q: URLSearchParams): Json {
  const [from, to] = [Number(q.get('from')), Math.min(Number(q.get('to')), Date.now())];
  const width = Number(q.get('width') ?? 1000);
  const metrics = q.get('metrics')?.split(',') ?? metricsOf(id);
  const grain = 10_000;
  const raw = (to - from) / grain <= width;
  const step = raw ? grain : Math.ceil((Number(q.get('to')) - from) / width / 60_000) * 60_000;
  const times: number[] = [];
  for (let t = Math.ceil(from / step) * step; t < to; t += step) if (!silentAt(id, t)) times.push(t);
  const columns = metrics
    .filter((m) => metricsOf(id).includes(m))
    .map((metric) => {
      const at = (t: number) => (metric in faultsAt(id, t) ? null : (valuesAt(id, t)[metric] ?? null));
      const mean = times.map(at);
      if (raw) return { metric, unit: unit(metric), mean };
      const around = (pick: (...v: number[]) => number) =>
        times.map((t, i) => {
          if (mean[i] === null) return null;
          const some = [0.1, 0.3, 0.5, 0.7, 0.9].map((p) => at(t + p * step)).filter((v) => v !== null);
          return pick(mean[i] as number, ...some);
        });
      return { metric, unit: unit(metric), mean, min: around(Math.min), max: around(Math.max), last: mean };
    });
  const gap = Math.max(3 * grain, 2 * step);
  return {
    device: id,
    from,
    to: Number(q.get('to')),
    resolution: 'raw',
    step: raw ? 0 : step,
    gap,
    times,
    series: columns,
  };
}

function faults(id: string, q: URLSearchParams): Json {
  const [from, to] = [Number(q.get('from')), Math.min(Number(q.get('to')), Date.now())];
  const spans: { metric: string; quality: string; from: number; to: number; count: number }[] = [];
  const grain = Math.max(10_000, (to - from) / 20_000);
  for (let t = from; t < to; t += grain) {
    for (const [metric, quality] of Object.entries(faultsAt(id, t))) {
      const last = spans.at(-1);
      if (last && last.metric === metric && last.to > t - 2 * grain) {
        last.to = t;
        last.count++;
      } else spans.push({ metric, quality, from: t, to: t, count: 1 });
    }
  }
  return { faults: spans };
}

const rejections = [
  [
    'esp32',
    'emqx/esp32/telemetry',
    'not_json',
    'the payload is not JSON: unexpected end at byte 12',
    '{"temp":21.5',
  ],
  [
    '',
    'coolant/attic/telemetry',
    'foreign_topic',
    'user "my-loop" may not publish to coolant/attic/telemetry',
    '{"boot":"9f3c"}',
  ],
  [
    'my-loop',
    'coolant/my-loop/telemetry',
    'out_of_range',
    'samples[0].m.water is 861.2; -55 to 125 is allowed',
    '{"boot":"9f3c51d27ab04e66","samples":[{"seq":42,"ts":1764000000123,"m":{"water":861.2}}]}',
  ],
  ['', '', 'bad_credential', 'unknown user "admin" from 192.0.2.40', ''],
].map(([device, topic, code, detail, excerpt], i) => ({
  id: 40 - i,
  time: started - i * 1_700_000,
  device,
  topic,
  code,
  detail,
  excerpt,
  count: [1, 12, 3, 240][i],
}));

const system = (connected: number) => ({
  version: '0.1.0-mock',
  started,
  time: Date.now(),
  epoch: String(started),
  listeners: [
    { name: 'http', address: '127.0.0.1:8080' },
    { name: 'mqtts', address: '0.0.0.0:8883' },
    { name: 'mqtt', address: '127.0.0.1:1883' },
  ],
  ready: true,
  problems: [],
  connected,
  storage_bytes: 48_300_000,
});

/** The twin with what the device tries now. */
function twin(mock: MockOptions, trials: MockTrials, id: string): Json {
  const now = Date.now();
  const told = twinAt(mock.twin, id, valuesAt(id, now), now);
  const experiment = trials.state(now);
  return experiment ? { ...told, state: { ...(told.state as Json), experiment } } : told;
}

function stream(mock: MockOptions, trials: MockTrials, req: IncomingMessage, res: ServerResponse): void {
  res.writeHead(200, { 'content-type': 'text/event-stream', 'cache-control': 'no-store' });
  let seq = 1;
  const send = (event: string, data: Json) =>
    res.write(`id: ${started}-${seq++}\nevent: ${event}\ndata: ${JSON.stringify(data)}\n\n`);
  const views = mock.devices.map((id) => view(mock, id));
  send('snapshot', { epoch: String(started), seq: 1, time: Date.now(), devices: views });
  const samples = setInterval(() => {
    const time = Math.floor(Date.now() / INTERVAL) * INTERVAL;
    for (const device of lostSince(mock.broker) === undefined ? mock.devices : []) {
      if (silentAt(device, time)) continue;
      const bad = faultsAt(device, time);
      const values = Object.fromEntries(Object.entries(valuesAt(device, time)).filter(([m]) => !(m in bad)));
      if (Object.keys(values).length > 0)
        send('samples', { device, samples: [{ time, values, faults: bad }] });
    }
  }, INTERVAL);
  const tick = setInterval(() => send('tick', { time: Date.now() }), 15_000);
  let told = JSON.stringify(trials.state(Date.now()));
  const tried = setInterval(() => {
    const state = JSON.stringify(trials.state(Date.now()));
    if (state !== told) for (const id of mock.devices) send('twin', twin(mock, trials, id));
    told = state;
  }, 200);
  req.on('close', () => {
    clearInterval(tried);
    clearInterval(samples);
    clearInterval(tick);
  });
}

/** What a path answers; 'forbidden' where this viewer may not know. */
function answer(
  mock: MockOptions,
  trials: MockTrials,
  path: string,
  q: URLSearchParams,
): Json | 'forbidden' | undefined {
  const { devices } = mock;
  const [, , what = '', id = '', part, rest] = path.split('/').map(decodeURIComponent);
  if (mock.visitor && ['rejections', 'system', 'broker'].includes(what)) return 'forbidden';
  if (what === 'rejections') return { rejections };
  if (what === 'system') return system(devices.length);
  if (what === 'broker') return { ...brokerAt(mock.broker, mock.quota, Date.now()) };
  if (what !== 'devices') return undefined;
  if (id === '') return { devices: devices.map((d) => view(mock, d)) };
  if (!devices.includes(id)) return undefined;
  if (part === undefined) return view(mock, id);
  if (part === 'series') return series(id, q);
  if (part === 'physics') return physicsAt(mock.physics, id, Date.now());
  if (part === 'twin') {
    if (mock.visitor) return 'forbidden';
    const now = Date.now();
    const before = Number(q.get('before') ?? Number.POSITIVE_INFINITY);
    const known = versionsAt(mock.twin, now).filter((v) => Number(v.version) < before);
    if (rest === 'versions') return { versions: known.slice(0, Number(q.get('limit') ?? 50)) };
    return twin(mock, trials, id);
  }
  if (part === 'input')
    return { input: mock.twin === 'shared' ? { host_w: 45, until: Date.now() + 600_000 } : null };
  return part === 'faults' ? faults(id, q) : undefined;
}

async function file(base: string, path: string, res: ServerResponse): Promise<void> {
  const dist = resolve('dist');
  const name = normalize(path).replace(/^[./]+/, '');
  const security = { 'content-security-policy': "default-src 'self'" };
  if (extname(name) !== '' && name !== 'index.html') {
    const body = await readFile(join(dist, name)).catch(() => undefined);
    res.writeHead(body ? 200 : 404, {
      'content-type': TYPES[extname(name)] ?? 'application/octet-stream',
      ...security,
    });
    res.end(body);
    return;
  }
  const page = await readFile(join(dist, 'index.html'), 'utf8').catch(() => 'npm run build first');
  res.writeHead(200, { 'content-type': TYPES['.html'], ...security });
  res.end(page.replace('<head>', `<head><base href="${base}">`));
}

function refuse(res: ServerResponse, status: number, code: string, detail: string): void {
  res.writeHead(status, { 'content-type': 'application/problem+json' });
  res.end(JSON.stringify({ code, detail, status }));
}

/** Lets the device try something; any other command it does not take. */
async function command(trials: MockTrials, req: IncomingMessage, res: ServerResponse): Promise<void> {
  let text = '';
  for await (const chunk of req) text += chunk;
  const { name, args } = JSON.parse(text) as { name: string; args: Json };
  const reply = trials.command(name, args, Date.now());
  if (!reply) return refuse(res, 403, 'forbidden', 'a stand-in changes nothing');
  res.writeHead(200, { 'content-type': 'application/json' });
  res.end(JSON.stringify(reply));
}

/** Starts it on a loopback address. Says where it is, and how to end it. */
export async function startMock(mock: MockOptions): Promise<{ origin: string; close: () => Promise<void> }> {
  const trials = new MockTrials();
  const server = createServer((req, res) => {
    const url = new URL(req.url ?? '/', 'http://mock');
    if (!url.pathname.startsWith(mock.base)) return refuse(res, 404, 'not_found', 'no such thing');
    const path = url.pathname.slice(mock.base.length);
    if (path === 'api/v1/stream') return stream(mock, trials, req, res);
    if (!path.startsWith('api/')) return void file(mock.base, path, res);
    if (req.method === 'POST' && path.endsWith('/commands')) return void command(trials, req, res);
    if (req.method !== 'GET') return refuse(res, 403, 'forbidden', 'a stand-in changes nothing');
    const body = answer(mock, trials, path, url.searchParams);
    if (body === undefined) return refuse(res, 404, 'not_found', 'no such thing');
    if (body === 'forbidden') return refuse(res, 403, 'forbidden', 'only on the machine it runs on');
    res.writeHead(200, { 'content-type': 'application/json' });
    res.end(JSON.stringify(body));
  });
  await new Promise<void>((listening) => {
    server.listen(mock.port, '127.0.0.1', listening);
  });
  const close = () =>
    new Promise<void>((closed) => {
      server.close(() => closed());
      server.closeAllConnections(); // the streams
    });
  return { origin: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, close };
}

/**
 * `npm run dev:mock`, then `npm run dev`, or open it itself for the built page.
 *
 *   MOCK_DEVICES  which devices there are, with commas; "" for none
 *   MOCK_BASE     the path prefix, "/" by default
 *   MOCK_PORT     8080 by default
 *   MOCK_BROKER   a scene of dev/broker.ts, such as waiting; none by default
 *   MOCK_QUOTA    ok, warning, over or unlimited; not metered by default
 *   MOCK_TWIN     a scene of dev/twin.ts, such as refused; nothing desired by default
 *   MOCK_PHYSICS  a scene of dev/physics.ts, such as clogging; probes that are not zeroed by default
 *   MOCK_VISITOR  anything: the viewer may see the charts only
 */
export async function main(): Promise<void> {
  const { env } = process;
  const [broker, quota] = [env.MOCK_BROKER || undefined, env.MOCK_QUOTA || undefined];
  if (broker !== undefined && !isBrokerScene(broker)) throw new Error(`no scene ${broker} in dev/broker.ts`);
  if (quota !== undefined && !isQuotaScene(quota)) throw new Error(`no scene ${quota} in dev/broker.ts`);
  const twin = env.MOCK_TWIN || undefined;
  if (twin !== undefined && !isTwinScene(twin)) throw new Error(`no scene ${twin} in dev/twin.ts`);
  const physics = env.MOCK_PHYSICS || undefined;
  if (physics !== undefined && !isPhysicsScene(physics))
    throw new Error(`no scene ${physics} in dev/physics.ts`);
  const { origin } = await startMock({
    devices: (env.MOCK_DEVICES ?? 'my-loop').split(',').filter((id) => id !== ''),
    base: env.MOCK_BASE ?? '/',
    port: Number(env.MOCK_PORT ?? 8080),
    broker,
    quota,
    twin,
    physics,
    visitor: Boolean(env.MOCK_VISITOR),
  });
  console.error(`mock: ${origin}${env.MOCK_BASE ?? '/'}`);
}
