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

/** Refuses the node being imported. @param hint what is supported instead, or how to export differently */
export function refuse(reason: string, hint?: string): never {
  throw new ImportProblem(reason, hint);
}
