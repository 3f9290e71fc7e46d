// Starts the worker from TypeScript: threads do not inherit the loader of the process. Not part of the built package.
import { register } from 'tsx/esm/api';

register();
export const { runJob, helpJob } = await import('./worker.ts');
