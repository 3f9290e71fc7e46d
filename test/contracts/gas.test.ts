import { readFileSync } from 'node:fs';
import { expect } from 'chai';
import { type GasTable, measureGas } from './support/gas.js';

/** The time of a block stands in calldata and storage, and a zero byte of it is cheaper. */
const TOLERANCE = 100;

function readSnapshot(): GasTable {
  return JSON.parse(readFileSync('test/snapshots/gas.json', 'utf8')) as GasTable;
}

describe('gas', () => {
  let table: GasTable;
  before(async () => {
    table = await measureGas([1, 4]);
  });

  it('is what test/snapshots/gas.json says; scripts/gas-table.ts rewrites it', () => {
    const snapshot = readSnapshot();
    for (const [name, gas] of Object.entries(table)) {
      expect(gas, name).to.be.closeTo(snapshot[name], TOLERANCE);
    }
    expect(Object.keys(snapshot).filter((name) => !(name in table))).to.deep.equal([
      'batch 2',
      'batch 8',
      'batch 16',
      'batch 32',
    ]);
  });

  it('stays within what was promised for each statement', () => {
    expect(table['verify packed, private input']).to.be.at.most(235_000);
    expect(table['verify packed, 7 bytes']).to.be.at.most(240_000);
    expect(table['verify bound, 248 bytes']).to.be.at.most(250_000);
    expect(table['verify bound, 794 bytes']).to.be.at.most(280_000);
    expect(readSnapshot()['batch 32']).to.be.at.most(60_000);
  });
});
