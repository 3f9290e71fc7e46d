import { createReadStream } from 'node:fs';
import { stat } from 'node:fs/promises';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { extname, join, normalize, sep } from 'node:path';

const TYPES: Readonly<Record<string, string>> = {
  '.css': 'text/css; charset=utf-8',
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.json': 'application/json',
  '.svg': 'image/svg+xml',
};

export interface Site {
  /** Files of a folder, by the path that they are served under; `/` is the page itself. */
  readonly folders: Readonly<Record<string, string>>;
  /** Documents made by the program, by path. */
  readonly documents: Readonly<Record<string, unknown>>;
  /** The Content-Security-Policy of every answer. */
  readonly policy: string;
}

/** What the page needs and nothing else: WebAssembly, its own files, its own worker, and the chain. */
export function writePolicy(chainUrl: string): string {
  return [
    "default-src 'none'",
    "script-src 'self' 'wasm-unsafe-eval'",
    "worker-src 'self'",
    "style-src 'self'",
    "img-src 'self'",
    `connect-src 'self' ${chainUrl}`,
    "base-uri 'none'",
    "form-action 'none'",
    "frame-ancestors 'none'",
  ].join('; ');
}

/** The file that a path stands for; null where it leads out of the folder or to no file. */
async function findFile(folders: Site['folders'], path: string): Promise<{ file: string; size: number } | null> {
  const prefix = Object.keys(folders)
    .sort((a, b) => b.length - a.length)
    .find((one) => path.startsWith(one));
  if (prefix === undefined) return null;
  const inner = normalize(`/${path.slice(prefix.length) || 'index.html'}`);
  if (inner.split(sep).includes('..')) return null;
  const file = join(folders[prefix], inner);
  const found = await stat(file).catch(() => null);
  return found?.isFile() ? { file, size: found.size } : null;
}

/** Serves a site on the loopback interface. @param port 0 takes a free one */
export async function serveSite(site: Site, port: number): Promise<{ readonly url: string; readonly server: Server }> {
  const server = createServer(async (request, response) => {
    response.setHeader('content-security-policy', site.policy);
    response.setHeader('x-content-type-options', 'nosniff');
    response.setHeader('cache-control', 'no-cache');
    try {
      const path = decodeURIComponent(new URL(request.url ?? '/', 'http://localhost').pathname);
      if (request.method !== 'GET' && request.method !== 'HEAD') {
        response.writeHead(405).end();
      } else if (Object.hasOwn(site.documents, path)) {
        response.writeHead(200, { 'content-type': TYPES['.json'] }).end(JSON.stringify(site.documents[path]));
      } else {
        const found = await findFile(site.folders, path);
        if (!found) return response.writeHead(404).end();
        const type = TYPES[extname(found.file)] ?? 'application/octet-stream';
        response.writeHead(200, { 'content-type': type, 'content-length': found.size });
        if (request.method === 'HEAD') response.end();
        else createReadStream(found.file).pipe(response);
      }
    } catch {
      response.writeHead(400).end();
    }
  });
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, '127.0.0.1', resolve);
  });
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/`, server };
}
