/** What is being done for a proof, in order; `proof` is all of it where the backend does not tell more. */
export const PROOF_PHASES = ['witness', 'proof', 'quotient', 'H', 'A', 'B1', 'B2', 'C', 'verify'] as const;

export type ProofPhase = (typeof PROOF_PHASES)[number];

/** How far a proof is. */
export interface ProofProgress {
  /** What the thread that leads the proof does now; helpers may do other parts of it. */
  readonly phase: ProofPhase;
  /** Share of the work that is done, 0 to 1, by the number of operations. It falls only where a proof is begun again. */
  readonly fraction: number;
}

export type ReportProgress = (progress: ProofProgress) => void;

/** Time between two reports. */
export const REPORT_EVERY_MS = 100;

/** Lets a report through at most ten times a second. */
export function limitReports(report: ReportProgress): ReportProgress {
  let last = Number.NEGATIVE_INFINITY;
  return (progress) => {
    const now = performance.now();
    if (now - last < REPORT_EVERY_MS) return;
    last = now;
    report(progress);
  };
}

/** A place in shared memory where one thread writes how far its proof is, and another reads it whenever it likes. */
export type ProgressCell = Int32Array<SharedArrayBuffer>;

const FRACTION_STEPS = 10_000;
const PHASE_SHIFT = 16;

export function createProgressCell(): ProgressCell {
  return new Int32Array(new SharedArrayBuffer(4));
}

/** What writes into a cell; it costs as much as storing a number. */
export function reportInto(cell: ProgressCell): ReportProgress {
  return ({ phase, fraction }) => {
    const place = (PROOF_PHASES.indexOf(phase) + 1) << PHASE_SHIFT;
    Atomics.store(cell, 0, place | Math.round(FRACTION_STEPS * fraction));
  };
}

/**
 * Reads a cell ten times a second and reports what is new. It does not keep the process alive.
 * @returns what ends it
 */
export function watchProgress(cell: ProgressCell, report: ReportProgress): () => void {
  let seen = 0;
  const timer = setInterval(() => {
    const now = Atomics.load(cell, 0);
    if (now === seen) return;
    seen = now;
    const phase = PROOF_PHASES[(now >> PHASE_SHIFT) - 1];
    report({ phase, fraction: (now & ((1 << PHASE_SHIFT) - 1)) / FRACTION_STEPS });
  }, REPORT_EVERY_MS);
  timer.unref();
  return () => clearInterval(timer);
}
