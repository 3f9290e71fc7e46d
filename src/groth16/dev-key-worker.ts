import { parentPort, workerData } from 'node:worker_threads';
import { type PointTask, runPointJobs } from './dev-key-points.js';

await runPointJobs(workerData as PointTask, () => parentPort?.postMessage(1));
