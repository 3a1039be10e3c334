import type { Board } from './board';
import { type Body, MOST } from './contract';
import { DEVICE } from './defaults';
import { type Output, outputsOf } from './outputs';
import { namedRoles, probeProblem } from './probes';
import { sharers } from './share';
import { kindsOf } from './wiring';

/**
 * What of an edit contradicts itself, before the server or the device says so. Single numbers are bound by their
 * fields; this is about how they go together. The words are keys of `problem` in the texts of the panel.
 */
export type Problem =
  | 'no_water'
  | 'too_many_probes'
  | 'idle_above_busy'
  | 'too_many_outputs'
  | 'too_many_channels'
  | 'too_many_counters'
  | 'no_role'
  | 'min_above_max'
  | 'stop_above_start'
  | 'pump_stands'
  | 'max_zero'
  | 'skip_order'
  | 'skip_above_max'
  | 'no_pin'
  | 'pin_twice'
  | 'wrong_kind'
  | 'no_probe'
  | 'no_leader'
  | 'cannot_share';

export interface Found {
  problem: Problem;
  /** The output that it is about; undefined: the device as a whole. */
  output: string | undefined;
}

export function problemsOf(body: Body, own: readonly string[], board: Board | undefined): Found[] {
  const outputs = outputsOf(body, own, board);
  return [
    ...ofDevice(body, outputs, board).map((problem) => ({ problem, output: undefined })),
    ...outputs.flatMap((o) =>
      ofOutput(o, outputs, body, board).map((problem) => ({ problem, output: o.name })),
    ),
  ];
}

function ofDevice(body: Body, outputs: readonly Output[], board: Board | undefined): Problem[] {
  const found: Problem[] = [];
  const probes = probeProblem(body);
  if (probes) found.push(probes === 'no_water' ? 'no_water' : 'too_many_probes');
  const idle = body.standby?.idle_w ?? DEVICE.standby.idle_w;
  const busy = body.busy_w ?? DEVICE.busy_w;
  // Busy from 0 W on is "not watched", and sets no bound.
  if (busy > 0 && idle > busy) found.push('idle_above_busy');
  if (outputs.length > MOST.outputs) found.push('too_many_outputs');
  if (!board) return found;
  if (outputs.filter((o) => !o.onOff).length > board.pwm_channels) found.push('too_many_channels');
  const counted = outputs.filter((o) => (o.wiring.tacho_pin ?? -1) >= 0).length + (board.flow ? 1 : 0);
  if (counted > board.counters) found.push('too_many_counters');
  return found;
}

function ofOutput(o: Output, all: readonly Output[], body: Body, board: Board | undefined): Problem[] {
  const found: Problem[] = [];
  const when = (is: boolean, problem: Problem) => is && found.push(problem);
  when(!o.board && (o.role === undefined || o.kind === undefined), 'no_role');
  when(o.role !== undefined && o.kind !== undefined && !kindsOf(o.role).includes(o.kind), 'wrong_kind');
  when(o.min_duty > o.max_duty, 'min_above_max');
  when(o.stop_duty > o.start_duty, 'stop_above_start');
  when(o.max_duty <= 0, 'max_zero');
  when(o.role === 'pump' && (o.min_duty <= 0 || o.start_duty > 0), 'pump_stands');
  when(
    o.skip.some(([from, to], i) => from >= to || from <= (o.skip[i - 1]?.[1] ?? -1)),
    'skip_order',
  );
  when(
    o.skip.some(([, to]) => to > o.max_duty),
    'skip_above_max',
  );
  const { pin = -1, tacho_pin } = o.wiring;
  when(!o.board && pin < 0, 'no_pin');
  const pins = (p: Output) => [p.wiring.pin ?? -1, p.wiring.tacho_pin ?? -1].filter((n) => n >= 0);
  const others = all.filter((p) => p !== o).flatMap(pins);
  when(pins(o).some((p) => others.includes(p)) || (pin >= 0 && pin === tacho_pin), 'pin_twice');
  when(board !== undefined && pin >= 0 && !board.output_pins.includes(pin), 'no_pin');
  return [...found, ...ofLaw(o, all, body)];
}

function ofLaw({ name, auto }: Output, all: readonly Output[], body: Body): Problem[] {
  const roles = namedRoles(body);
  const shares = (n: string) => sharers(all).some((s) => s.name === n);
  if (auto?.follow) {
    const leader = all.find((o) => o.name === auto.follow.output);
    if (!leader?.auto?.pi?.range || leader.name === name) return ['no_leader'];
    return shares(name) ? [] : ['cannot_share'];
  }
  if (!auto) return [];
  const found: Problem[] = [];
  if (roles && auto.input.split('-').some((role) => !roles.includes(role))) found.push('no_probe');
  if (auto.pi?.range && !shares(name)) found.push('cannot_share');
  return found;
}
