import type { components } from './schema';

/**
 * The shapes of the API by the names that the page uses, taken from the types that
 * are generated from the server's OpenAPI document. Times are Unix milliseconds.
 */
type Schemas = components['schemas'];

/** The units of the device contract; the document leaves them open. */
export type Unit = 'celsius' | 'rpm' | 'percent' | 'lpm' | 'watt' | 'rh';
type WithUnit<T extends { unit: string }> = Omit<T, 'unit'> & { unit: Unit };

export type Device = Omit<Schemas['DeviceView'], 'newest'> & { newest: Reading[] };
export type Reading = WithUnit<Schemas['Newest']>;
export type Health = Schemas['DeviceView']['health'];
export type Quality = Schemas['Newest']['quality'];
export type Limits = Schemas['Limits'];
export type SeriesAnswer = Omit<Schemas['SeriesColumns'], 'series'> & {
  series: WithUnit<Schemas['SeriesColumn']>[];
};
export type FaultSpan = Omit<Schemas['Fault'], 'quality'> & { quality: string };
export type Rejection = Schemas['Rejection'];
export type System = Schemas['System'];
export type BrokerStatus = Schemas['BrokerStatus'];
export type RemoteBroker = Schemas['RemoteBroker'];
export type BrokerProblem = Schemas['BrokerProblem'];
export type BrokerCertificate = Schemas['BrokerCertificate'];
export type Separation = Schemas['Separation'];
export type Quota = Schemas['Quota'];
export type QuotaUse = Schemas['QuotaUse'];
export type ProblemDetail = Schemas['ProblemDetail'];
export type TwinView = Schemas['TwinView'];
export type DesiredView = Schemas['DesiredView'];
export type CommandReply = Schemas['CommandReply'];
export type Physics = Schemas['Physics'];
export type Figure = Schemas['Figure'];
export type Trend = Schemas['Trend'];
export type DewGuard = Schemas['DewGuard'];
export type LiveSample = Schemas['SamplePoint'];

/** What the stream says, by the name of the event. */
export type StreamEvent =
  | { type: 'snapshot'; data: Omit<Schemas['SnapshotEvent'], 'devices'> & { devices: Device[] } }
  | { type: 'samples'; data: Schemas['SamplesEvent'] }
  | { type: 'backfill'; data: Schemas['BackfillEvent'] }
  | { type: 'device'; data: Device }
  | { type: 'removed'; data: Schemas['RemovedEvent'] }
  | { type: 'rejected'; data: Rejection }
  | { type: 'broker'; data: BrokerStatus }
  | { type: 'twin'; data: TwinView }
  | { type: 'tick'; data: Schemas['TickEvent'] };

export const STREAM_EVENTS = [
  'snapshot',
  'samples',
  'backfill',
  'device',
  'removed',
  'rejected',
  'broker',
  'twin',
  'tick',
] as const satisfies readonly StreamEvent['type'][];
