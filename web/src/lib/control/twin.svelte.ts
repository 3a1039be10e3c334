import { ApiError, isForbidden } from '../api/client';
import type { ProblemDetail, StreamEvent, TwinView } from '../api/types';
import { type Change, edits, merged, same } from './changes';
import { type Body, outputOf } from './contract';
import { withoutPassed } from './overrides';

/** What the control panel needs of the server. */
export interface Doors {
  fetch(): Promise<TwinView>;
  put(base: number, body: Body, note: string): Promise<TwinView>;
  back(base: number, to: number): Promise<TwinView>;
  /** The body of a version; undefined where it is not kept. */
  body(version: number): Promise<Body | undefined>;
  listen(fn: (event: StreamEvent) => void): () => void;
  now(): number;
}

interface Base {
  version: number;
  body: Body;
}

const bodyOf = (view: TwinView | undefined): Body => (view?.desired?.body ?? {}) as Body;
const versionOf = (view: TwinView | undefined): number => view?.desired?.version ?? 0;

/**
 * The twin of one device as a person edits it: what is desired and reported, the edit that is not
 * saved yet, and what somebody else did meanwhile. What is shown as running is never more than the device confirmed.
 */
export class TwinControl {
  view = $state.raw<TwinView | undefined>();
  /** What the form says: the newest version with the unsaved changes. */
  draft = $state.raw<Body>({});
  /** The version that the edit starts from. */
  base = $state.raw<Base>({ version: 0, body: {} });
  /** What the device was last known to run; undefined where nobody knows. */
  confirmed = $state.raw<Body | undefined>();
  /** When the device's last report was heard, by the server's clock; 0 if it was there before the page. */
  heard = $state(0);
  saving = $state(false);
  /** Why the last attempt to change something failed. */
  failure = $state.raw<unknown>();
  /** Whether this viewer may look and not change. */
  readonly = $state(false);

