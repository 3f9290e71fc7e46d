import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { expect } from 'chai';
import { findPublishedPtau, PUBLISHED_PTAU, suggestPtau } from '../../src/groth16/ptau-digests.js';

describe('published powers of tau', () => {
  it('are the table in the documentation of snarkjs, all of it', () => {
    const folder = dirname(dirname(createRequire(import.meta.url).resolve('snarkjs')));
    const rows = readFileSync(join(folder, 'README.md'), 'utf8')
      .split('\n')
      .flatMap((line) => {
        const match = /^\|\s*(\d+)\s*\|.*\[(powersOfTau28_hez_final\w*\.ptau)\].*\|\s*([0-9a-f]+)\s*\|/.exec(line);
        return match ? [{ power: Number(match[1]), name: match[2], blake2b: match[3] }] : [];
      });
    expect(PUBLISHED_PTAU).to.deep.equal(rows);
    expect(rows).to.have.length(21);
  });

  it('are found by digest, and suggested by power', () => {
    const sixteen = PUBLISHED_PTAU.find(({ power }) => power === 16);
    expect(findPublishedPtau(sixteen?.blake2b ?? '')).to.equal(sixteen);
    expect(findPublishedPtau('00'.repeat(64))).to.equal(undefined);
    expect([3, 8, 17, 28, 29].map((power) => suggestPtau(power)?.power)).to.deep.equal([8, 8, 17, 28, undefined]);
  });
});
