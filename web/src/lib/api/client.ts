import type {
  BrokerStatus,
  Device,
  FaultSpan,
  ProblemDetail,
  Rejection,
  SeriesAnswer,
  System,
} from './types';

/** An answer other than success, with the server's stable code where it gave one. */
export class ApiError extends Error {
  constructor(
    readonly status: number,
    readonly code: string,
    detail: string,
    /** What the server says of single parameters; after a conflict, what somebody else changed. */
    readonly errors: readonly ProblemDetail[] = [],
  ) {
    super(detail);
    this.name = 'ApiError';
  }
}

/**
 * The address of a path of ours. Everything is relative to the document's base,
 * so that the page works behind a path prefix.
 */
export function address(path: string, query: Record<string, string | number | undefined> = {}): string {
  const url = new URL(path.replace(/^\//, ''), document.baseURI);
  for (const [key, value] of Object.entries(query)) {
    if (value !== undefined) url.searchParams.set(key, String(value));
  }
  return url.href;
}

/** Whether the server has an answer, but not for this viewer. */
export function isForbidden(error: unknown): boolean {
  return error instanceof ApiError && error.status === 403;
}

export async function get<T>(url: string, signal?: AbortSignal): Promise<T> {
  const answer = await fetch(url, { headers: { accept: 'application/json' }, ...(signal ? { signal } : {}) });
  if (!answer.ok) throw await problem(answer);
  return (await answer.json()) as T;
}

/** Sends a change. The answer is the server's JSON, or an ApiError. */
export async function send<T>(method: 'PUT' | 'POST', url: string, body: unknown): Promise<T> {
  const answer = await fetch(url, {
    method,
    headers: { accept: 'application/json', 'content-type': 'application/json' },
    body: JSON.stringify(body),
  });
  if (!answer.ok) throw await problem(answer);
  return (await answer.json()) as T;
}

async function problem(answer: Response): Promise<ApiError> {
  const body = (await answer.json().catch(() => ({}))) as {
    code?: unknown;
    detail?: unknown;
    errors?: unknown;
  };
  const code = typeof body.code === 'string' ? body.code : 'internal';
  const detail = typeof body.detail === 'string' ? body.detail : answer.statusText;
  const errors = Array.isArray(body.errors) ? (body.errors as ProblemDetail[]) : [];
  return new ApiError(answer.status, code, detail, errors);
}

export const device = (id: string) => `api/v1/devices/${encodeURIComponent(id)}`;

export interface SeriesQuery {
  from: number;
  to: number;
  width: number;
  metrics?: string[];
}

export function fetchSeries(id: string, q: SeriesQuery, signal?: AbortSignal): Promise<SeriesAnswer> {
  const { from, to, width } = q;
  return get(address(`${device(id)}/series`, { from, to, width, metrics: q.metrics?.join(',') }), signal);
}

export async function fetchFaults(
  id: string,
  from: number,
  to: number,
  signal?: AbortSignal,
): Promise<FaultSpan[]> {
  const answer = await get<{ faults: FaultSpan[] | null }>(
    address(`${device(id)}/faults`, { from, to }),
    signal,
  );
  return answer.faults ?? [];
}

export async function fetchDevices(signal?: AbortSignal): Promise<Device[]> {
  return (await get<{ devices: Device[] | null }>(address('api/v1/devices'), signal)).devices ?? [];
}

export async function fetchRejections(limit: number, signal?: AbortSignal): Promise<Rejection[]> {
  const answer = await get<{ rejections: Rejection[] | null }>(
    address('api/v1/rejections', { limit }),
    signal,
  );
  return answer.rejections ?? [];
}

export function fetchSystem(signal?: AbortSignal): Promise<System> {
  return get(address('api/v1/system'), signal);
}

export function fetchBroker(signal?: AbortSignal): Promise<BrokerStatus> {
  return get(address('api/v1/broker'), signal);
}

/** Where the samples of a window are to be had as a CSV file. */
export function csvAddress(id: string, from: number, to: number, metrics: string[]): string {
  return address(`${device(id)}/samples.csv`, { from, to, metrics: metrics.join(',') || undefined });
}

export function streamAddress(lastEventId: string): string {
  return address('api/v1/stream', { last_event_id: lastEventId || undefined });
}
