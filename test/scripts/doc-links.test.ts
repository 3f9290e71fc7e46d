import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect } from 'chai';

const root = fileURLToPath(new URL('../../', import.meta.url));

/** Every Markdown page that a reader may open, by path from the root. */
function listPages(): string[] {
  const below = ['docs', 'examples', 'src', 'circuits', 'contracts'].flatMap((folder) =>
    readdirSync(join(root, folder), { recursive: true, encoding: 'utf8' }).map((path) => join(folder, path)),
  );
  return [...readdirSync(root), ...below].filter((path) => path.endsWith('.md') && !path.includes('node_modules'));
}

describe('links between the pages', () => {
  for (const page of listPages())
    it(`lead somewhere in ${page}`, () => {
      const text = readFileSync(join(root, page), 'utf8').replace(/```[\s\S]*?```/g, '');
      const targets = Array.from(text.matchAll(/\]\(([^)\s]+)\)/g), (match) => match[1].split('#')[0]);
      const local = targets.filter((target) => target !== '' && !/^[a-z]+:/.test(target));
      expect(local.filter((target) => !existsSync(join(root, dirname(page), target)))).to.deep.equal([]);
    });
});
