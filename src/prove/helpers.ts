import { closeStepBoard, createStepBoard } from '../groth16/step-board.js';
import type { HelpRequest } from './job.js';

/** A job that is under way or in the queue. */
export interface AdmittedJob {
  /** Where its worker posts the steps of its proof, if others can help. */
  readonly board?: SharedArrayBuffer;
  /** Threads that help now. */
  readonly listHelpers: () => number[];
  /** To be called when the job is over, whatever became of it. */
  readonly end: () => void;
}

type Helpable = Pick<HelpRequest, 'curve' | 'provingKey'>;

interface Entry {
  readonly helpable: Helpable | false;
  readonly board?: SharedArrayBuffer;
  /** Tickets of its helpers. */
  readonly helpers: Set<Int32Array>;
  /** Helpers that died or could not begin. */
  losses: number;
}

/** With a smaller key, a proof is made before a helper is awake. */
const MIN_KEY_BYTES = 2 << 20;
/** A job that loses so many helpers gets no more. */
const MAX_LOSSES = 2;

/**
 * Sends workers that have no job to help those that have, and calls them back when there are more jobs: a lone proof gets
 * all cores, a batch has one core for each proof.
 * @param send asks the pool to run a helper; what it fails with does not matter
 */
export function createHelpers(
  workers: number,
  send: (request: HelpRequest) => Promise<unknown>,
): { admit(helpable: Helpable | false): AdmittedJob } {
  const jobs = new Set<Entry>();
  let helping = 0;

  const balance = (): void => {
    let spare = workers - jobs.size - helping;
    if (spare < 0) callBack(-spare);
    for (; spare > 0; spare--) {
      const [entry] = [...jobs]
        .filter(({ board, losses }) => board && losses < MAX_LOSSES)
        .sort((a, b) => a.helpers.size - b.helpers.size);
      if (!entry) return;
      dispatch(entry);
    }
  };

  const callBack = (count: number): void => {
    const tickets = [...jobs].flatMap(({ helpers }) => [...helpers]).filter((ticket) => Atomics.load(ticket, 0) === 0);
    for (const ticket of tickets.slice(0, count)) Atomics.store(ticket, 0, 1);
  };

  const dispatch = (entry: Entry): void => {
    const { helpable, board, helpers } = entry;
    if (!helpable || !board) return;
    const ticket = new Int32Array(new SharedArrayBuffer(8));
    helpers.add(ticket);
    helping++;
    const leave = () => {
      helping--;
      helpers.delete(ticket);
      balance();
    };
    send({ ...helpable, board, ticket }).then(leave, () => {
      entry.losses++;
      leave();
    });
  };

  return {
    admit: (helpable) => {
      const canBeHelped = workers > 1 && helpable && helpable.provingKey.zkey.length >= MIN_KEY_BYTES;
      const board = canBeHelped ? createStepBoard() : undefined;
      const entry: Entry = { helpable, board, helpers: new Set(), losses: 0 };
      jobs.add(entry);
      balance();
      return {
        board,
        listHelpers: () => [...entry.helpers].map((ticket) => Atomics.load(ticket, 1)).filter((thread) => thread > 0),
        end: () => {
          if (board) closeStepBoard(board);
          jobs.delete(entry);
          balance();
        },
      };
    },
  };
}
