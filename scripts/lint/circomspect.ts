import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { join, relative } from 'node:path';
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

/** What circomspect remarks on files. @param folder holds all of them @param scratch folder for its report */
export async function runCircomspect(folder: string, files: readonly string[], scratch: string): Promise<Remark[]> {
  const report = join(scratch, 'circomspect.sarif');
  const program = createRequire(import.meta.url).resolve('circomspect/cli.js');
  // It sees only files under its working folder and those above it, and names them as it was given them; it exits with 1 where it has remarks.
  const said = await new Promise<string>((resolve) => {
    const args = [
      program,
      '--level',
      'warning',
      '--sarif-file',
      relative(folder, report),
      ...files.map((file) => relative(folder, file)),
    ];
    execFile(process.execPath, args, { cwd: folder, maxBuffer: 1 << 26 }, (_, stdout, stderr) =>
      resolve(stdout + stderr),
    );
  });
  if (!existsSync(report)) throw new Error(`circomspect wrote no report: ${said}`);
  const { runs } = JSON.parse(await readFile(report, 'utf8')) as Sarif;
  return runs.flatMap(({ results }) =>
    results.flatMap(({ ruleId, message, locations: [place] }) => {
      const { artifactLocation, region } = place.physicalLocation;
      return [
        {
          rule: ruleId,
          file: join(folder, artifactLocation.uri.replace('file://', '')),
          line: region.startLine,
          message: message.text,
        },
      ];
    }),
  );
}
