import { createRequire } from 'node:module';
import { pathToFileURL } from 'node:url';

/**
 * Where a worker thread starts: the compiled file beside its caller or, when the caller itself runs from source, a
 * one-line module that registers the TypeScript loader (which threads do not inherit) before it imports the source.
 * @param caller the caller's `import.meta.url`
 * @param name file name without its extension
 */
export function locateWorker(caller: string, name: string): URL {
  if (!caller.endsWith('.ts')) return new URL(`./${name}.js`, caller);
  const loader = new URL('./dist/esm/api/index.mjs', pathToFileURL(createRequire(caller).resolve('tsx/package.json')));
  const source = new URL(`./${name}.ts`, caller);
  const code = `import { register } from ${JSON.stringify(loader.href)}; register(); await import(${JSON.stringify(source.href)});`;
  return new URL(`data:text/javascript,${encodeURIComponent(code)}`);
}
