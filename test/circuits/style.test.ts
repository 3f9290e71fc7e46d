import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect } from 'chai';

const root = fileURLToPath(new URL('../../circuits', import.meta.url));
const files = ['gadgets', 'statement'].flatMap((folder) =>
  readdirSync(join(root, folder))
    .filter((name) => name.endsWith('.circom'))
    .map((name) => join(folder, name)),
);

describe('circom templates', () => {
  for (const file of files) {
    const text = readFileSync(join(root, file), 'utf8');
    it(`${file} says what it proves, requires, ensures, costs, and why it is sound`, () => {
      const header = text.slice(0, text.indexOf('pragma')).split('\n');
      const words = header.flatMap((line) => /^\/\/ (Proves|Requires|Ensures|Cost|Why sound)\b/.exec(line)?.[1] ?? []);
      expect(words).to.deep.equal(['Proves', 'Requires', 'Ensures', 'Cost', 'Why sound']);
    });
    it(`${file} marks its hints, and has them in gadgets only`, () => {
      for (const line of text.split('\n')) {
        if (!line.includes('<--')) continue;
        expect(file).to.match(/^gadgets/);
        expect(line).to.contain('// hint:');
      }
    });
  }
});
