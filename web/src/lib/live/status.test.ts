import { beforeEach, expect, test } from 'vitest';
import { ApiError } from '../api/client';
import type { BrokerStatus, StreamEvent } from '../api/types';
import { Status } from './status.svelte';

/** A server that answers when it is told to. */
class Scene {
  answers: { resolve: (s: BrokerStatus) => void; reject: (e: unknown) => void }[] = [];
  say: (event: StreamEvent) => void = () => {};
  status = new Status(
    (fn) => {
      this.say = fn;
      return () => {};
    },
    () => new Promise((resolve, reject) => this.answers.push({ resolve, reject })),
  );

  constructor() {
    this.status.start();
  }

  /** The question with this number; the first is asked at once. */
  question(n: number) {
    const asked = this.answers[n];
    if (!asked) throw new Error(`no question ${n}`);
    return asked;
  }

  snapshot(): void {
    this.say({ type: 'snapshot', data: { epoch: '1', seq: 1, time: 1, devices: [] } });
  }

  tick(): void {
    this.say({ type: 'tick', data: { time: 1 } });
  }
}

const at = (mode: BrokerStatus['mode']): BrokerStatus => ({ mode });
const settled = () => new Promise((done) => setImmediate(done));
const forbidden = new ApiError(403, 'forbidden', 'not for you');

let scene: Scene;
beforeEach(() => {
  scene = new Scene();
});

test('it is asked at once, so that the page is complete early', async () => {
  expect(scene.status.known).toBe(false);
  scene.question(0).resolve(at('remote'));
  await settled();
  expect([scene.status.known, scene.status.broker]).toEqual([true, at('remote')]);
});

test('a snapshot asks, an event tells', async () => {
  scene.question(0).resolve(at('embedded'));
  await settled();
  scene.snapshot();
  scene.question(1).resolve(at('remote'));
  await settled();
  expect(scene.status.broker).toEqual(at('remote'));
  scene.say({ type: 'broker', data: at('both') });
  expect(scene.status.broker).toEqual(at('both'));
});

test('an event is newer than an answer that was asked for before it', async () => {
  scene.say({ type: 'broker', data: at('both') });
  scene.question(0).resolve(at('remote'));
  await settled();
  expect(scene.status.broker).toEqual(at('both'));
});

test('of two answers the later question’s counts', async () => {
  scene.snapshot();
  scene.question(1).resolve(at('both'));
  await settled();
  scene.question(0).resolve(at('remote'));
  await settled();
  expect(scene.status.broker).toEqual(at('both'));
});

test('a refusal is for this viewer, until it is none', async () => {
  scene.say({ type: 'broker', data: at('both') });
  scene.question(0).reject(forbidden);
  await settled();
  expect([scene.status.known, scene.status.limited, scene.status.broker]).toEqual([true, true, undefined]);
  scene.tick();
  expect(scene.answers).toHaveLength(1); // asking again would not help
  scene.snapshot();
  scene.question(1).resolve(at('remote'));
  await settled();
  expect([scene.status.limited, scene.status.broker]).toEqual([false, at('remote')]);
});

test('an answer that did not come is asked for again', async () => {
  scene.question(0).reject(new TypeError('no network'));
  await settled();
  expect([scene.status.known, scene.status.limited]).toEqual([true, false]);
  scene.tick();
  scene.tick();
  expect(scene.answers).toHaveLength(2);
  scene.question(1).resolve(at('remote'));
  await settled();
  expect(scene.status.broker).toEqual(at('remote'));
  scene.tick();
  expect(scene.answers).toHaveLength(2);
});
