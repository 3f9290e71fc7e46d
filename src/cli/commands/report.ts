import { join } from 'node:path';
import { writeFileAtomic } from '../../bundle/atomic.js';
import type { CommandSpec } from '../command.js';
import { formatBytes } from '../format.js';

export const reportCommand: CommandSpec = {
  name: 'report',
  summary: 'Draw the model card of a bundle: one HTML page that loads nothing',
  examples: [
    'zkinfer report artifacts/mnist',
    'zkinfer report artifacts/mnist -o mnist.html',
    'zkinfer report artifacts/mnist --json',
  ],
  configure: (command) =>
    command
      .argument('<bundle>', 'bundle folder')
      .option('-o, --out <file>', 'page to write; report.html in the bundle where left out')
      .option('--no-gas', 'leave the gas out, which is measured on a chain in this process'),
  run: async ([dir], options, reporter) => {
    const { reportBundle } = await import('../../pipeline/report-bundle.js');
    const { facts, page } = await reportBundle({
      dir: dir as string,
      gas: options.gas as boolean,
      onProgress: (stage) => reporter.step(stage),
    });
    const out = (options.out as string | undefined) ?? join(dir as string, 'report.html');
    await writeFileAtomic(out, page);
    return { text: [`written: ${out} (${formatBytes(Buffer.byteLength(page))})`], json: { report: out, ...facts } };
  },
};
