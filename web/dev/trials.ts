/** The experiments of a mocked device: they run by the clock, quickly, and always find the same. */

type Json = Record<string, unknown>;

interface Asked {
  id: string;
  name: string;
  args: Json;
  at: number;
  aborted: number | undefined;
}

const RUN_MS = 3000;
const SWEEP_MS = 6000;

export class MockTrials {
  #last: Asked | undefined;
  #count = 0;

  /** Does what a device does with a command; undefined for one that is none of ours. */
  command(name: string, args: Json, now: number): Json | undefined {
    const id = `mock-${++this.#count}`;
    if (name === 'abort') {
      if (this.state(now)?.state !== 'running' || !this.#last)
        return { id, ok: false, error: 'nothing runs' };
      this.#last.aborted = now;
      return { id, ok: true };
    }
    if (name !== 'autotune' && name !== 'commission') return undefined;
    if (this.state(now)?.state === 'running')
      return { id, ok: false, error: 'an experiment is running already' };
    this.#last = { id, name, args, at: now, aborted: undefined };
    return { id, ok: true };
  }

  /** What `reported` says of the last one; undefined: there was none. */
  state(now: number): Json | undefined {
    const asked = this.#last;
    if (!asked) return undefined;
    const { id, name, args, at, aborted } = asked;
    const passed = (aborted ?? now) - at;
    const kind = name === 'autotune' ? name : String(args.test);
    const base = { command: id, kind, output: args.output };
    if (aborted !== undefined) return { ...base, state: 'aborted', reason: 'aborted by command' };
    if (kind === 'autotune') return { ...base, state: 'running', phase: 'approaching', cycles: 0 };
    if (kind === 'run') {
      if (passed < RUN_MS) return { ...base, state: 'running' };
      const turned = ['pump', 'fan'].map((output) => ({ output, rpm: output === args.output ? 1240 : 0 }));
      return { ...base, state: 'done', turned, flow_lpm: args.output === 'pump' ? 1.31 : 0 };
    }
    const phases = ['resting', 'rising', 'full', 'falling'];
    const phase = phases[Math.floor((passed / SWEEP_MS) * phases.length)];
    if (phase) return { ...base, state: 'running', phase };
    return { ...base, state: 'done', start_duty: 24, stop_duty: 14, min_rpm: 310, max_rpm: 2080 };
  }
}
