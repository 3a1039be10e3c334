import type { HostHeat } from '../control/feed';
import { address, device, get, send } from './client';
import type { CommandReply, DesiredView, TwinView } from './types';

/** What the server offers to whoever regulates a device. */

export function fetchTwin(id: string): Promise<TwinView> {
  return get(address(`${device(id)}/twin`));
}

/** Makes body the next version on top of base, which is 0 where there is none. A stale base is a conflict. */
export function putTwin(id: string, base: number, body: object, note = ''): Promise<TwinView> {
  return send('PUT', address(`${device(id)}/twin`), { base, body, ...(note ? { note } : {}) });
}

/** Makes an earlier version the next one. */
export function returnTwin(id: string, base: number, to: number): Promise<TwinView> {
  return send('POST', address(`${device(id)}/twin/return`), { base, to });
}

/** Versions below `before` (all without it), newest first. */
export async function fetchVersions(id: string, limit: number, before?: number): Promise<DesiredView[]> {
  const url = address(`${device(id)}/twin/versions`, { limit, before });
  return (await get<{ versions: DesiredView[] | null }>(url)).versions ?? [];
}

/** Asks the device to do something once, and waits for its answer. */
export function sendCommand(id: string, name: string, args: object): Promise<CommandReply> {
  return send('POST', address(`${device(id)}/commands`), { name, args });
}

/** The heat of the host that the server passed on last, as long as it holds. */
export async function fetchInput(id: string): Promise<HostHeat | undefined> {
  return (await get<{ input: HostHeat | null }>(address(`${device(id)}/input`))).input ?? undefined;
}
