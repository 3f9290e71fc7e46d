import { execFile } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Remark } from './explained.js';

interface Sarif {
  readonly runs: readonly {
    readonly results: readonly {
      readonly ruleId: string;
      readonly message: { readonly text: string };
      readonly locations: readonly {
        readonly physicalLocation: {
          readonly artifactLocation: { readonly uri: string };
          readonly region: { readonly startLine: number };
        };
      }[];
    }[];
  }[];
}

/** Runs circomspect over files; null where it is not installed. @param scratch folder for its report */
export async function runCircomspect(
  program: string,
  files: readonly string[],
  scratch: string,
): Promise<Remark[] | null> {
  const report = join(scratch, 'circomspect.sarif');
  const ran = await new Promise<boolean>((resolve) => {
    // It exits with 1 where it has remarks.
    execFile(program, ['--level', 'warning', '--sarif-file', report, ...files], { maxBuffer: 1 << 26 }, (error) =>
      resolve((error as NodeJS.ErrnoException | null)?.code !== 'ENOENT'),
    );
  });
  if (!ran) return null;
  const { runs } = JSON.parse(await readFile(report, 'utf8')) as Sarif;
  return runs.flatMap(({ results }) =>
    results.flatMap(({ ruleId, message, locations: [place] }) => {
      const { artifactLocation, region } = place.physicalLocation;
      return [
        { rule: ruleId, file: fileURLToPath(artifactLocation.uri), line: region.startLine, message: message.text },
      ];
    }),
  );
}
