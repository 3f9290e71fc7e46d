import { readFile } from 'node:fs/promises';

interface RowsFile {
  readonly inputs: { readonly image: { readonly rows: readonly (readonly number[])[] } };
  readonly labels: readonly number[];
}

/** The first picture of each digit among the test rows of the sample, 784 grey values each, by digit. */
export async function readSampleDigits(rowsPath: string): Promise<number[][]> {
  const { inputs, labels } = JSON.parse(await readFile(rowsPath, 'utf8')) as RowsFile;
  return Array.from({ length: 10 }, (_, digit) => [...inputs.image.rows[labels.indexOf(digit)]]);
}
