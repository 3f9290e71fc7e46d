import { Worker as Thread } from 'node:worker_threads';

/** Makes a thread look like the worker of a page to the module at `data`. */
const BOOTSTRAP = `
  const { parentPort, workerData } = require('node:worker_threads');
  globalThis.postMessage = (message) => parentPort.postMessage(message);
  import(workerData).then(() => parentPort.on('message', (data) => globalThis.onmessage({ data })));
`;

/** The part of a page's Worker that the library uses, on a thread of Node.js. */
class ThreadWorker {
  onmessage: ((event: { data: unknown }) => void) | null = null;
  onerror: ((event: { message: string; preventDefault(): void }) => void) | null = null;
  private readonly thread: Thread;

  constructor(url: URL) {
    this.thread = new Thread(BOOTSTRAP, { eval: true, workerData: url.href, execArgv: [] });
    this.thread.on('message', (data) => this.onmessage?.({ data }));
    this.thread.on('error', ({ message }) => this.onerror?.({ message, preventDefault: () => {} }));
  }

  postMessage(message: unknown): void {
    this.thread.postMessage(message);
  }

  terminate(): void {
    void this.thread.terminate();
  }
}

/** Gives Node.js what the library expects of a page at an address. @returns takes it away again */
export function becomePage(baseURI: string): () => void {
  const page = { document: { baseURI }, Worker: ThreadWorker };
  Object.assign(globalThis, page);
  return () => {
    for (const name of Object.keys(page)) delete (globalThis as Record<string, unknown>)[name];
  };
}
