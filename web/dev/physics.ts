/** The physics of a mocked device, in states that the card has to show. */

/**
 * zeroed: all is known · unzeroed: wide bands, no resistance · clogging: the resistance grows · fresh: it began a few
 * minutes ago · broken: a probe has no good reading · chiller: a dew point, one chiller may run and one may not
 */
export const PHYSICS_SCENES = ['zeroed', 'unzeroed', 'clogging', 'fresh', 'broken', 'chiller'] as const;
export type PhysicsScene = (typeof PHYSICS_SCENES)[number];

export function isPhysicsScene(word: string): word is PhysicsScene {
  return (PHYSICS_SCENES as readonly string[]).includes(word);
}

type Json = Record<string, unknown>;

const known = (value: number, error: number): Json => ({ value, error });
const unknown = (why: string, more: Json = {}): Json => ({
  value: null,
  error: null,
  unknown: why,
  ...more,
});

const zeroed = {
  zeroed: true,
  difference: known(0.46, 0.077),
  heat: known(42.3, 8.4),
  rise: known(6.3, 0.82),
  resistance: known(0.149, 0.031),
  trend: { change: known(0.4, 1.2), direction: 'level', days: 62 },
  time_constant: known(487, 61),
};

const figures: Record<PhysicsScene, Json> = {
  zeroed,
  unzeroed: {
    ...zeroed,
    zeroed: false,
    difference: known(0.33, 0.82),
    heat: known(30.4, 74),
    resistance: unknown('uncertain'),
    trend: { change: unknown('uncertain'), days: 0 },
  },
  clogging: {
    ...zeroed,
    resistance: known(0.196, 0.036),
    trend: { change: known(8.2, 1.1), direction: 'rising', days: 71 },
    time_constant: unknown('steady'),
  },
  fresh: {
    ...zeroed,
    resistance: unknown('unsettled'),
    trend: { change: unknown('collecting', { have: 3, need: 14 }), days: 3 },
    time_constant: unknown('collecting', { have: 35, need: 90 }),
  },
  broken: {
    ...zeroed,
    difference: unknown('missing', { missing: ['outlet'] }),
    heat: unknown('missing', { missing: ['outlet'] }),
    resistance: unknown('missing', { missing: ['outlet'] }),
    trend: { change: known(-6.1, 1.4), direction: 'falling', days: 40 },
    time_constant: unknown('missing', { missing: ['outlet'] }),
  },
  chiller: {
    ...zeroed,
    dew: {
      point: known(15.8, 1.1),
      margin_k: 2,
      least_c: 17.8,
      chillers: [
        { output: 'chiller', target_c: 22, held: false, why: [] },
        { output: 'chiller2', target_c: 17, held: true, why: ['too_cold'] },
      ],
    },
  },
};

export function physicsAt(scene: PhysicsScene | undefined, device: string, now: number): Json {
  return { device, time: now - 1500, window_ms: 300_000, ...figures[scene ?? 'unzeroed'] };
}
