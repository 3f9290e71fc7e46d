import type { ServerResponse } from 'node:http';
import type { Desk } from '../desk.js';
import type { JobBook } from '../job-book.js';
import type { JobStore } from '../job-store.js';
import type { Metrics } from '../metrics.js';
import type { ServedModels } from '../model.js';
import type { Runner } from '../runner.js';
import type { Schema } from './json-schema.js';
import type { SchemaName } from './schemas.js';

/** What the routes serve. */
export interface Served {
  readonly models: ServedModels;
  readonly book: JobBook;
  readonly store: JobStore;
  readonly desk: Desk;
  readonly runner: Runner;
  readonly metrics: Metrics;
  /** True from the first signal to end. */
  readonly isClosing: () => boolean;
}

/** A request whose route, token and form were checked. */
export interface Call {
  /** Values of the parameters of path, query and headers that are there, by name. */
  readonly parameters: Readonly<Record<string, string>>;
  /** The parsed body; undefined for a route without one. */
  readonly body: unknown;
}

/** What a route answers. */
export interface Answer {
  readonly status: number;
  readonly headers?: Readonly<Record<string, string>>;
  /** A value for JSON. */
  readonly json?: unknown;
  /** Text of the content type that the route's description names. */
  readonly text?: string;
  /** Writes as long as there is something to say; gets a response whose head was sent. @returns what ends it early */
  readonly stream?: (response: ServerResponse) => () => void;
}

export interface Parameter {
  readonly in: 'path' | 'query' | 'header';
  readonly description: string;
  readonly schema: Schema;
}

/** One success of a route: a form of JSON, or text of another type. */
export interface Success {
  readonly description: string;
  readonly schema?: SchemaName;
  readonly contentType?: string;
}

/** One operation of the API: its description and what it does, from which dispatch and OpenAPI document both come. */
export interface Route {
  readonly method: 'get' | 'post' | 'delete';
  /** Path with parameters in braces. */
  readonly path: string;
  readonly name: string;
  readonly summary: string;
  /** Needs no token. */
  readonly isOpen?: boolean;
  readonly parameters?: Readonly<Record<string, Parameter>>;
  readonly body?: SchemaName;
  readonly successes: Readonly<Record<number, Success>>;
  /** Statuses of errors beyond those that token, host and body may cause. */
  readonly errors?: readonly ErrorStatus[];
  readonly handle: (call: Call, served: Served) => Promise<Answer>;
}

/** Every status of an error, and what it means. */
export const ERRORS = {
  400: 'the request is not of the form described here, or the input is not the model’s',
  401: 'the bearer token is missing or wrong',
  403: 'refused by policy: another Host than this machine’s, or an input that may not leave it',
  404: 'there is no such thing',
  409: 'the job is in another state, or the Idempotency-Key was used for another submission',
  413: 'the body is larger than the service takes',
  415: 'the body is not application/json',
  429: 'too many jobs wait; come back after Retry-After seconds',
  503: 'the service cannot do this now: it is starting, ending, or short of something',
} as const;

export type ErrorStatus = keyof typeof ERRORS;

/** All statuses of errors that a route can answer with. */
export function listErrors(route: Route): ErrorStatus[] {
  const common: ErrorStatus[] = [403, ...(route.isOpen ? [] : ([401] as const))];
  const ofBody: ErrorStatus[] = route.body ? [400, 413, 415] : [];
  return [...new Set([...common, ...ofBody, ...(route.errors ?? [])])].sort((a, b) => a - b);
}
