import { ERRORS, listErrors, type Route } from './route.js';
import { schemas } from './schemas.js';

const jsonOf = (name: string) => ({ 'application/json': { schema: { $ref: `#/components/schemas/${name}` } } });

function describeOperation(route: Route) {
  const successes = Object.entries(route.successes).map(([status, { description, schema, contentType }]) => [
    status,
    { description, content: schema ? jsonOf(schema) : { [contentType as string]: {} } },
  ]);
  const errors = listErrors(route).map((status) => [
    String(status),
    {
      description: ERRORS[status],
      content: jsonOf('Error'),
      ...(status === 429 && {
        headers: { 'retry-after': { description: 'seconds', schema: { type: 'integer', minimum: 1 } } },
      }),
    },
  ]);
  const parameters = Object.entries(route.parameters ?? {}).map(([name, parameter]) => ({
    name,
    required: parameter.in === 'path',
    ...parameter,
  }));
  return {
    operationId: route.name,
    summary: route.summary,
    security: route.isOpen ? [] : [{ token: [] }],
    ...(parameters.length > 0 && { parameters }),
    ...(route.body && { requestBody: { required: true, content: jsonOf(route.body) } }),
    responses: {
      ...Object.fromEntries([...successes, ...errors]),
      default: { description: 'anything else', content: jsonOf('Error') },
    },
  };
}

/** The OpenAPI 3.1 document of a table of routes. */
export function describeApi(routes: readonly Route[]) {
  const paths: Record<string, Record<string, unknown>> = {};
  for (const route of routes) paths[route.path] = { ...paths[route.path], [route.method]: describeOperation(route) };
  return {
    openapi: '3.1.0',
    info: {
      title: 'zkinfer',
      version: '1',
      description: 'Proves what machine-learning models give for inputs, and verifies such proofs.',
      license: { name: 'GPL-3.0-or-later', identifier: 'GPL-3.0-or-later' },
    },
    paths,
    components: {
      schemas,
      securitySchemes: {
        token: { type: 'http', scheme: 'bearer', description: 'only where the service was started with tokens' },
      },
    },
  };
}
