import type { Device } from '../api/types';
import type { Kind, Probe, Role, Wiring } from './contract';
import { roleOf } from './outputs';

/** What a device says of its board and its probes in `info`, read with care: any firmware may have written it. Pure. */

/** An output as the board has it by itself. */
export interface BoardOutput {
  name: string;
  role: Role | undefined;
  kind: Kind | undefined;
  wiring: Wiring;
}

export interface Board {
  output_pins: readonly number[];
  input_pins: readonly number[];
  /** Infinity where the device does not say. */
  pwm_channels: number;
  counters: number;
  flow: boolean;
  humidity: boolean;
  /** Undefined where the device does not say which outputs are its board's own. */
  outputs: readonly BoardOutput[] | undefined;
}

/** A probe on the wire. */
export interface PresentProbe {
  rom: string;
  /** The role that it has now, by the device's word. */
  role: string | undefined;
  /** Its id is none of the original maker's: information, no mistake. */
  clone: boolean;
}

type Members = Record<string, unknown>;

const isObject = (value: unknown): value is Members =>
  value !== null && typeof value === 'object' && !Array.isArray(value);
const objects = (value: unknown): Members[] => (Array.isArray(value) ? value.filter(isObject) : []);
const integer = (value: unknown) => (Number.isInteger(value) ? (value as number) : undefined);
const pins = (value: unknown) =>
  Array.isArray(value) ? value.filter((v): v is number => Number.isInteger(v) && v >= 0) : [];

const KINDS: readonly Kind[] = ['pwm4', 'dc_pwm', 'switch'];
const ROLE_WORDS: readonly Role[] = ['pump', 'fan', 'chiller', 'buzzer'];

export function readBoard(device: Pick<Device, 'info'>): Board | undefined {
  const said = device.info?.board;
  if (!isObject(said)) return undefined;
  return {
    output_pins: pins(said.output_pins),
    input_pins: pins(said.input_pins),
    pwm_channels: integer(said.pwm_channels) ?? Number.POSITIVE_INFINITY,
    counters: integer(said.counters) ?? Number.POSITIVE_INFINITY,
    flow: said.flow === true,
    humidity: said.humidity === true,
    outputs: Array.isArray(said.outputs) ? objects(said.outputs).flatMap(readOutput) : undefined,
  };
}

function readOutput(o: Members): BoardOutput[] {
  if (typeof o.name !== 'string' || o.name === '') return [];
  const [pin, tacho] = [integer(o.pin), integer(o.tacho_pin)];
  return [
    {
      name: o.name,
      role: ROLE_WORDS.find((r) => r === o.role) ?? roleOf(o.name),
      kind: KINDS.find((k) => k === o.kind),
      wiring: {
        ...(pin === undefined ? {} : { pin }),
        ...(tacho === undefined ? {} : { tacho_pin: tacho }),
      },
    },
  ];
}

/** Whether an id is of the form that genuine DS18B20 have, 28-xx-xx-xx-xx-00-00-crc. */
export function isGenuine(rom: string): boolean {
  return /^28[0-9a-f]{8}0000[0-9a-f]{2}$/i.test(rom);
}

export function presentProbes(device: Pick<Device, 'info'>): PresentProbe[] {
  return objects(device.info?.probes).flatMap((p) => {
    if (typeof p.rom !== 'string' || !/^[0-9a-f]{16}$/i.test(p.rom)) return [];
    const rom = p.rom.toLowerCase();
    const role = typeof p.role === 'string' && p.role !== '' ? p.role : undefined;
    return [{ rom, role, clone: p.clone === true || !isGenuine(rom) }];
  });
}

/** A probe's id as people compare it with a label: in pairs. */
export function spelled({ rom }: Pick<Probe, 'rom'>): string {
  return rom.match(/../g)?.join(' ') ?? rom;
}
