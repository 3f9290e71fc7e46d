import type { Manifest } from '../bundle/manifest.js';
import { readManifest } from '../bundle/manifest-file.js';
import { bundlePaths } from '../bundle/paths.js';
import { readQModel } from '../bundle/qmodel-file.js';
import { ZkinferError } from '../core/error.js';
import { readTensors, toReal } from '../core/statement.js';
import { encodeRow } from '../quantize/search.js';
import { readRows } from '../rows/read-rows.js';
import type { Row } from '../rows/rows.js';
import { describeInput } from './prove-input.js';

/**
 * The bytes that stand for one row of real values in a bundle's statement: what a requester puts on a chain.
 *
 * @param rowPath a file with one row, in any layout
 * @param salt of the commitment, where the input is committed to
 * @throws ZkinferError of the file and of the bundle; `ROWS_MANY`, `SALT_MISSING`
 */
export async function encodeStatementInput(bundleDir: string, rowPath: string, salt?: bigint): Promise<Uint8Array> {
  const manifest = await readManifest(bundleDir);
  const { statement } = manifest;
  const inputs = statement.inputs.map(({ name, shape }) => ({ name, shape }));
  const { rows } = await readRows(rowPath, { inputs });
  if (rows.length !== 1) {
    throw new ZkinferError({
      code: 'ROWS_MANY',
      kind: 'usage',
      message: 'one row is needed',
      facts: [rowPath, `given ${rows.length} rows`],
    });
  }
  const { graph } = await readQModel(bundlePaths(bundleDir).qmodel);
  return describeInput(manifest, encodeRow(graph, rows[0]), salt);
}

/**
 * The row of real values whose codes are these bytes: what an agent infers.
 *
 * @throws ZkinferError `INPUT_HIDDEN` where the statement does not show the input
 * @throws RangeError for another length
 */
export function decodeStatementInput({ statement }: Pick<Manifest, 'statement'>, bytes: Uint8Array): Row {
  if (statement.visibility !== 'public') {
    throw new ZkinferError({
      code: 'INPUT_HIDDEN',
      kind: 'usage',
      message: `the input is ${statement.visibility}: its bytes are not in the statement`,
      hint: 'whoever knows the input has to hand it over',
    });
  }
  const tensors = readTensors(statement.inputs, bytes);
  const row = Object.create(null) as Row;
  for (const layout of statement.inputs) row[layout.name] = toReal(layout, tensors[layout.name]);
  return row;
}
