/** Why a node cannot be imported; caught by the importer, reported with the node's name. */
export class ImportProblem extends Error {
  constructor(
    readonly reason: string,
    readonly hint?: string,
  ) {
    super(reason);
    this.name = 'ImportProblem';
  }
}

/** More elements (or entries of windows) than anything that can be proved; a bound on what a file can make us allocate. */
const MAX_ENTRIES = 2 ** 27;

/** Refuses a size that would not fit, before anything is allocated. @returns the size */
export function limitSize(entries: number): number {
  if (entries <= MAX_ENTRIES) return entries;
  return refuse(`${entries} elements are too many`, 'zkinfer proves small models');
}

/** Refuses the node being imported. @param hint what is supported instead, or how to export differently */
export function refuse(reason: string, hint?: string): never {
  throw new ImportProblem(reason, hint);
}
