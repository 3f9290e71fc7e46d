import { printStatement, requireStatementOfFolder } from '../bundle/check-statement.js';
import type { Manifest } from '../bundle/manifest.js';
import { readManifest } from '../bundle/manifest-file.js';
import { ZkinferError } from '../core/error.js';
import { checkModelKey } from '../verify/model-key.js';

export interface WeightsReport {
  readonly valid: boolean;
  /** Every reason against it; empty when valid. */
  readonly problems: readonly string[];
  readonly bundle: string;
  /** Digest of the commitment. */
  readonly model: string;
  readonly profile: 'dev' | 'production' | null;
  /** Independent contributions to the setup, as the manifest says; `zkinfer ceremony verify` replays them. */
  readonly contributions: number;
}

/**
 * Checks the bundle of a model with private weights from outside: that somebody knows the weights behind its verification
 * key, that the key follows from the setup's and the commitment, and, where given, that setup and circuit are this
 * architecture's. Needs no secret file.
 * @throws ZkinferError for folders that are no bundles or are damaged, WEIGHTS_NOT_COMMITTED
 */
export async function verifyWeights(dir: string, architectureDir?: string): Promise<WeightsReport> {
  const manifest = await readManifest(dir);
  const problems: string[] = [];
  if (manifest.circuit.weights !== 'private') problems.push('the weights of this bundle are constants of its circuit');
  const { valid, reason } = await checkModelKey(dir, manifest);
  if (!valid) problems.push(reason ?? 'the key does not hold');
  problems.push(...(await compareStatement(dir, manifest)));
  if (architectureDir !== undefined) problems.push(...compareSetup(manifest, await readManifest(architectureDir)));
  return {
    valid: problems.length === 0,
    problems,
    bundle: dir,
    model: manifest.source.digest,
    profile: manifest.setup?.profile ?? null,
    contributions: manifest.setup?.contributions ?? 0,
  };
}

/** The owner made the manifest, too: nobody else has said how the circuit's bytes are to be read. */
async function compareStatement(dir: string, manifest: Manifest): Promise<string[]> {
  try {
    await requireStatementOfFolder(dir, manifest);
    return [];
  } catch (error) {
    if (error instanceof ZkinferError && error.code === 'STATEMENT_DIFFERS') return [error.message];
    throw error;
  }
}

function compareSetup(model: Manifest, architecture: Manifest): string[] {
  const problems: string[] = [];
  const compare = (what: string, given: string | undefined, expected: string | undefined) => {
    if (given !== expected) problems.push(`${what} is not the architecture's: ${given}, expected ${expected}`);
  };
  compare('the circuit', model.artifacts.r1cs, architecture.artifacts.r1cs);
  compare('the key of the setup', model.artifacts.architectureKey, architecture.artifacts.verificationKey);
  if (printStatement(model.statement, 'layout') !== printStatement(architecture.statement, 'layout'))
    problems.push('the model reads the bytes of inputs and outputs in another way than the architecture');
  if (JSON.stringify(model.setup) !== JSON.stringify(architecture.setup))
    problems.push('the model says something else of its setup than the architecture');
  return problems;
}
