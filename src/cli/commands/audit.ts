import { writeFileAtomic } from '../../bundle/atomic.js';
import { EXIT } from '../../core/error.js';
import type { CommandSpec } from '../command.js';
import { readVersion } from '../version.js';

export const auditCommand: CommandSpec = {
  name: 'audit',
  summary: 'Prove that a circuit has one output for each input, or name what could not be proved',
  examples: ['zkinfer audit artifacts/mnist', 'zkinfer audit circuit.r1cs --sarif audit.sarif'],
  configure: (command) =>
    command
      .argument('<circuit>', 'bundle folder, or any .r1cs file')
      .option('--sarif <file>', 'also write the findings as SARIF 2.1.0'),
  run: async ([given], options, reporter) => {
    const path = given as string;
    const [{ auditBundle, auditR1csFile }, { formatReport }, { toSarif }] = await Promise.all([
      import('../../pipeline/audit-bundle.js'),
      import('../../audit/format-report.js'),
      import('../../audit/sarif.js'),
    ]);
    const progress = { onProgress: (phase: string) => reporter.step(`audit: ${phase}`) };
    const isFile = path.endsWith('.r1cs');
    const report = await (isFile ? auditR1csFile(path, progress) : auditBundle(path, progress));
    if (options.sarif !== undefined) {
      const log = toSarif(report, { artifact: isFile ? path : `${path}/circuit.r1cs`, version: readVersion() });
      await writeFileAtomic(options.sarif as string, `${JSON.stringify(log, null, 2)}\n`);
    }
    return {
      text: [formatReport(report).trimEnd()],
      json: { ...report },
      exitCode: report.proved ? EXIT.ok : EXIT.checkFailed,
    };
  },
};
