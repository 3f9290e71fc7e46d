import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { findUnexplained } from '../../scripts/lint/explained.js';
import { listInstances } from '../../scripts/lint/instances.js';
import { listTemplates, readTemplates } from '../../scripts/lint/templates.js';
import { inspectCircom } from '../../src/circom/compile.js';

const includeDir = join(import.meta.dirname, '../../circuits');

describe('lint of the circom templates', () => {
  it('has every template in some circuit', async () => {
    const used = listInstances()
      .map(({ text }) => text)
      .join('\n');
    const templates = listTemplates(await readTemplates(includeDir));
    expect(templates).to.include.members(['Requantize', 'Digits', 'Pack', 'Constant', 'ChallengeSum']);
    for (const template of templates) expect(used).to.match(new RegExp(`\\b${template}\\(`));
  });

  it('finds nothing in a circuit of ours, and a hint without constraints in another', async function () {
    this.timeout(20_000);
    const outDir = await mkdtemp(join(tmpdir(), 'zkinfer-inspect-'));
    try {
      const { text } = listInstances().find(({ name }) => name === 'private_weights')!;
      expect(await inspectCircom(text, { includeDir, outDir })).to.deep.equal([]);
      const open = 'template T() { signal input a; signal output b;\n b <-- a * a; }\ncomponent main = T();';
      const warnings = await inspectCircom(`pragma circom 2.1.6;\n${open}`, { includeDir, outDir, name: 'open' });
      expect(warnings.join('\n')).to.match(/^warning\[T3002\] \/build\/open\.circom:3: Consider using <==/);
      expect(warnings.join('\n')).to.contain('Local signal b does not appear in any constraint');
    } finally {
      await rm(outDir, { recursive: true, force: true });
    }
  });

  it('accepts a remark where the text explains it, and no other', () => {
    const text = [
      'a <-- b; // hint: a half',
      'a <-- b;',
      '// lint CS0008, CS0007: nobody reads it, on purpose.',
      '// A line of its own.',
      'var c = 1;',
      'var d = 2;',
      '// lint CS0009: gone.',
      '// lint CS0010:',
    ].join('\n');
    const remark = (rule: string, line: number) => ({ rule, line, file: 'f', message: '' });
    const { unexplained, stale } = findUnexplained(
      [remark('CS0005', 1), remark('CS0005', 2), remark('CS0008', 5), remark('CS0008', 6), remark('CS0010', 8)],
      new Map([['f', text]]),
    );
    expect(unexplained.map(({ rule, line }) => `${rule} ${line}`)).to.deep.equal(['CS0005 2', 'CS0008 6', 'CS0010 8']);
    expect(stale).to.deep.equal(['f:3 CS0007', 'f:7 CS0009']);
  });
});
