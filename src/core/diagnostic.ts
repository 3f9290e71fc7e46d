/** One thing that a user should know about a model; collected, never thrown one at a time. */
export interface Diagnostic {
  readonly severity: 'error' | 'warning' | 'note';
  /** Node name or file position, as the user can find it. */
  readonly where: string;
  /** The ONNX operator concerned, where there is one. */
  readonly op?: string;
  readonly message: string;
  /** What is supported instead, or how to export differently. */
  readonly hint?: string;
}
