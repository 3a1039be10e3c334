/** The twin of a mocked device, in states that the control panel has to show. */

/**
 * applied: by a curve of its own · applying: a setpoint and an override, asked for and not confirmed · refused: the
 * device says why · alarms: a leak goes on, and a stall waits to be cleared · shared: pump and fan share the work, an
 * output was given up, and a probe stands in for another one · tuning: gains of the fan are looked for · tuned: they
 * were found · untuned: they were not · dry: a pump that was tried had no water
 */
const EXPERIMENT_SCENES = ['tuning', 'tuned', 'untuned', 'dry'] as const;
type ExperimentScene = (typeof EXPERIMENT_SCENES)[number];
export const TWIN_SCENES = [
  'applied',
  'applying',
  'refused',
  'alarms',
  'shared',
  ...EXPERIMENT_SCENES,
] as const;
export type TwinScene = (typeof TWIN_SCENES)[number];

export function isTwinScene(word: string): word is TwinScene {
  return (TWIN_SCENES as readonly string[]).includes(word);
}

type Json = Record<string, unknown>;

const EPOCH = '5bb2c0de5bb2c0de';
const MINUTE = 60_000;

const curve = {
  input: 'water',
  curve: {
    points: [
      [26, 20],
      [29, 35],
      [33, 62],
      [37, 100],
    ],
    hysteresis_k: 1.5,
  },
};

/** The probes that a mocked device has on its wire. The second one is a clone, and the third has no role in the scenes. */
export const PROBES = [
  { rom: '283c01d607000011', role: 'water' },
  { rom: '280a9bd607c2b191', role: 'ambient', clone: true },
];

const shared = {
  standby: { enabled: true, idle_w: 12 },
  probes: [
    { rom: '28aabbccdd0000ff', role: 'water', offset_k: 0.2 },
    { rom: PROBES[1]?.rom, role: 'ambient', offset_k: -0.12 },
  ],
  outputs: [
    {
      name: 'pump',
      auto: { input: 'water', pi: { setpoint: 31, kp: 60, ti_s: 90, deadband_k: 0.13, range: [0, 60] } },
    },
    { name: 'fan', skip: [[31, 38]], auto: { follow: { output: 'pump', range: [40, 100] } } },
    { name: 'fan2', kind: 'none' },
  ],
};
function isExperiment(scene: TwinScene | undefined): scene is ExperimentScene {
  return EXPERIMENT_SCENES.some((s) => s === scene);
}

/** What the device tries, or has tried. */
function experiment(scene: ExperimentScene): Json {
  const fan = { command: 'c-7', kind: 'autotune', output: 'fan' };
  switch (scene) {
    case 'tuning':
      return { ...fan, state: 'running', phase: 'cooling', cycles: 2 };
    case 'tuned': {
      const pi = { setpoint: 23.5, kp: 52.5, ti_s: 64, deadband_k: 0.13 };
      return {
        ...fan,
        state: 'done',
        cycles: 4,
        pi,
        delay_s: 9.5,
        gain: 0.00021,
        swing_k: 0.41,
        settle_s: 190,
      };
    }
    case 'untuned':
      return { ...fan, state: 'failed', reason: 'the cycles did not become alike' };
    case 'dry':
      return {
        command: 'c-10',
        kind: 'run',
        output: 'pump',
        state: 'resting',
        reason: 'dry: no flow after 5 s',
      };
  }
}

/** What was desired, oldest first. */
function bodies(scene: TwinScene | undefined, now: number): Json[] {
  const first = { interval_ms: 10_000 };
  const second = { ...first, outputs: [{ name: 'fan', auto: curve }] };
  const third = { ...second, critical_c: 48, outputs: [{ name: 'fan', auto: curve, min_duty: 25 }] };
  switch (scene) {
    case undefined:
      return [];
    case 'applied':
    case 'alarms':
      return [first, second, third];
    case 'shared':
      return [first, second, { ...first, ...shared }];
    case 'tuning':
    case 'tuned':
    case 'untuned':
    case 'dry': {
      const pi = { setpoint: 23.5, kp: 8, ti_s: 120, deadband_k: 0.1 };
      return [first, second, { ...second, outputs: [{ name: 'fan', auto: { input: 'water', pi } }] }];
    }
    case 'refused':
      return [first, second, { ...second, outputs: [{ name: 'fan', auto: curve, wiring: { pin: 34 } }] }];
    case 'applying': {
      const pi = { input: 'water-ambient', pi: { setpoint: 7, kp: 8, ti_s: 120, deadband_k: 0.1 } };
      const override = { duty: 80, until: now + 42 * MINUTE };
      return [
        first,
        second,
        {
          ...second,
          outputs: [
            { name: 'fan', auto: pi },
            { name: 'pump', override },
          ],
        },
      ];
    }
  }
}

export function versionsAt(scene: TwinScene | undefined, now: number): Json[] {
  return bodies(scene, now)
    .map((body, i, all) => ({
      version: i + 1,
      epoch: EPOCH,
      at: now - ([2 * MINUTE, 26 * 60 * MINUTE][all.length - 1 - i] ?? 400 * 60 * MINUTE),
      by: i === 0 ? 'command line' : 'page',
      note: i === 1 ? 'it hummed at night' : '',
      from: 0,
      refused:
        scene === 'refused' && i === all.length - 1 ? 'outputs.pump.min_duty: it is above max_duty' : '',
      body,
    }))
    .reverse();
}

export function twinAt(
  scene: TwinScene | undefined,
  device: string,
  values: Record<string, number>,
  now: number,
): Json {
  const [newest] = versionsAt(scene, now);
  const version = scene === 'applying' ? 2 : 3;
  const refused = 'outputs[1].wiring.pin: GPIO 34 is input only';
  const duty = (name: string) => Math.round(values[`${name}_duty`] ?? 0);
  const leaking = scene === 'alarms';
  return {
    device,
    phase:
      scene === undefined
        ? 'unset'
        : scene === 'alarms' || scene === 'shared' || isExperiment(scene)
          ? 'applied'
          : scene,
    desired: newest ?? null,
    reported: newest ? { version, epoch: EPOCH, refused: scene === 'refused' ? refused : '' } : null,
    state: {
      version,
      interval_ms: 10_000,
      outputs: [
        {
          name: 'pump',
          mode: 'auto',
          duty: leaking ? 0 : duty('pump'),
          claim: leaking ? 'leak' : scene === 'dry' ? 'commissioning' : 'auto',
          supervised: true,
        },
        {
          name: 'fan',
          mode: 'auto',
          duty: duty('fan'),
          claim: leaking ? 'leak' : scene === 'tuning' ? 'autotune' : 'auto',
          supervised: scene === undefined || isExperiment(scene),
        },
      ],
      alarms: leaking
        ? [
            { name: 'leak', occurrence: 1, active: true },
            { name: 'fan_stall', occurrence: 3, active: false },
          ]
        : scene === 'shared'
          ? [{ name: 'probe_replaced', occurrence: 1, active: true }]
          : [],
      ...(isExperiment(scene) ? { experiment: experiment(scene) } : {}),
    },
  };
}
