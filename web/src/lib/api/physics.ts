import { address, device, get } from './client';
import type { Physics } from './types';

/** What the readings of a device say together. The server keeps its answers for some seconds. */
export function fetchPhysics(id: string, signal?: AbortSignal): Promise<Physics> {
  return get(address(`${device(id)}/physics`), signal);
}