  unsaved = $derived(edits(this.base.body, this.draft));
  /** Somebody else saved a version while there are unsaved changes. */
  stale = $derived(this.unsaved.length > 0 && versionOf(this.view) !== this.base.version);
  /** What they changed: by the server's word where it refused the edit, else by our own comparison. */
  theirs = $derived(this.#theirs());

  #doors: Doors;
  #id: string;
  #turn = 0; // counts what was heard and asked; an answer older than the newest news is of no use
  #sent: Body | undefined; // what is on its way to the server
  #told = $state.raw<readonly ProblemDetail[]>([]);

  constructor(id: string, doors: Doors) {
    this.#id = id;
    this.#doors = doors;
  }

  /** Follows the server. Returns what ends that. denied is called where this viewer may not know of the twin. */
  start(denied: () => void): () => void {
    const end = this.#doors.listen((event) => {
      if (event.type === 'twin' && event.data.device === this.#id) {
        this.#turn++;
        this.#take(event.data);
      }
      // Snapshots have no twins in them.
      if (event.type === 'snapshot') this.#ask(denied);
    });
    this.#ask(denied);
    return end;
  }

  async #ask(denied: () => void): Promise<void> {
    const turn = ++this.#turn;
    try {
      const view = await this.#doors.fetch();
      if (turn === this.#turn) this.#take(view);
    } catch (error) {
      if (isForbidden(error)) denied();
      // Anything else is tried again with the next snapshot; the connection has its own banner.
    }
  }

  #take(view: TwinView): void {
    if (this.view && !same(this.view.state, view.state)) this.heard = this.#doors.now();
    this.view = view;
    const [version, body] = [versionOf(view), bodyOf(view)];
    const clean = this.unsaved.length === 0 || same(this.draft, body);
    const ours = this.#sent !== undefined && same(this.#sent, body);
    if (version !== this.base.version && (clean || ours)) {
      this.#rebase({ version, body }, clean ? body : merged(this.#sent as Body, this.draft, body));
    }
    this.#confirm(view);
  }

  #rebase(base: Base, draft: Body): void {
    this.base = base;
    this.draft = draft;
    this.#told = [];
  }

  /** Finds out what the device runs. */
  async #confirm(view: TwinView): Promise<void> {
    if (view.phase === 'applied') this.confirmed = bodyOf(view);
    if (view.phase === 'unset' || view.reported === null) this.confirmed = {};
    const { reported, desired } = view;
    if (this.confirmed !== undefined || !reported || !desired) return;
    if (reported.refused !== '' || reported.epoch !== desired.epoch) return;
    const body = await this.#doors.body(reported.version).catch(() => undefined);
    if (this.view === view) this.confirmed = body;
  }

  /** Whether what is desired of an output, or of the device as a whole, is not what the device confirmed. */
  unconfirmed(output?: string): boolean {
    const { view, confirmed } = this;
    if (!view || view.phase === 'applied' || view.phase === 'unset') return false;
    if (confirmed === undefined) return true;
    const body = bodyOf(view);
    if (output !== undefined) return !same(outputOf(body, output), outputOf(confirmed, output));
    return !same({ ...body, outputs: undefined }, { ...confirmed, outputs: undefined });
  }

  edit(draft: Body): void {
    this.draft = draft;
    this.failure = undefined;
  }

  discard(): void {
    this.#rebase({ version: versionOf(this.view), body: bodyOf(this.view) }, bodyOf(this.view));
    this.failure = undefined;
  }

  /** Puts the unsaved changes on top of what somebody else saved. Nothing is sent. */
  applyOnTop(): void {
    const newest = bodyOf(this.view);
    this.#rebase({ version: versionOf(this.view), body: newest }, merged(this.base.body, this.draft, newest));
    this.failure = undefined;
  }

  /** Saves the whole edit. */
  save(note = ''): Promise<boolean> {
    const body = withoutPassed(this.draft, this.#doors.now());
    this.draft = body;
    return this.#send(body, () => this.#doors.put(this.base.version, body, note));
  }

  /** Changes something at once, and leaves the unsaved changes what they are. */
  act(change: (body: Body) => Body): Promise<boolean> {
    const [version, newest] = [versionOf(this.view), bodyOf(this.view)];
    const body = change(withoutPassed(newest, this.#doors.now()));
    const [stale, before] = [this.stale, this.base];
    return this.#send(
      body,
      () => this.#doors.put(version, body, ''),
      () => {
        if (!stale)
          this.#rebase(
            { version: versionOf(this.view), body: bodyOf(this.view) },
            merged(before.body, this.draft, body),
          );
      },
    );
  }

  /** Makes an earlier version the newest one. */
  back(to: number, body: Body): Promise<boolean> {
    return this.#send(body, () => this.#doors.back(versionOf(this.view), to));
  }

  async #send(body: Body, put: () => Promise<TwinView>, then?: () => void): Promise<boolean> {
    if (this.saving) return false;
    this.saving = true;
    this.failure = undefined;
    const acts = then !== undefined;
    if (!acts) this.#sent = body;
    try {
      const view = await put();
      // The stream may have been faster, and know more already.
      if (versionOf(view) !== versionOf(this.view) || !this.view) this.#take(view);
      then?.();
      return true;
    } catch (error) {
      await this.#failed(error);
      return false;
    } finally {
      this.#sent = undefined;
      this.saving = false;
    }
  }

  async #failed(error: unknown): Promise<void> {
    if (isForbidden(error)) this.readonly = true;
    else if (error instanceof ApiError && error.code === 'conflict') {
      this.#sent = undefined;
      await this.#ask(() => {});
      this.#told = error.errors;
    } else this.failure = error;
  }

  #theirs(): Change[] {
    const own = edits(this.base.body, bodyOf(this.view));
    const told = this.#told.map((e) => ({ path: e.location.replace(/^body\.body\./, ''), after: e.value }));
    // The server looks into a law; here it is one thing.
    const about = (at: string, c: Change) =>
      `${at}.`.startsWith(`${c.path.join('.')}.`) || c.path.join('.').startsWith(`${at}.`);
    const known = own.filter((c) => told.length === 0 || told.some((t) => about(t.path, c)));
    const rest = told.filter((t) => !own.some((c) => about(t.path, c)));
    return [...known, ...rest.map((t) => ({ path: t.path.split('.'), before: undefined, after: t.after }))];
  }
}
