import { isForbidden } from '../../api/client';
import type { CommandReply } from '../../api/types';
import type { TwinControl } from '../twin.svelte';
import { type Experiment, experimentOf } from './experiment';
import { type Memory, recall, remember, type Store, seen } from './memory';

/** What asking for experiments needs of the server and the browser. */
export interface TrialDoors {
  send(name: string, args: object): Promise<CommandReply>;
  /** The server's clock, Unix milliseconds. */
  now(): number;
  store: Store;
}

/** What came of asking the device for something. */
export type Asked =
  | { kind: 'accepted'; command: string }
  /** The device says no, in its own words. */
  | { kind: 'refused'; reason: string }
  /** It did not get there, or nobody answered. */
  | { kind: 'failed'; error: unknown };

/**
 * The experiments of one device as a person follows them: the one that its reports tell of, whoever began it, and what came of
 * asking for one. What is shown as running is what the device says.
 */
export class Trials {
  /** Asked for, and not answered yet. */
  asking = $state<'begin' | 'abort' | undefined>();
  /** What came of the last attempt to end one, where it did not work. */
  unended = $state.raw<Asked | undefined>();
  memory = $state.raw<Memory | undefined>();

  now = $derived.by((): Experiment | undefined => experimentOf(this.#control.view?.state));
  running = $derived(this.now?.state === 'running');
  /** Whether the device does something else than its settings say because of an experiment. */
  active = $derived(this.running || this.now?.state === 'resting');
  /** When the one that is told of was begun or first seen; undefined where nothing is known of it. */
  since = $derived(this.memory && this.memory.command === this.now?.command ? this.memory : undefined);
  dismissed = $derived(this.since?.dismissed === true);

  #id: string;
  #control: TwinControl;
  #doors: TrialDoors;

  constructor(id: string, control: TwinControl, doors: TrialDoors) {
    this.#id = id;
    this.#control = control;
    this.#doors = doors;
    this.memory = recall(doors.store, id);
  }

  /** Notes when the present experiment was first seen. For an effect that runs with every report. */
  note(): void {
    const command = this.now?.command;
    if (command === undefined || this.memory?.command === command) return;
    this.#remember(seen(this.memory, command, this.#doors.now()));
  }

  #remember(memory: Memory): void {
    this.memory = memory;
    remember(this.#doors.store, this.#id, memory);
  }

  /** Asks the device to begin one. */
  async begin(
    name: 'autotune' | 'commission',
    args: { setpoint?: number; [arg: string]: unknown },
  ): Promise<Asked> {
    const at = this.#doors.now();
    const asked = await this.#ask('begin', name, args);
    if (asked.kind === 'accepted') {
      this.unended = undefined;
      // Its report may have been faster than the answer, and counted it as somebody else's.
      this.#remember({ command: asked.command, at, own: true, setpoint: args.setpoint, dismissed: false });
    }
    return asked;
  }

  /** Asks the device to end what it does. What came of it, its next report says. */
  async abort(): Promise<Asked> {
    const asked = await this.#ask('abort', 'abort', {});
    this.unended = asked.kind === 'accepted' ? undefined : asked;
    return asked;
  }

  /** Puts the present result aside. */
  dismiss(): void {
    const command = this.now?.command;
    if (command === undefined) return;
    this.#remember({ ...seen(this.memory, command, this.#doors.now()), dismissed: true });
  }

  async #ask(what: 'begin' | 'abort', name: string, args: object): Promise<Asked> {
    if (this.asking) return { kind: 'failed', error: undefined };
    this.asking = what;
    try {
      const reply = await this.#doors.send(name, args);
      return reply.ok
        ? { kind: 'accepted', command: reply.id }
        : { kind: 'refused', reason: reply.error ?? '' };
    } catch (error) {
      if (isForbidden(error)) this.#control.readonly = true;
      return { kind: 'failed', error };
    } finally {
      this.asking = undefined;
    }
  }
}
