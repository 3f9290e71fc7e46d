import { writeFileAtomic } from '../../bundle/atomic.js';
import { EXIT } from '../../core/error.js';
import type { R1csAudit } from '../../pipeline/audit-r1cs-file.js';
import type { CommandSpec } from '../command.js';
import { printable } from '../format.js';
import { collectNames } from '../options.js';
import { usage } from '../usage.js';
import { readVersion } from '../version.js';

interface AuditFileOptions {
  readonly sym?: string;
  readonly witness?: readonly string[];
  readonly forged?: string;
}

type Forgery = NonNullable<R1csAudit['forgery']>;
type NameOf = R1csAudit['nameOf'];

/** Changes that the text shows. */
const MOST_SHOWN = 12;

function listForgery({ changesOutput, changed, beside }: Forgery, nameOf: NameOf) {
  const changes = changed.map(({ wire, honest, forged }) => ({
    wire,
    signal: nameOf(wire),
    honest: `${honest}`,
    forged: `${forged}`,
  }));
  return { beside, changesOutput, changed: changes };
}

function describeForgery(forgery: Forgery, nameOf: NameOf): string[] {
  const { beside, changesOutput, changed } = listForgery(forgery, nameOf);
  const what = changesOutput ? 'another output' : 'other inner signals, and the same outputs';
  return [
    printable(`FORGED: every constraint holds for the inputs of ${beside} and ${what}`),
    ...changed
      .slice(0, MOST_SHOWN)
      .map(({ signal, honest, forged }) => printable(`  ${signal}: ${honest} → ${forged}`)),
    ...(changed.length > MOST_SHOWN ? [`  … and ${changed.length - MOST_SHOWN} more signals`] : []),
  ];
}

export const auditCommand: CommandSpec = {
  name: 'audit',
  summary: 'Prove that a circuit has one output for each input, or name what could not be proved',
  examples: [
    'zkinfer audit artifacts/mnist',
    'zkinfer audit circuit.r1cs --sarif audit.sarif',
    'zkinfer audit circuit.r1cs --sym circuit.sym --witness honest.wtns --forged forged.wtns',
  ],
  configure: (command) =>
    command
      .argument('<circuit>', 'bundle folder, or any .r1cs file')
      .option('--sarif <file>', 'also write the findings as SARIF 2.1.0')
      .option('--sym <file>', "circom's symbol file, for names of signals in an .r1cs file")
      .option(
        '--witness <file>',
        'an honest witness of an .r1cs file: where that is not proved, a forged one is looked for; may be repeated',
        collectNames,
      )
      .option('--forged <file>', 'where to write the forged witness'),
  run: async ([given], options, reporter) => {
    const path = given as string;
    const [{ auditBundle }, { auditR1csFile }, { formatReport }, { toSarif }] = await Promise.all([
      import('../../pipeline/audit-bundle.js'),
      import('../../pipeline/audit-r1cs-file.js'),
      import('../../audit/format-report.js'),
      import('../../audit/sarif.js'),
    ]);
    const progress = { onProgress: (phase: string) => reporter.step(`audit: ${phase}`) };
    const isFile = path.endsWith('.r1cs');
    const { sym: symPath, witness: witnessPaths, forged } = options as AuditFileOptions;
    if (!isFile && (symPath ?? witnessPaths ?? forged) !== undefined)
      throw usage('--sym, --witness and --forged go with an .r1cs file');
    const { report, forgery, nameOf } = isFile
      ? await auditR1csFile({ path, symPath, witnessPaths, ...progress })
      : { report: await auditBundle(path, progress), forgery: null, nameOf: String };
    if (forgery && forged !== undefined) {
      const { writeWtns } = await import('../../groth16/wtns-file.js');
      await writeFileAtomic(forged, writeWtns(forgery.witness));
    }
    if (options.sarif !== undefined) {
      const log = toSarif(report, { artifact: isFile ? path : `${path}/circuit.r1cs`, version: readVersion() });
      await writeFileAtomic(options.sarif as string, `${JSON.stringify(log, null, 2)}\n`);
    }
    return {
      text: [
        formatReport(report).trimEnd(),
        ...(forgery ? describeForgery(forgery, nameOf) : []),
        ...(forgery && forged !== undefined ? [`written: ${forged}`] : []),
      ],
      json: { ...report, ...(forgery && { forgery: listForgery(forgery, nameOf) }) },
      exitCode: report.proved ? EXIT.ok : EXIT.checkFailed,
    };
  },
};
