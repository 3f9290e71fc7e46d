import { EMITTED_GADGETS, type EmittedGadget } from './emitted-gadgets.js';
import { MutantJudge, VERDICTS, type Verdict } from './judge-mutant.js';
import { listRowMutants, type RowMutant } from './row-mutants.js';

/** What became of the mutants of one gadget. */
export interface MutantCount {
  readonly constraints: number;
  /** The audit proves the gadget itself, and search agrees. */
  readonly proved: boolean;
  /** How many mutants there are, and how many of them were tried. */
  readonly total: number;
  readonly tried: number;
  readonly verdicts: Readonly<Record<Verdict, number>>;
  /** Mutants that change nothing although a constraint is gone or another one, and survivors. */
  readonly remarkable: readonly { readonly mutant: RowMutant; readonly verdict: Verdict }[];
}

const known = new Map<EmittedGadget, MutantCount>();

/** Tries the mutants of a gadget; counted once a process. */
export function countMutants(gadget: EmittedGadget): MutantCount {
  const counted = known.get(gadget) ?? count(gadget);
  known.set(gadget, counted);
  return counted;
}

function count(gadget: EmittedGadget): MutantCount {
  const judge = new MutantJudge(gadget);
  const verdicts = Object.fromEntries(VERDICTS.map((verdict) => [verdict, 0])) as Record<Verdict, number>;
  const remarkable: { mutant: RowMutant; verdict: Verdict }[] = [];
  const { every = 1 } = gadget;
  let [total, tried] = [0, 0];
  for (const mutant of listRowMutants(judge.system)) {
    if (total++ % every !== 0) continue;
    tried++;
    const verdict = judge.judge(mutant);
    verdicts[verdict]++;
    if (verdict === 'same relation' || verdict === 'survivor') remarkable.push({ mutant, verdict });
  }
  const proved = judge.proved && (gadget.prime === null || judge.isFunction());
  return { constraints: judge.system.rows.length, proved, total, tried, verdicts, remarkable };
}

/** Lines of the table of mutants: gadget, parameters, prime, constraints, mutants tried, then each verdict. */
export function tableMutants(): string[][] {
  return EMITTED_GADGETS.map((gadget) => {
    const { constraints, total, tried, verdicts } = countMutants(gadget);
    return [
      gadget.name,
      gadget.parameters,
      gadget.prime === null ? 'BN254' : String(gadget.prime),
      String(constraints),
      tried === total ? String(total) : `${tried} of ${total}`,
      ...VERDICTS.map((verdict) => String(verdicts[verdict])),
    ];
  });
}
