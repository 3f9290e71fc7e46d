import { PROOF_PHASES } from '../../groth16/progress.js';
import { JOB_STATES } from '../job.js';
import { ROW_FORMATS } from '../submission.js';
import type { Schema } from './json-schema.js';

const text: Schema = { type: 'string' };
const texts: Schema = { type: 'array', items: text };
const numbers: Schema = { type: 'array', items: { type: 'number' } };
const count: Schema = { type: 'integer', minimum: 0 };
const time: Schema = {
  type: 'string',
  format: 'date-time',
  pattern: '^\\d{4}-\\d\\d-\\d\\dT\\d\\d:\\d\\d:\\d\\d\\.\\d{3}Z$',
};
const digest: Schema = { type: 'string', pattern: '^sha256:[0-9a-f]{64}$' };
const label: Schema = { oneOf: [{ type: 'string' }, { type: 'number' }] };
const hex = (bytes: number): Schema => ({ type: 'string', pattern: `^0x[0-9a-fA-F]{${2 * bytes}}$` });
const ref = (name: string): Schema => ({ $ref: `#/components/schemas/${name}` });

/** An object with these keys, all of them there but for the optional ones, and no others. */
function object(properties: Readonly<Record<string, Schema>>, optional: readonly string[] = []): Schema {
  const required = Object.keys(properties).filter((key) => !optional.includes(key));
  return { type: 'object', properties, required, additionalProperties: false };
}

const binding = {
  chainId: { type: 'string', pattern: '^(0|[1-9][0-9]{0,18})$', description: 'chain; 0 where left out' },
  contract: { ...hex(20), description: 'verifying contract; zero where left out' },
  modelId: { ...hex(32), description: 'model in the registry' },
  agent: { ...hex(20), description: 'whom the proof is for; zero where left out' },
  nonce: { ...hex(32), description: 'makes the inference unique for its agent; zero where left out' },
} satisfies Record<string, Schema>;

const statedOutput = object(
  { integers: numbers, real: numbers, label, cut: { ...text, description: 'function that is left to the reader' } },
  ['label', 'cut'],
);

const saturated: Schema = {
  type: 'array',
  items: object({ input: text, elements: count, largest: { type: 'number' } }),
  description: 'inputs outside the calibrated range: the proof speaks of the nearest input inside',
};

const digests = object({ model: digest, qmodel: digest, r1cs: digest, verificationKey: digest });

export const jobId: Schema = { type: 'string', pattern: '^[0-9a-f]{64}$' };
export const jobState: Schema = { type: 'string', enum: JOB_STATES };

/** Every form that the API takes and gives, by name. */
export const schemas = {
  Error: object({ error: object({ code: text, message: text, facts: texts, hint: text }, ['hint']) }),
  Submission: object(
    {
      input: { description: 'one row: an object by input name, or the bare array of a model with one input' },
      row: {
        ...object({ format: { type: 'string', enum: ROW_FORMATS }, data: text }),
        description: 'one row as a file: text, or base64 for npy and npz; in place of input',
      },
      context: {
        type: 'string',
        maxLength: 80,
        description: 'field element to bind the proof to, decimal or 0x; 0 where left out',
      },
      binding: {
        ...object(binding, Object.keys(binding)),
        description: 'who the proof is for, and where it counts; in place of context',
      },
      salt: { type: 'string', pattern: '^(0|[1-9][0-9]{0,75})$', description: 'of a committed input; a secret' },
      strict: { type: 'boolean', description: 'fail for an input outside the calibrated range' },
    },
    ['input', 'row', 'context', 'binding', 'salt', 'strict'],
  ),
  JobOptions: object({ context: text, binding: object(binding), strict: { type: 'boolean' } }, ['context', 'binding']),
  Progress: object({
    phase: {
      type: 'string',
      enum: PROOF_PHASES,
      description: 'what is being done; `proof` where a backend says no more',
    },
    fraction: {
      type: 'number',
      minimum: 0,
      maximum: 1,
      description: 'share of the work that is done; it falls only where a proof is begun again',
    },
  }),
  Job: object(
    {
      id: jobId,
      model: text,
      state: jobState,
      position: { ...count, description: 'jobs before this one, while it waits here' },
      progress: { ...ref('Progress'), description: 'how far its proof is, while it runs' },
      attempts: { ...count, description: 'how often a prover began it' },
      submittedAt: time,
      startedAt: time,
      finishedAt: time,
      ms: { ...count, description: 'milliseconds of witness and proof' },
      options: ref('JobOptions'),
      saturated,
      error: object({ code: text, message: text, facts: texts, hint: text }, ['hint']),
    },
    ['position', 'progress', 'startedAt', 'finishedAt', 'ms', 'saturated', 'error'],
  ),
  Jobs: object({ jobs: { type: 'array', items: ref('Job') } }),
  Model: object({
    name: text,
    key: { ...jobId, description: 'digest of integer model, constraints and keys' },
    modelId: { ...hex(32), description: 'digest of the ONNX file, as bindings off chain name the model' },
    profile: { type: 'string', enum: ['dev', 'production'] },
    statement: object({
      form: { type: 'string', enum: ['packed', 'bound'] },
      visibility: { type: 'string', enum: ['public', 'private', 'committed'] },
      publicSignals: texts,
    }),
    inputs: {
      type: 'array',
      items: object({
        name: text,
        shape: { type: 'array', items: count },
        dtype: { ...text, description: 'of the codes that are proved; rows hold real numbers' },
        range: {
          ...object({ min: numbers, max: numbers }),
          description: 'real values that the codes reach: one range, or one an element',
        },
      }),
    },
    outputs: {
      type: 'array',
      items: object(
        {
          name: text,
          shape: { type: 'array', items: count },
          dtype: text,
          labels: { type: 'array', items: label },
          cut: text,
        },
        ['labels', 'cut'],
      ),
    },
    constraints: count,
    digests,
  }),
  Models: object({ models: { type: 'array', items: ref('Model') } }),
  Proof: object({
    format: { type: 'string', enum: ['zkinfer-proof/1'] },
    profile: { type: 'string', enum: ['dev', 'production'] },
    proof: { type: 'object' },
    publicSignals: texts,
    statement: object({ input: text, output: text }),
    outputs: { type: 'object', additionalProperties: statedOutput },
    digests,
    context: object({ value: text, binding: object(binding) }, ['binding']),
  }),
  Verification: object(
    {
      proof: { description: 'a proof file' },
      context: {
        type: 'string',
        pattern: '^(0|[1-9][0-9]{0,77}|0x[0-9a-fA-F]{1,64})$',
        description: 'refuse a proof with another context',
      },
      binding: { ...object(binding, Object.keys(binding)), description: 'refuse a proof for anything else' },
    },
    ['context', 'binding'],
  ),
  Verdict: object(
    {
      valid: { type: 'boolean' },
      reason: text,
      profile: { type: 'string', enum: ['dev', 'production'] },
      outputs: { type: 'object', additionalProperties: statedOutput },
      inputs: { type: 'object', additionalProperties: statedOutput },
      context: text,
    },
    ['profile', 'outputs', 'inputs', 'context'],
  ),
  Health: object({ status: { type: 'string', enum: ['ok', 'ready', 'unready'] }, reason: text }, ['reason']),
} as const satisfies Record<string, Schema>;

export type SchemaName = keyof typeof schemas;
