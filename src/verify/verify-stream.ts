import type { ProofSource } from './proof-sources.js';
import { PROOF_CAP_BYTES, type VerifyingBundle } from './verify-files.js';
import { type Expectations, type InferenceVerdict, verifyInferences } from './verify-inference.js';

/** The verdict on one of many proofs. */
export interface NamedVerdict extends Omit<ProofSource, 'text'> {
  readonly verdict: InferenceVerdict;
}

/** Proofs whose pairings are checked together. */
const BATCH = 128;

function parse(text: string | null): { readonly document: unknown } | { readonly reason: string } {
  if (text === null) return { reason: `the proof file is over the cap of ${PROOF_CAP_BYTES} bytes` };
  try {
    return { document: JSON.parse(text) as unknown };
  } catch {
    return { reason: 'the proof file is not JSON' };
  }
}

async function verifyBatch(
  batch: readonly ProofSource[],
  bundle: VerifyingBundle,
  expected: Expectations,
): Promise<NamedVerdict[]> {
  const parsed = batch.map(({ text }) => parse(text));
  const documents = parsed.flatMap((one) => ('document' in one ? [one.document] : []));
  const verdicts = await verifyInferences(documents, bundle.manifest, bundle.verificationKey, expected);
  let next = 0;
  return batch.map(({ text: _text, ...source }, i) => {
    const one = parsed[i];
    return { ...source, verdict: 'document' in one ? verdicts[next++] : { valid: false, reason: one.reason } };
  });
}

/** Verifies proofs as they come, in bounded memory; verdicts come in the same order. */
export async function* verifyProofs(
  sources: AsyncIterable<ProofSource>,
  bundle: VerifyingBundle,
  expected: Expectations = {},
): AsyncGenerator<NamedVerdict> {
  let batch: ProofSource[] = [];
  for await (const source of sources) {
    batch.push(source);
    if (batch.length < BATCH) continue;
    yield* await verifyBatch(batch, bundle, expected);
    batch = [];
  }
  yield* await verifyBatch(batch, bundle, expected);
}
