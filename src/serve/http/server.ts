import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { ZkinferError } from '../../core/error.js';
import { parseJsonText } from '../../rows/json-text.js';
import { checkHost, createTokenCheck } from './access.js';
import { findProblems } from './json-schema.js';
import { answerError, usageProblem } from './problem.js';
import type { Answer, Call, Route, Served } from './route.js';
import { routes } from './routes.js';
import { schemas } from './schemas.js';

export interface HttpOptions {
  /** Any of them lets a caller in; none: everybody is. */
  readonly tokens: readonly string[];
  readonly maxBodyBytes: number;
  /** A request that has not come in whole by then is dropped. */
  readonly requestTimeoutMs: number;
  /** Refuse requests for other hosts than this machine. */
  readonly isLocal: boolean;
  readonly onRequest?: (request: RequestNote) => void;
  readonly onInternalError?: (error: unknown) => void;
}

/** What may be written down of a request: nothing that it carried. */
export interface RequestNote {
  readonly method: string;
  /** The route's path with its parameters unfilled; `-` for none. */
  readonly route: string;
  readonly status: number;
  readonly ms: number;
}

const MAX_CONNECTIONS = 1024;

/** A server of the API that does not listen yet. */
export function createHttpServer(served: Served, options: HttpOptions): Server {
  const checkToken = createTokenCheck(options.tokens);
  const server = createServer(
    {
      requestTimeout: options.requestTimeoutMs,
      headersTimeout: Math.min(10_000, options.requestTimeoutMs),
      connectionsCheckingInterval: Math.min(1000, options.requestTimeoutMs),
      keepAliveTimeout: 5000,
    },
    async (request, response) => {
      const started = performance.now();
      // Not parsed as a URL: what callers send need not be one.
      const [path, query] = (request.url ?? '/').split('?', 2);
      const match = findRoute(request.method ?? '', path);
      const answer = await answerRequest(request, new URLSearchParams(query), match).catch((error) => {
        if (!(error instanceof ZkinferError)) options.onInternalError?.(error);
        const wrongToken = error instanceof ZkinferError && error.code === 'TOKEN_WRONG';
        return answerError(error, wrongToken ? { 'www-authenticate': 'Bearer' } : {});
      });
      send(request, response, answer, match.route);
      const { status } = answer;
      const [method, route] = [request.method ?? '', match.route?.path ?? '-'];
      served.metrics.count('zkinfer_http_requests_total', { method, route, status: String(status) });
      options.onRequest?.({ method, route, status, ms: Math.round(performance.now() - started) });
    },
  );
  server.maxConnections = MAX_CONNECTIONS;

  async function answerRequest(request: IncomingMessage, query: URLSearchParams, match: Match): Promise<Answer> {
    if (options.isLocal) checkHost(request);
    const { route } = match;
    if (!route?.isOpen) checkToken(request);
    if (!route) throw usageProblem(match.isKnownPath ? 'METHOD_UNKNOWN' : 'NOT_FOUND', 'the API has nothing here');
    const parameters = readParameters(route, match.path, query, request);
    const body = route.body && (await readBody(request, options.maxBodyBytes));
    const problems = route.body ? findProblems(body, schemas[route.body], schemas) : [];
    if (problems.length > 0) throw usageProblem('REQUEST_INVALID', 'the body is not of the form described', problems);
    const call: Call = { parameters, body };
    return route.handle(call, served);
  }
  return server;
}

interface Match {
  readonly route?: Route;
  /** Whether the path is that of a route, of whichever method. */
  readonly isKnownPath: boolean;
  readonly path: Readonly<Record<string, string>>;
}

function matchPath(pattern: string, path: string): Record<string, string> | null {
  const [names, parts] = [pattern.split('/'), path.split('/')];
  if (names.length !== parts.length) return null;
  const found: Record<string, string> = {};
  for (const [i, name] of names.entries()) {
    if (!name.startsWith('{')) {
      if (name !== parts[i]) return null;
      continue;
    }
    try {
      found[name.slice(1, -1)] = decodeURIComponent(parts[i]);
    } catch {
      return null;
    }
  }
  return found;
}

