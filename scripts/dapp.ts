/**
 * Everything of the example page with one command: `npm run dapp`, `npm run dapp -- --port 5173`. Ctrl-C ends it all.
 */
import { parseArgs } from 'node:util';
import { startDapp } from '../examples/dapp/server/start.js';

const { values } = parseArgs({ options: { port: { type: 'string', default: '5173' } } });
const port = Number(values.port);
if (!Number.isInteger(port) || port < 0 || port > 65_535) {
  console.error(`--port ${values.port} is no port; 0 takes a free one`);
  process.exit(2);
}

const stopped = new Promise<void>((resolve) => {
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => resolve());
});
const started = startDapp({ port, onStep: (step) => console.log(step) }).catch((cause: NodeJS.ErrnoException) => {
  if (cause.code !== 'EADDRINUSE') throw cause;
  console.error(`port ${port} is taken; choose another one: npm run dapp -- --port 8080`);
  process.exit(1);
});
const dapp = await Promise.race([started, stopped.then(() => null)]);
if (dapp) {
  console.log(`\nopen ${dapp.url}\nCtrl-C ends it`);
  await stopped;
}
await (dapp ?? (await started)).close();
console.log('stopped');
