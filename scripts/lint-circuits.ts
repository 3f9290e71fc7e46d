/**
 * Lints the circom templates: `npm run lint:circuits`. The bundled compiler's `--inspect`, over circuits that use every template,
 * and circomspect may remark only on what the text explains in place. Exits with 1 otherwise.
 */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { inspectCircom } from '../src/circom/compile.js';
import { runCircomspect } from './lint/circomspect.js';
import { findUnexplained, type Remark } from './lint/explained.js';
import { listInstances } from './lint/instances.js';
import { listTemplates, readTemplates } from './lint/templates.js';

const includeDir = join(import.meta.dirname, '../circuits');
const scratch = await mkdtemp(join(tmpdir(), 'zkinfer-lint-'));
const problems: string[] = [];
try {
  const texts = await readTemplates(includeDir);
  const instances = listInstances();
  const used = instances.map(({ text }) => text).join('\n');
  for (const template of listTemplates(texts))
    if (!new RegExp(`\\b${template}\\(`).test(used))
      problems.push(`template ${template} is in no circuit that is linted`);
  const remarks: Remark[] = [];
  for (const { name, text } of instances) {
    for (const warning of await inspectCircom(text, { includeDir, outDir: scratch, name })) {
      const place = /^warning\[(\w+)\] \/circuits\/([^:]+):(\d+): (.*)$/.exec(warning);
      if (!place) problems.push(`circom --inspect, ${name}: ${warning}`);
      else
        remarks.push({ rule: place[1], file: join(includeDir, place[2]), line: Number(place[3]), message: place[4] });
    }
  }
  console.log(`circom --inspect: ${instances.length} circuits, ${remarks.length} remarks on templates`);

  const more = await runCircomspect(includeDir, [...texts.keys()], scratch);
  console.log(`circomspect: ${more.length} remarks on ${texts.size} files`);
  const { unexplained, stale } = findUnexplained([...remarks, ...more], texts);
  problems.push(...unexplained.map(({ rule, file, line, message }) => `${rule} ${file}:${line}: ${message}`));
  problems.push(...stale.map((place) => `nothing to explain any more: ${place}`));
} finally {
  await rm(scratch, { recursive: true, force: true });
}
for (const problem of problems) console.error(problem);
process.exitCode = problems.length > 0 ? 1 : 0;
