import { readFileSync } from 'node:fs';
import { expect } from 'chai';
import { renderDependencies } from '../../scripts/dependency-table.js';
import { readSection } from '../../scripts/marked-section.js';

const root = new URL('../../', import.meta.url);

describe('the table of dependencies', () => {
  it('in the README is what package.json says, each with a reason', () => {
    const readme = readFileSync(new URL('README.md', root), 'utf8');
    expect(readSection(readme, 'dependencies'), 'run npx tsx scripts/dependency-table.ts').to.equal(
      renderDependencies(),
    );
  });

  it('names exact versions only', () => {
    const { dependencies, devDependencies, optionalDependencies } = JSON.parse(
      readFileSync(new URL('package.json', root), 'utf8'),
    );
    for (const [name, version] of Object.entries({ ...dependencies, ...devDependencies, ...optionalDependencies }))
      expect(version, name).to.match(/^\d+\.\d+\.\d+(-[\w.]+)?$/);
  });
});
