import { expect } from 'chai';
import { findProblems, type Schema, type Schemas } from '../../src/serve/http/json-schema.js';

interface Response {
  readonly status: number;
  readonly headers: Headers;
  readonly text: string;
  // biome-ignore lint/suspicious/noExplicitAny: the description says what it is, and it was held to that
  readonly json: any;
}

interface Operation {
  readonly operationId: string;
  readonly security: readonly unknown[];
  readonly requestBody?: unknown;
  readonly responses: Record<string, { readonly content: Record<string, { schema?: Schema }> }>;
}

export interface Description {
  readonly openapi: string;
  readonly paths: Record<string, Record<string, Operation>>;
  readonly components: { readonly schemas: Schemas };
}

interface Ask {
  readonly token?: string;
  readonly body?: unknown;
  readonly rawBody?: string;
  readonly headers?: Record<string, string>;
}

/** A client that holds every answer to the OpenAPI document, and remembers which operations gave which status. */
export class Api {
  readonly seen = new Set<string>();

  constructor(
    readonly url: string,
    readonly description: Description,
    readonly token?: string,
  ) {}

  static async open(url: string, token?: string): Promise<Api> {
    return new Api(url, (await (await fetch(`${url}/openapi.json`)).json()) as Description, token);
  }

  async ask(method: string, path: string, { token = this.token, body, rawBody, headers }: Ask = {}): Promise<Response> {
    const response = await fetch(this.url + path, {
      method,
      headers: {
        ...(token !== undefined && { authorization: `Bearer ${token}` }),
        ...((body !== undefined || rawBody !== undefined) && { 'content-type': 'application/json' }),
        ...headers,
      },
      body: rawBody ?? (body === undefined ? undefined : JSON.stringify(body)),
    });
    const text = await response.text();
    return this.check(method, path, { status: response.status, headers: response.headers, text, json: undefined });
  }

  get(path: string, ask?: Ask): Promise<Response> {
    return this.ask('GET', path, ask);
  }

  post(path: string, body: unknown, ask: Ask = {}): Promise<Response> {
    return this.ask('POST', path, { ...ask, body });
  }

  /** Polls a job until it is finished. */
  async waitForJob(id: string, withinMs = 20_000): Promise<Response['json']> {
    for (const end = Date.now() + withinMs; ; ) {
      const { json } = await this.get(`/v1/jobs/${id}`);
      if (['done', 'failed', 'cancelled'].includes(json.state)) return json;
      if (Date.now() > end) throw new Error(`job ${id} is still ${json.state}`);
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
  }

  /** Takes the answer of a raw request into account. */
  check(method: string, path: string, response: Response): Response {
    const parts = path.split('?')[0].split('/');
    const template = Object.keys(this.description.paths).find((pattern) => {
      const names = pattern.split('/');
      return names.length === parts.length && names.every((name, i) => name.startsWith('{') || name === parts[i]);
    });
    const operation = template === undefined ? undefined : this.description.paths[template][method.toLowerCase()];
    if (!operation) return { ...response, json: JSON.parse(response.text) };
    const { status, headers, text } = response;
    const described = operation.responses[status];
    expect(described, `${operation.operationId} does not describe ${status}: ${text}`).to.not.equal(undefined);
    this.seen.add(`${operation.operationId} ${status}`);
    const [[type, { schema }]] = Object.entries(described.content);
    expect(headers.get('content-type'), operation.operationId).to.equal(type);
    if (type !== 'application/json') return response;
    const json = JSON.parse(text) as unknown;
    const problems = schema ? findProblems(json, schema, this.description.components.schemas) : [];
    expect(problems, `${operation.operationId} ${status}: ${text.slice(0, 400)}`).to.deep.equal([]);
    return { ...response, json };
  }

  /** Every pair of operation and status that the document promises. */
  listPromised(): string[] {
    return Object.values(this.description.paths).flatMap((operations) =>
      Object.values(operations).flatMap(({ operationId, responses }) =>
        Object.keys(responses)
          .filter((status) => status !== 'default')
          .map((status) => `${operationId} ${status}`),
      ),
    );
  }
}

/** The events of a stream of server-sent events, to its end. */
export async function readEvents(
  url: string,
  headers: Record<string, string> = {},
): Promise<{ event: string; data: string }[]> {
  const text = await (await fetch(url, { headers })).text();
  return text
    .split('\n\n')
    .filter((block) => block.includes('data:'))
    .map((block) => ({
      event: /^event: (.*)$/m.exec(block)?.[1] ?? '',
      data: /^data: (.*)$/m.exec(block)?.[1] ?? '',
    }));
}
