import type { ServerResponse } from 'node:http';
import type { Desk } from '../desk.js';
import { isFinished, type JobRecord, type JobState } from '../job.js';
import type { ServedModel } from '../model.js';
import { readSubmission, type SubmissionBody } from '../submission.js';
import { answerError, usageProblem } from './problem.js';
import type { Parameter, Route, Served } from './route.js';
import { jobState } from './schemas.js';

/** How often a stream says that it is still there. */
const HEARTBEAT_MS = 15_000;
const DEFAULT_LIMIT = 100;

export const modelName: Parameter = { in: 'path', description: 'name of the model', schema: { type: 'string' } };
const jobId: Parameter = { in: 'path', description: 'id of the job', schema: { type: 'string' } };

/** @throws ZkinferError MODEL_UNKNOWN */
export function findModel({ models }: Served, name: string): ServedModel {
  const model = models.get(name);
  if (!model) throw usageProblem('MODEL_UNKNOWN', 'no such model is served', [], 'see /v1/models');
  return model;
}

function findJob({ book }: Served, id: string): JobRecord {
  const job = book.get(id);
  if (!job) throw usageProblem('JOB_UNKNOWN', 'there is no such job', [], 'finished jobs are kept for a while only');
  return job;
}

/** A job as callers see it. */
function describeJob(job: JobRecord, desk: Desk) {
  const { id, model, state, attempts, submittedAt, startedAt, finishedAt, ms, options, saturated, error } = job;
  const position = desk.positionOf(id);
  const progress = state === 'running' ? desk.progressOf(id) : undefined;
  return {
    id,
    model,
    state,
    ...(position !== undefined && { position }),
    ...(progress !== undefined && { progress }),
    attempts,
    submittedAt,
    ...(startedAt !== undefined && { startedAt }),
    ...(finishedAt !== undefined && { finishedAt }),
    ...(ms !== undefined && { ms }),
    options,
    ...(saturated !== undefined && { saturated }),
    ...(error !== undefined && { error }),
  };
}

/** Sends every state of a job as it comes, with how far its proof is, and ends with the last. */
function streamJob(id: string, { book, desk }: Served, response: ServerResponse): () => void {
  let seq = 0;
  let unsubscribe = (): void => {};
  const heartbeat = setInterval(() => response.write(': still here\n\n'), HEARTBEAT_MS);
  const end = () => {
    clearInterval(heartbeat);
    unsubscribe();
    response.end();
  };
  let last = '';
  const send = (job: JobRecord) => {
    const { progress, ...description } = describeJob(job, desk);
    const text = JSON.stringify(description);
    // Whoever reads slowly is told of every change, but not of every step of a proof.
    if (text === last && response.writableNeedDrain) return;
    last = text;
    response.write(`id: ${seq++}\nevent: job\ndata: ${JSON.stringify({ ...description, progress })}\n\n`);
    if (isFinished(job.state)) end();
  };
  unsubscribe = book.subscribe(id, send);
  send(book.get(id) as JobRecord);
  return end;
}

export const jobRoutes: readonly Route[] = [
  {
    method: 'post',
    path: '/v1/models/{name}/jobs',
    name: 'submitJob',
    summary: 'Submit one input to be proved. The same bundle, input and options are the same job.',
    parameters: {
      name: modelName,
      'idempotency-key': {
        in: 'header',
        description: 'the caller’s own name of the submission; another submission under the same name is refused',
        schema: { type: 'string', maxLength: 256 },
      },
    },
    body: 'Submission',
    successes: {
      200: { description: 'the job was there already', schema: 'Job' },
      202: { description: 'the job was taken', schema: 'Job' },
    },
    errors: [404, 409, 429, 503],
    handle: async ({ parameters, body }, served) => {
      const model = findModel(served, parameters.name);
      const request = readSubmission(body as SubmissionBody, model);
      try {
        const { job, isNew } = await served.desk.submit(request, parameters['idempotency-key']);
        const headers = { location: `/v1/jobs/${job.id}` };
        return { status: isNew ? 202 : 200, json: describeJob(job, served.desk), headers };
      } catch (error) {
        const answer = answerError(error);
        if (answer.status !== 429) throw error;
        return { ...answer, headers: { 'retry-after': String(served.desk.retryAfterSeconds()) } };
      }
    },
  },
  {
    method: 'get',
    path: '/v1/jobs',
    name: 'listJobs',
    summary: 'List jobs, the newest first.',
    parameters: {
      state: { in: 'query', description: 'only jobs in this state', schema: jobState },
      model: { in: 'query', description: 'only jobs of this model', schema: { type: 'string' } },
      before: { in: 'query', description: 'only jobs submitted before this one', schema: { type: 'string' } },
      limit: {
        in: 'query',
        description: `at most so many; ${DEFAULT_LIMIT} where left out`,
        schema: { type: 'integer', minimum: 1, maximum: 1000 },
      },
    },
    successes: { 200: { description: 'the jobs', schema: 'Jobs' } },
    errors: [400],
    handle: async ({ parameters: { state, model, before, limit } }, { book, desk }) => {
      const query = { state: state as JobState | undefined, model, before, limit: Number(limit ?? DEFAULT_LIMIT) };
      return { status: 200, json: { jobs: book.list(query).map((job) => describeJob(job, desk)) } };
    },
  },
  {
    method: 'get',
    path: '/v1/jobs/{id}',
    name: 'getJob',
    summary: 'Say how far a job is.',
    parameters: { id: jobId },
    successes: { 200: { description: 'the job', schema: 'Job' } },
    errors: [404],
    handle: async ({ parameters }, served) => {
      return { status: 200, json: describeJob(findJob(served, parameters.id), served.desk) };
    },
  },
  {
    method: 'delete',
    path: '/v1/jobs/{id}',
    name: 'cancelJob',
    summary: 'Stop a job that waits or runs.',
    parameters: { id: jobId },
    successes: { 200: { description: 'the cancelled job', schema: 'Job' } },
    errors: [404, 409],
    handle: async ({ parameters }, served) => {
      const job = findJob(served, parameters.id);
      return { status: 200, json: describeJob(await served.desk.cancel(job), served.desk) };
    },
  },
  {
    method: 'get',
    path: '/v1/jobs/{id}/events',
    name: 'watchJob',
    summary:
      'Stream a job as it is now, at every change and with every step of its proof, to its end, as server-sent events named job.',
    parameters: { id: jobId },
    successes: { 200: { description: 'events; the data of each is a Job', contentType: 'text/event-stream' } },
    errors: [404],
    handle: async ({ parameters }, served) => {
      const { id } = findJob(served, parameters.id);
      return { status: 200, stream: (response) => streamJob(id, served, response) };
    },
  },
  {
    method: 'get',
    path: '/v1/jobs/{id}/proof',
    name: 'getProof',
    summary: 'Get the proof of a job that is done, as `zkinfer prove` writes it.',
    parameters: { id: jobId },
    successes: { 200: { description: 'the proof', schema: 'Proof' } },
    errors: [404, 409],
    handle: async ({ parameters }, served) => {
      const { id, state } = findJob(served, parameters.id);
      const proof = state === 'done' ? await served.store.readProof(id) : null;
      if (proof === null) throw usageProblem('JOB_NOT_DONE', `the job is ${state}: there is no proof`);
      return { status: 200, text: proof };
    },
  },
];
