import { clamp, RANGES } from './contract';

/** Feed-forward: what the heat of the host asks for before the water warms. Pure. */

/** Heat of the host as the server passed it on. */
export interface HostHeat {
  /** Watts. */
  host_w: number;
  /** Until when it holds, Unix milliseconds. */
  until: number;
}

/**
 * Percent for each watt: an output that holds the setpoint at so many watts with this duty, and at none with its
 * least one, needs that much more for each of them. Between the two it is taken as a straight line; what it is not,
 * the law's own feedback makes up for.
 */
export function proposed(duty: number, least: number, watts: number): number | undefined {
  if (!(watts > 0) || !(duty > least)) return undefined;
  return Number(clamp((duty - least) / watts, RANGES.ff_duty_per_w).toFixed(2));
}

/** Whether it still holds. */
export function holds(heat: HostHeat | undefined, now: number): heat is HostHeat {
  return heat !== undefined && heat.until > now;
}

/** The command that tells a device of its host's heat. */
export function inputCommand(device: string): string {
  return `coolant device input ${device} --host-w 45 --for 1m`;
}

/** The same over the API, for whoever has curl and no coolant on the host. */
export function inputRequest(device: string, origin: string): string {
  const url = new URL(`api/v1/devices/${encodeURIComponent(device)}/input`, origin).href;
  return `curl -X POST ${url} -H 'content-type: application/json' -d '{"host_w":45,"valid_s":60}'`;
}
