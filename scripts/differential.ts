/** Compares the verdicts of library and contract on many mutated proofs: `tsx scripts/differential.ts [runs]`. */
import { compareVerdicts } from '../test/chain/support/differential.js';
import { NODE_KINDS } from '../test/chain/support/nodes.js';

const runs = Number(process.argv[2] ?? 5000);
for (const kind of NODE_KINDS) {
  const { accepted, refused } = await compareVerdicts(kind, runs);
  console.log(`${kind}: ${accepted} accepted and ${refused} refused by both, no difference`);
}
