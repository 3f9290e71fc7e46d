import { copyFile } from 'node:fs/promises';
import { replaceFile } from '../../bundle/atomic.js';
import type { CommandSpec } from '../command.js';
import { formatBytes } from '../format.js';

export const exportVerifierCommand: CommandSpec = {
  name: 'export-verifier',
  summary: 'Write the standalone Solidity verifier of a bundle, compiled',
  examples: [
    'zkinfer export-verifier artifacts/mnist',
    'zkinfer export-verifier artifacts/mnist -o contracts/MnistVerifier.sol',
  ],
  configure: (command) =>
    command
      .argument('<bundle>', 'bundle folder with keys')
      .option('-o, --out <file>', 'also copy the Solidity source here'),
  run: async ([dir], options) => {
    const { exportVerifier } = await import('../../pipeline/export-verifier.js');
    const { contractName, profile, sourcePath, compiledPath, compiled } = await exportVerifier(dir as string);
    const out = options.out as string | undefined;
    if (out !== undefined) await replaceFile(out, (temporary) => copyFile(sourcePath, temporary));
    const source = out ?? sourcePath;
    return {
      text: [
        `${contractName}: ${formatBytes(compiled.codeSizeBytes)} of code${profile === 'dev' ? ', works on local chains only (development key)' : ''}`,
        `source:   ${source}`,
        `compiled: ${compiledPath}`,
      ],
      json: { contractName, profile, source, compiled: compiledPath, codeSizeBytes: compiled.codeSizeBytes },
    };
  },
};
