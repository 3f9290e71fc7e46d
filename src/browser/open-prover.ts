import type { Manifest } from '../bundle/manifest.js';
import type { Digest } from '../core/digest.js';
import { ZkinferError } from '../core/error.js';
import type { RunOptions } from '../pipeline/prove-input.js';
import type { BindingOptions } from '../pipeline/run-binding.js';
import type { Expectations, InferenceVerdict } from '../verify/verify-inference.js';
import type { Calls, Inference, InputRow, Progress, ProvedRun } from './messages.js';
import { connectWorker, type WorkerCalls } from './worker-calls.js';

/** How to follow a long call, and how to end it. */
export interface CallOptions {
  readonly onProgress?: (progress: Progress) => void;
  /** Aborting ends the worker at once; the next call starts another one, from the cache. */
  readonly signal?: AbortSignal;
}

export interface OpenOptions extends CallOptions {
  /** `sha256:…` of the manifest file: the page then takes this bundle and no other. */
  readonly digest?: string;
  /** Makes the worker; by default the file beside this one, which bundlers find. */
  readonly createWorker?: () => Worker;
}

/** A bundle in a page. Everything is computed in one worker, so that the page stays responsive. */
export interface PageProver {
  readonly manifest: Manifest;
  /** Of the manifest file: what a page may pin. */
  readonly digest: Digest;
  /** Runs the integer model: milliseconds, and no key is needed. @throws ZkinferError `INPUT_SHAPE` */
  readonly infer: (row: InputRow) => Promise<Inference>;
  /** Fetches the proving key and loads it, ahead of the first proof. */
  readonly prepare: (options?: CallOptions) => Promise<void>;
  /**
   * Proves one run; the proof was verified when it comes.
   * @throws ZkinferError `INPUT_SHAPE`, `INPUT_OUT_OF_RANGE`, `CONTEXT_INVALID`, `SALT_MISSING`, `BROWSER_ABORTED`, those of fetching
   */
  readonly prove: (row: InputRow, options?: RunOptions & BindingOptions & CallOptions) => Promise<ProvedRun>;
  /** Verifies a proof file against this bundle. Total: whatever `document` is, it answers. */
  readonly verify: (document: unknown, expected?: Expectations) => Promise<InferenceVerdict>;
  /** Ends the worker and frees its memory. */
  readonly close: () => void;
}

type Opened = Calls['open']['value'];

function aborted(): ZkinferError {
  return new ZkinferError({
    code: 'BROWSER_ABORTED',
    kind: 'resource',
    message: 'the call was ended',
    hint: 'call again: the worker starts anew, and what was fetched is in the cache',
  });
}

function startWorker(): Worker {
  return new Worker(new URL('./worker.js', import.meta.url), { type: 'module', name: 'zkinfer' });
}

/**
 * Opens the bundle at an address: fetches manifest, integer model and verification key (some 100 kB), holds them to their
 * digests, and keeps them in the browser's cache. The proving key comes with `prepare` or the first proof.
 *
 * @param url of the folder that `zkinfer build` made, absolute or relative to the page
 * @throws ZkinferError `BROWSER_FETCH_FAILED`, `ARTIFACT_MISMATCH`, `MANIFEST_INVALID`, `BROWSER_INSECURE_PAGE`,
 * `BROWSER_WORKER_FAILED`, `BROWSER_WASM_FORBIDDEN`, `BROWSER_ABORTED`
 *
 * @example
 * const prover = await openProver('/bundles/digits/');
 * const { outputs } = await prover.infer({ image: pixels });
 * const { proof } = await prover.prove({ image: pixels }, { onProgress: ({ stage }) => show(stage) });
 */
export async function openProver(url: string, options: OpenOptions = {}): Promise<PageProver> {
  const address = new URL(url, document.baseURI).href;
  const { createWorker = startWorker } = options;
  let pin = options.digest;
  let current: { readonly calls: WorkerCalls; readonly opened: Promise<Opened> } | undefined;
  let closed = false;

  function start(onProgress?: (progress: Progress) => void) {
    const calls = connectWorker(createWorker(), () => {
      current = undefined;
    });
    const opened = calls.call('open', { url: address, digest: pin }, onProgress);
    // A worker that could not open is of no use: the next call starts another one.
    opened.catch((cause: ZkinferError) => calls.end(cause));
    current = { calls, opened };
    return current;
  }

  /** Asks the worker that runs, or a new one; the signal ends it. */
  async function ask<T>(
    signal: AbortSignal | undefined,
    question: (calls: WorkerCalls, bundle: Opened) => Promise<T>,
    onOpenProgress?: (progress: Progress) => void,
  ): Promise<T> {
    if (closed || signal?.aborted) throw aborted();
    const { calls, opened } = current ?? start(onOpenProgress);
    const stop = () => calls.end(aborted());
    signal?.addEventListener('abort', stop);
    try {
      // A worker that starts anew takes the bundle that the first one took, whatever is served by then.
      const bundle = await opened;
      pin = bundle.digest;
      return await question(calls, bundle);
    } finally {
      signal?.removeEventListener('abort', stop);
    }
  }

  const { manifest, digest } = await ask(options.signal, async (_, bundle) => bundle, options.onProgress);
  return {
    manifest,
    digest,
    infer: (row) => ask(undefined, ({ call }) => call('infer', { row })),
    prepare: async ({ onProgress, signal } = {}) => {
      await ask(signal, ({ call }) => call('prepare', {}, onProgress));
    },
    prove: (row, { onProgress, signal, ...given } = {}) =>
      ask(signal, ({ call }) => call('prove', { row, options: given }, onProgress)),
    verify: (proof, expected = {}) => ask(undefined, ({ call }) => call('verify', { document: proof, expected })),
    close: () => {
      closed = true;
      current?.calls.end(aborted());
    },
  };
}
