import fc from 'fast-check';
import { type ProofCalldata, toCalldata } from '../../../src/chain/calldata.js';
import { compileSolidity } from '../../../src/chain/solidity/compile.js';
import { nameVerifier, renderVerifier } from '../../../src/chain/solidity/standalone.js';
import { deployContract, verifyOnChain } from '../../../src/chain/standalone.js';
import { Q, R } from '../../../src/core/field.js';
import { verifyProof } from '../../../src/groth16/verify.js';
import { findPointOutsideG2 } from './bn254.js';
import { CACHE_FOLDER, startNode } from './nodes.js';
import { createTrapdoorKey } from './trapdoor.js';

type Words = readonly bigint[];

/** One change of a proof's eight words and of its signals. */
interface Mutation {
  readonly name: string;
  readonly apply: (words: bigint[], signals: bigint[]) => void;
}

const outside = findPointOutsideG2();

/** Words are A (0, 1), B imaginary and real (2…5), C (6, 7). */
const mutations: fc.Arbitrary<Mutation> = fc.oneof(
  { weight: 2, arbitrary: fc.constant({ name: 'nothing', apply: () => {} }) },
  fc
    .record({ at: fc.nat(7), kind: fc.constantFrom('+Q', '0', '1', 'Q', 'Q-1', '2^256-1', '+1', 'negated') })
    .map(({ at, kind }) => ({
      name: `word ${at} ${kind}`,
      apply: (words: bigint[]) => {
        words[at] = changeWord(words[at], kind);
      },
    })),
  fc.record({ at: fc.nat(7), value: fc.bigInt(0n, 2n ** 256n - 1n) }).map(({ at, value }) => ({
    name: `word ${at} := ${value}`,
    apply: (words: bigint[]) => {
      words[at] = value;
    },
  })),
  fc
    .record({ at: fc.nat(2), value: fc.oneof(fc.bigInt(0n, 2n ** 256n - 1n), fc.constantFrom(0n, R, R - 1n)) })
    .map(({ at, value }) => ({
      name: `signal ${at} := ${value}`,
      apply: (_words: bigint[], signals: bigint[]) => {
        signals[at] = value;
      },
    })),
  fc.nat(2).map((at) => ({
    name: `signal ${at} + R`,
    apply: (_words: bigint[], signals: bigint[]) => {
      signals[at] += R;
    },
  })),
  fc.record({ from: fc.nat(7), to: fc.nat(7) }).map(({ from, to }) => ({
    name: `words ${from} and ${to} swapped`,
    apply: (words: bigint[]) => {
      [words[from], words[to]] = [words[to], words[from]];
    },
  })),
  fc.constant({
    name: 'A and B negated',
    apply: (words: bigint[]) => {
      for (const at of [1, 4, 5]) words[at] = changeWord(words[at], 'negated');
    },
  }),
  fc.constantFrom([0, 1], [2, 3, 4, 5], [6, 7]).map((list) => ({
    name: `infinity at ${list}`,
    apply: (words: bigint[]) => {
      for (const at of list) words[at] = 0n;
    },
  })),
  fc.constant({
    name: 'B outside the subgroup',
    apply: (words: bigint[]) => {
      if (outside) [words[2], words[3], words[4], words[5]] = [outside.x[1], outside.x[0], outside.y[1], outside.y[0]];
    },
  }),
);

function changeWord(word: bigint, kind: string): bigint {
  const changed: Record<string, bigint> = {
    '+Q': word + Q,
    '0': 0n,
    '1': 1n,
    Q,
    'Q-1': Q - 1n,
    '2^256-1': 2n ** 256n - 1n,
    '+1': word + 1n,
    negated: word === 0n ? 0n : (Q - (word % Q)) % Q,
  };
  return BigInt.asUintN(256, changed[kind]);
}

/** Counts of what the two verifiers said, together. */
export interface Differential {
  readonly accepted: number;
  readonly refused: number;
}

/**
 * Asks the library and a deployed contract about mutated proofs and signals; throws with the mutation at the first
 * difference.
 */
export async function compareVerdicts(kind: 'embedded' | 'anvil', runs: number, seed?: number): Promise<Differential> {
  const trapdoor = createTrapdoorKey(3, 21n);
  const node = await startNode(kind);
  try {
    const options = { name: 'differential', profile: 'dev', digests: {} } as const;
    const sources = { 'Verifier.sol': renderVerifier(trapdoor.key, options) };
    const compiled = (await compileSolidity(sources, { cacheFolder: CACHE_FOLDER }))[nameVerifier(options.name, 'dev')];
    const { address } = await deployContract(await node.provider.getSigner(0), compiled);
    const bases = [1n, 2n, 3n].map((randomness) => {
      const signals = [randomness * 77n, R - randomness, 0n];
      return toCalldata(trapdoor.simulate(signals, randomness), signals.map(String));
    });
    const counts = { accepted: 0, refused: 0 };
    const property = fc.asyncProperty(
      fc.nat(bases.length - 1),
      fc.array(mutations, { minLength: 1, maxLength: 2 }),
      async (base, changes) => {
        const { a, b, c, signals: given } = bases[base];
        const words = [...a, ...b[0], ...b[1], ...c];
        const signals = [...given];
        for (const change of changes) change.apply(words, signals);
        const library = await verifyProof(trapdoor.key, signals.map(String), toJson(words));
        const contract = await verifyOnChain(node.provider, address, compiled, toArguments(words, signals));
        if (library.valid !== contract.valid) {
          const names = changes.map(({ name }) => name).join(', ');
          throw new Error(`${names}: library ${JSON.stringify(library)}, contract ${JSON.stringify(contract)}`);
        }
        counts[contract.valid ? 'accepted' : 'refused']++;
      },
    );
    await fc.assert(property, { numRuns: runs, seed });
    return counts;
  } finally {
    await node.close();
  }
}

function toJson(words: Words): object {
  const [ax, ay, bxi, bxr, byi, byr, cx, cy] = words.map(String);
  return {
    pi_a: [ax, ay, '1'],
    pi_b: [
      [bxr, bxi],
      [byr, byi],
      ['1', '0'],
    ],
    pi_c: [cx, cy, '1'],
    protocol: 'groth16',
    curve: 'bn128',
  };
}

function toArguments(words: Words, signals: Words): ProofCalldata {
  const [ax, ay, bxi, bxr, byi, byr, cx, cy] = words;
  return {
    a: [ax, ay],
    b: [
      [bxi, bxr],
      [byi, byr],
    ],
    c: [cx, cy],
    signals,
  };
}