function findRoute(method: string, path: string): Match {
  const matches = routes.flatMap((route) => {
    const found = matchPath(route.path, path);
    return found ? [{ route, path: found }] : [];
  });
  const match = matches.find(({ route }) => route.method === method.toLowerCase());
  return { ...(match ?? { path: {} }), isKnownPath: matches.length > 0 };
}

function readParameters(
  route: Route,
  path: Readonly<Record<string, string>>,
  query: URLSearchParams,
  request: IncomingMessage,
) {
  const values: Record<string, string> = {};
  const problems: string[] = [];
  const known = route.parameters ?? {};
  for (const [name, { in: place, schema }] of Object.entries(known)) {
    const header = request.headers[name];
    const value =
      place === 'path' ? path[name] : place === 'query' ? (query.get(name) ?? undefined) : header?.toString();
    if (value === undefined) continue;
    const read = schema.type === 'integer' && /^\d{1,15}$/.test(value) ? Number(value) : value;
    problems.push(...findProblems(read, schema, schemas, name));
    values[name] = value;
  }
  const extra = [...query.keys()].filter((name) => known[name]?.in !== 'query');
  problems.push(...extra.map((name) => `${JSON.stringify(name.slice(0, 40))}: no such parameter`));
  if (problems.length > 0 && listsProblems(route))
    throw usageProblem('REQUEST_INVALID', 'the parameters are not of the form described', problems);
  return values;
}

/** Routes without parameters of their own pass over what is added to their address. */
function listsProblems({ parameters = {} }: Route): boolean {
  return Object.values(parameters).some((parameter) => parameter.in !== 'path');
}

async function readBody(request: IncomingMessage, maxBytes: number): Promise<unknown> {
  if (!/^application\/json\s*(;|$)/i.test(request.headers['content-type'] ?? ''))
    throw usageProblem('BODY_NOT_JSON', 'the body is not application/json', [], 'send content-type: application/json');
  const tooLarge = () => usageProblem('BODY_TOO_LARGE', `the body has more than ${maxBytes} bytes`);
  if (Number(request.headers['content-length'] ?? 0) > maxBytes) throw tooLarge();
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of request as AsyncIterable<Buffer>) {
    size += chunk.length;
    if (size > maxBytes) throw tooLarge();
    chunks.push(chunk);
  }
  try {
    return parseJsonText(Buffer.concat(chunks).toString('utf8'), 'the body');
  } catch (error) {
    // The parser quotes what it stumbled over, which may be part of an input.
    if (!(error instanceof ZkinferError) || error.code !== 'ROWS_JSON') throw error;
    throw usageProblem('REQUEST_INVALID', 'the body is not JSON');
  }
}

function send(request: IncomingMessage, response: ServerResponse, answer: Answer, route: Route | undefined): void {
  const { status, headers, json, text, stream } = answer;
  if (response.destroyed) return;
  const { contentType } = route?.successes[status] ?? {};
  response.setHeader('content-type', contentType ?? 'application/json');
  response.setHeader('cache-control', 'no-store');
  response.setHeader('x-content-type-options', 'nosniff');
  // What is left of a body that nobody reads would be taken for the next request.
  const hasBody = request.headers['content-length'] !== undefined || 'transfer-encoding' in request.headers;
  if (hasBody && !request.complete) {
    response.setHeader('connection', 'close');
    request.on('error', () => {}).resume();
  }
  for (const [name, value] of Object.entries(headers ?? {})) response.setHeader(name, value);
  response.writeHead(status);
  if (stream) {
    response.flushHeaders();
    response.on('close', stream(response));
  } else response.end(text ?? JSON.stringify(json));
}
