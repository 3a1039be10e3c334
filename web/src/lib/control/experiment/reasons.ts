/**
 * What a device says in English of why an experiment ended or did not begin, and which text of ours explains it. The first pattern that is
 * found counts. What is not among them is shown as the device said it, with general advice. Pure.
 */
const ENDED: readonly (readonly [pattern: RegExp, key: string])[] = [
  [/^dry\b/, 'dry'],
  [/no pulses/, 'no_pulses'],
  [/stood still/, 'stood'],
  [/does not follow the duty/, 'no_follow'],
  [/did not come to an end/, 'endless'],
  [/not (be )?reach|did not come to the setpoint/, 'unreached'],
  [/alike/, 'uneven'],
  [/4 K|from the setpoint|strayed/, 'strayed'],
  [/desired|settings?\b.*chang|chang.*settings?\b|was changed/, 'edited'],
  [/somebody ended it|^aborted|\babort/, 'aborted'],
  [/leak|too warm|critical|not known|stands still|contradict|no flow|does not arrive/, 'claim'],
];

const REFUSED: typeof ENDED = [
  [/does not know the command|unknown command|not supported/, 'unknown'],
  [/nothing (is being tried|runs)/, 'nothing'],
  [/overrid/, 'override'],
  [/tried already|running already/, 'busy'],
  [/sweep of a pump needs/, 'filled'],
  [/tachometer/, 'tachometer'],
  [/one speed/, 'speed'],
  [/it follows/, 'follows'],
  [/too near to each other/, 'near'],
  [/setpoint/, 'setpoint'],
  [/fault is active|leak|stands still|contradict|does not arrive/, 'fault'],
  [/not known/, 'input'],
  [/critical|too warm/, 'hot'],
];

const keyOf = (list: typeof ENDED, reason: string | undefined) =>
  reason === undefined ? undefined : list.find(([pattern]) => pattern.test(reason))?.[1];

/** The key of why an experiment ended; undefined for a reason that this page does not know. */
export function reasonKey(reason: string | undefined): string | undefined {
  return keyOf(ENDED, reason);
}

/** The key of why one was not begun; likewise. */
export function refusalKey(reason: string | undefined): string | undefined {
  return keyOf(REFUSED, reason);
}
