/** The worker of a page: opens one bundle and answers calls about it. */
import { ZkinferError } from '../core/error.js';
import { openArtifactCache } from './artifact-cache.js';
import { openRemoteBundle } from './fetch-artifacts.js';
import type { Progress, Reply, Request } from './messages.js';
import { openSession, type Session } from './session.js';

/** The part of a dedicated worker's global scope that is used here. */
const scope = globalThis as unknown as {
  postMessage(reply: Reply): void;
  onmessage: ((event: { readonly data: Request }) => void) | null;
};

let session: Promise<Session> | undefined;

async function answer(request: Request, onProgress: (progress: Progress) => void): Promise<unknown> {
  if (request.call === 'open') {
    const { url, digest } = request;
    const remote = openRemoteBundle(url, openArtifactCache(), { pin: digest, onProgress });
    session = remote.then(openSession);
    await session;
    const { manifest, digest: found } = await remote;
    return { manifest, digest: found };
  }
  if (!session) throw new Error('the first call opens a bundle');
  const { infer, prepare, prove, verify } = await session;
  switch (request.call) {
    case 'infer':
      return infer(request.row);
    case 'prepare':
      await prepare(onProgress);
      return null;
    case 'prove':
      return prove(request.row, request.options, onProgress);
    case 'verify':
      return verify(request.document, request.expected);
  }
}

/** An error as a message carries it. */
function describeError(cause: unknown): Extract<Reply, { kind: 'failed' }>['error'] {
  if (cause instanceof ZkinferError) {
    const { code, kind, message, facts, hint } = cause;
    return { code, kind, message, facts, hint };
  }
  const message = cause instanceof Error ? cause.message : String(cause);
  if (cause instanceof WebAssembly.CompileError && /unsafe-eval|Content Security Policy/.test(message)) {
    return {
      code: 'BROWSER_WASM_FORBIDDEN',
      kind: 'policy',
      message: 'the policy of the page forbids WebAssembly',
      facts: [message],
      hint: "allow 'wasm-unsafe-eval' in script-src of the Content-Security-Policy; 'unsafe-eval' is not needed",
    };
  }
  return { code: 'BROWSER_INTERNAL', kind: 'internal', message: 'the worker failed', facts: [message] };
}

scope.onmessage = ({ data: request }) => {
  const { id } = request;
  answer(request, (progress) => scope.postMessage({ id, kind: 'progress', progress })).then(
    (value) => scope.postMessage({ id, kind: 'done', value }),
    (cause) => scope.postMessage({ id, kind: 'failed', error: describeError(cause) }),
  );
};
