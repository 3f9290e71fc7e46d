import { closeSync, constants, fstatSync, lstatSync, openSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { ZkinferError } from '../core/error.js';

/** Largest external data file that is read, in bytes. */
const CAP_BYTES = 4 * 2 ** 30;

function refuse(code: string, location: string, problem: string, hint: string, cause?: unknown): ZkinferError {
  return new ZkinferError({
    code,
    kind: 'usage',
    message: `external data ${JSON.stringify(location)} ${problem}`,
    hint,
    cause,
  });
}

function linkError(location: string): ZkinferError {
  const hint = 'copy the data file itself to where the model says';
  return refuse('ONNX_EXTERNAL_LINK', location, 'is reached through a link', hint);
}

/** Refuses a location whose folders below the model's are links: they may lead anywhere. */
function checkFolders(folder: string, location: string): void {
  const steps = location.split('/').slice(0, -1);
  for (let depth = 1; depth <= steps.length; depth++) {
    if (lstatSync(join(folder, ...steps.slice(0, depth))).isSymbolicLink()) throw linkError(location);
  }
}

/**
 * Reads the external data files of a model: ordinary files below the model's own folder, reached through no link of any kind. A
 * model that came from somebody else must not make other files part of itself. The reader has refused `..` and absolute
 * paths before it asks.
 * @returns a function from location to bytes, which throws ZkinferError ONNX_EXTERNAL_MISSING, ONNX_EXTERNAL_LINK
 */
export function openExternalData(modelPath: string): (location: string) => Uint8Array {
  const folder = dirname(modelPath);
  return (location) => {
    let file: number | undefined;
    try {
      checkFolders(folder, location);
      file = openSync(join(folder, location), constants.O_RDONLY | (constants.O_NOFOLLOW ?? 0));
      const { nlink, size } = fstatSync(file);
      if (nlink > 1) throw linkError(location);
      if (!fstatSync(file).isFile() || size > CAP_BYTES) {
        const hint = 'external data lies in an ordinary file beside the model';
        throw refuse('ONNX_EXTERNAL_MISSING', location, 'is no ordinary file, or too large', hint);
      }
      return readFileSync(file);
    } catch (cause) {
      if (cause instanceof ZkinferError) throw cause;
      const { code } = cause as NodeJS.ErrnoException;
      if (code === 'ELOOP') throw linkError(location);
      const hint = 'keep the data file beside the model, under the name the model gives';
      throw refuse('ONNX_EXTERNAL_MISSING', location, `cannot be read (${code ?? cause})`, hint, cause);
    } finally {
      if (file !== undefined) closeSync(file);
    }
  };
}
