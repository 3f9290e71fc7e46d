import type { StatedBinding } from '../../verify/proof-file.js';
import { verifyInference } from '../../verify/verify-inference.js';
import type { Gauge } from '../metrics.js';
import { describeServedModel } from '../model.js';
import { findModel, jobRoutes, modelName } from './job-routes.js';
import { describeApi } from './openapi.js';
import type { Route, Served } from './route.js';

const modelRoutes: readonly Route[] = [
  {
    method: 'get',
    path: '/v1/models',
    name: 'listModels',
    summary: 'List the models that are served.',
    successes: { 200: { description: 'the models', schema: 'Models' } },
    handle: async (_call, { models }) => {
      return { status: 200, json: { models: [...models.values()].map(describeServedModel) } };
    },
  },
  {
    method: 'get',
    path: '/v1/models/{name}',
    name: 'getModel',
    summary: 'Describe a model: inputs with shapes and ranges, outputs, statement, digests.',
    parameters: { name: modelName },
    successes: { 200: { description: 'the model', schema: 'Model' } },
    errors: [404],
    handle: async ({ parameters }, served) => {
      return { status: 200, json: describeServedModel(findModel(served, parameters.name)) };
    },
  },
  {
    method: 'post',
    path: '/v1/models/{name}/verify',
    name: 'verifyProof',
    summary: 'Verify a proof of this model, whoever made it.',
    parameters: { name: modelName },
    body: 'Verification',
    successes: { 200: { description: 'the verdict, whether yes or no', schema: 'Verdict' } },
    errors: [404],
    handle: async ({ parameters, body }, served) => {
      const { manifest, verificationKey } = findModel(served, parameters.name).bundle;
      const { proof, context, binding } = body as {
        proof: unknown;
        context?: string;
        binding?: Partial<StatedBinding>;
      };
      return { status: 200, json: await verifyInference(proof, manifest, verificationKey, { context, binding }) };
    },
  },
];

/** What is measured at each scrape. */
function measureNow({ book, desk, runner, models }: Served): Gauge[] {
  const { queued, running } = desk.counts();
  const { rss, heapUsed, arrayBuffers } = process.memoryUsage();
  const one = (name: string, help: string, value: number): Gauge => ({ name, help, values: [{ value }] });
  return [
    one('zkinfer_queue_depth', 'Jobs that wait.', queued),
    one('zkinfer_jobs_running', 'Jobs that provers have begun.', running),
    one('zkinfer_jobs_kept', 'Finished jobs that are kept.', book.countFinished()),
    one('zkinfer_workers', 'Provers of this process.', runner.workers),
    one('zkinfer_models', 'Models that are served.', models.size),
    {
      name: 'zkinfer_memory_bytes',
      help: 'Memory of this process.',
      values: Object.entries({ rss, heapUsed, arrayBuffers }).map(([kind, value]) => ({ labels: { kind }, value })),
    },
    one('zkinfer_uptime_seconds', 'Since the process began.', process.uptime()),
  ];
}

const statusRoutes: readonly Route[] = [
  {
    method: 'get',
    path: '/healthz',
    name: 'checkHealth',
    summary: 'Say that the process is alive.',
    isOpen: true,
    successes: { 200: { description: 'it is', schema: 'Health' } },
    handle: async () => ({ status: 200, json: { status: 'ok' } }),
  },
  {
    method: 'get',
    path: '/readyz',
    name: 'checkReadiness',
    summary: 'Say whether jobs can be taken and proved now.',
    isOpen: true,
    successes: {
      200: { description: 'they can', schema: 'Health' },
      503: { description: 'not now', schema: 'Health' },
    },
    handle: async (_call, { runner, isClosing }) => {
      const reason = isClosing() ? 'the service is ending' : await runner.isReady();
      return reason === null
        ? { status: 200, json: { status: 'ready' } }
        : { status: 503, json: { status: 'unready', reason } };
    },
  },
  {
    method: 'get',
    path: '/metrics',
    name: 'getMetrics',
    summary: 'Measurements in the text format of Prometheus.',
    successes: { 200: { description: 'the measurements', contentType: 'text/plain; version=0.0.4; charset=utf-8' } },
    handle: async (_call, served) => ({ status: 200, text: served.metrics.print(measureNow(served)) }),
  },
  {
    method: 'get',
    path: '/openapi.json',
    name: 'getDescription',
    summary: 'This document.',
    isOpen: true,
    successes: { 200: { description: 'an OpenAPI 3.1 document', contentType: 'application/json' } },
    handle: async () => ({ status: 200, json: describeApi(routes) }),
  },
];

/** The whole API. Dispatch and the OpenAPI document both come from this table. */
export const routes: readonly Route[] = [...modelRoutes, ...jobRoutes, ...statusRoutes];
