import type { Board } from './board';
import { same } from './changes';
import type { Body } from './contract';
import { PRESETS, type Preset, presetAuto } from './defaults';
import { type Output, outputsOf, withAuto } from './outputs';
import { priorityOf, SHARED_PRESETS, sharedOf, withLaw, withPriority } from './share';

/** What one choice changes of all pumps and fans: their curves, or the setpoint and the order of work that they share. Pure. */

/** The body with a preset for every pump and fan that it has. Shared work stays shared. */
export function withPreset(body: Body, own: readonly string[], preset: Preset, board?: Board): Body {
  const outputs = outputsOf(body, own, board);
  const shared = sharedOf(outputs);
  const { priority, setpoint } = SHARED_PRESETS[preset];
  let next = body;
  if (shared) next = withLaw(withPriority(body, shared, priority), shared, { setpoint }, 'water');
  for (const { name, role } of outputs) {
    const auto = presetAuto(preset, role);
    if (auto && !shared?.parts.some((p) => p.output.name === name)) next = withAuto(next, name, auto);
  }
  return next;
}

/** The preset that all pumps and fans follow; undefined if they follow the owner's own. */
export function presetOf(outputs: readonly Output[]): Preset | undefined {
  const shared = sharedOf(outputs);
  const alone = outputs.filter(
    (o) =>
      presetAuto('balanced', o.role) !== undefined && !shared?.parts.some((p) => p.output.name === o.name),
  );
  if (alone.length === 0 && !shared) return undefined;
  return PRESETS.find((preset) => {
    const { priority, setpoint } = SHARED_PRESETS[preset];
    const together =
      !shared ||
      (shared.input === 'water' && shared.law.setpoint === setpoint && priorityOf(shared.parts) === priority);
    return together && alone.every((o) => same(o.auto, presetAuto(preset, o.role)));
  });
}
