import type {
  BrokerCertificate,
  BrokerProblem,
  BrokerStatus,
  Quota,
  RemoteBroker,
} from '../src/lib/api/types';

/** States of an outside broker and its allowance for the mock server, at a moment. */

const SECOND = 1000;
const MINUTE = 60 * SECOND;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;

const started = Date.now();

const DOMAIN = 'ala.eu-central-1.emqxsl.example';
const HOST = `x93a1c7e.${DOMAIN}`;

const certificate: BrokerCertificate = {
  subject: `CN=*.${DOMAIN}`,
  issuer: 'CN=Example TLS RSA CA G1,OU=www.example.com,O=Example Trust Inc,C=US',
  expires: started + 214 * DAY,
  ending: `CN=*.${DOMAIN}`,
};

const connected: RemoteBroker = {
  url: `mqtts://${HOST}:8883`,
  username: 'coolant-server',
  state: 'connected',
  since: started - 26 * HOUR,
  protocol: '5',
  attempts: 0,
  warnings: [],
  certificate,
  separation: {
    state: 'proven',
    checked: started - 9 * DAY,
    detail:
      'my-loop was refused on coolant/coolant-probe-6f2a/telemetry and coolant/coolant-probe-6f2a/desired',
  },
};

const unproven: RemoteBroker['separation'] = { state: 'unproven' };

function problem(step: BrokerProblem['step'], code: string, detail: string, hint = ''): BrokerProblem {
  return { step, code, detail, hint };
}

/** An attempt every half minute, so that the countdown goes on for as long as one looks. */
function waiting(now: number, error: BrokerProblem): RemoteBroker {
  const every = 30 * SECOND;
  const round = Math.floor((now - started) / every);
  return {
    ...connected,
    state: 'waiting',
    since: started - 11 * MINUTE,
    attempts: 12 + round,
    next_try: started + (round + 1) * every,
    error,
    separation: unproven,
  };
}

const scenes = {
  connected: () => connected,
  unproven: () => ({
    ...connected,
    separation: unproven,
    warnings: [
      problem(
        'separation',
        'separation_unproven',
        'no device has tried a foreign topic',
        'run coolant broker check',
      ),
    ],
  }),
  broken: () => ({
    ...connected,
    separation: {
      state: 'broken' as const,
      checked: started - 3 * MINUTE,
      detail: 'my-loop published to coolant/attic/desired and was not refused',
    },
    warnings: [problem('separation', 'separation_broken', 'a device reached a foreign topic')],
  }),
  connecting: () => ({
    ...connected,
    state: 'connecting' as const,
    since: started - 20 * SECOND,
    attempts: 2,
    separation: unproven,
  }),
  waiting: (now) =>
    waiting(
      now,
      problem(
        'connect',
        'bad_credentials',
        `${HOST}:8883 answered CONNECT with 0x86 (bad user name or password)`,
      ),
    ),
  refused: (now) =>
    waiting(now, problem('tcp', 'refused', 'dial tcp 192.0.2.10:8883: connect: connection refused')),
  // What the page has no words for.
  stranger: (now) =>
    waiting(
      now,
      problem(
        'connect',
        'sea_monster',
        'the cable was bitten through off the coast',
        'send a diver with a new one',
      ),
    ),
  warnings: () => ({
    ...connected,
    url: 'wss://broker.example:8084/mqtt',
    protocol: '3.1.1',
    certificate: {
      ...certificate,
      expires: started + 12 * DAY,
      ending: 'CN=Example TLS RSA CA G1,O=Example',
    },
    separation: unproven,
    warnings: [
      problem('tls', 'certificate_expires', 'Example TLS RSA CA G1 ends in 12 days'),
      problem('connect', 'old_protocol', `${HOST} closed the connection on MQTT 5 and answered MQTT 3.1.1`),
      problem('session', 'session_lost', 'session present was 0 after 4 minutes'),
      problem('session', 'short_session', 'asked for 7 days, granted 2 hours'),
      problem('separation', 'separation_unproven', 'no device has tried a foreign topic'),
    ],
  }),
} as const satisfies Record<string, (now: number) => RemoteBroker>;

export type BrokerScene = keyof typeof scenes;

export function isBrokerScene(name: string): name is BrokerScene {
  return name in scenes;
}

export const BROKER_SCENES = Object.keys(scenes) as BrokerScene[];

const M = 1_000_000;
const GB = 1e9;
const uses = {
  ok: { level: 'ok', minutes: [412_300, M, 538_000], bytes: [0.214 * GB, GB, 0.281 * GB] },
  warning: { level: 'warning', minutes: [861_400, M, 1_124_000], bytes: [0.614 * GB, GB, 0.805 * GB] },
  over: { level: 'over', minutes: [M + 4_200, M, 1_310_000], bytes: [0.914 * GB, GB, 1.193 * GB] },
  unlimited: { level: 'ok', minutes: [96_000, 0, 130_000], bytes: [0.05 * GB, 2 * GB, 0.068 * GB] },
} satisfies Record<string, { level: Quota['level']; minutes: number[]; bytes: number[] }>;

export type QuotaScene = keyof typeof uses;

export function isQuotaScene(name: string): name is QuotaScene {
  return name in uses;
}

function quota(scene: QuotaScene, now: number): Quota {
  const { level, minutes, bytes } = uses[scene];
  const day = new Date(now);
  const [year, month] = [day.getUTCFullYear(), day.getUTCMonth()];
  const from = Date.UTC(year, month, 1);
  const use = ([used = 0, limit = 0, projected = 0]: readonly number[]) => ({ used, limit, projected });
  return {
    preset: scene === 'unlimited' ? 'custom' : 'emqx-serverless',
    from,
    to: Date.UTC(year, month + 1, 1),
    since: from + 7 * HOUR,
    session_minutes: use(minutes),
    bytes: use(bytes),
    level,
  };
}

/** Since when nothing arrives over the outside broker; undefined while it does. */
export function lostSince(broker: BrokerScene | undefined): number | undefined {
  const remote = broker === undefined ? undefined : scenes[broker](started);
  return remote && remote.state !== 'connected' ? remote.since : undefined;
}

/** The state of the way to the devices. */
export function brokerAt(
  broker: BrokerScene | undefined,
  metered: QuotaScene | undefined,
  now: number,
): BrokerStatus {
  return {
    mode: broker === undefined ? 'embedded' : 'remote',
    ...(broker === undefined ? {} : { remote: scenes[broker](now) }),
    ...(metered === undefined ? {} : { quota: quota(metered, now) }),
  };
}
