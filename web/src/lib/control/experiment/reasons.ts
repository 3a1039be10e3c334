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
  [/within .* of the setpoint|left the|strayed|setpoint [-+]/, 'strayed'],
  [/desired|settings?\b.*chang|chang.*settings?\b/, 'edited'],
  [/leak|over.?temperature|critical|failsafe|no reading|not known|stall|heat transfer/, 'claim'],
  [/^aborted|\babort/, 'aborted'],
];

const REFUSED: readonly (readonly [pattern: RegExp, key: string])[] = [
  [/does not know the command|unknown command/, 'unknown'],
  [/override/, 'override'],
  [/already|is running|another experiment/, 'busy'],
  [/sweep of a pump needs/, 'filled'],
  [/tachometer/, 'tachometer'],
  [/fault|alarm|leak|stall/, 'fault'],
  [/no (good )?reading|not known|no input|unknown input/, 'input'],
  [/critical|too (hot|warm)|below/, 'hot'],
  [/setpoint/, 'setpoint'],
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
