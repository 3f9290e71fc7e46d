import { expect } from 'chai';
import { formatTable, readSection, replaceSection } from '../../scripts/marked-section.js';

const page = 'before\n<!-- begin:a -->\nold\n<!-- end:a -->\nafter\n<!-- begin:b -->\nkept\n<!-- end:b -->\n';

describe('marked sections', () => {
  it('rewrites one section and nothing around it', () => {
    const next = replaceSection(page, 'a', 'new\ntext\n');
    expect(next).to.equal(page.replace('old', 'new\ntext'));
    expect(readSection(next, 'a')).to.equal('new\ntext');
    expect(readSection(next, 'b')).to.equal('kept');
  });

  it('gives the same text when the same body is written twice', () => {
    const once = replaceSection(page, 'a', 'body');
    expect(replaceSection(once, 'a', 'body')).to.equal(once);
  });

  it('refuses a name that has no markers', () => {
    expect(() => readSection(page, 'c')).to.throw('no section "c"');
    expect(() => replaceSection('<!-- begin:a --> open', 'a', '')).to.throw('no section "a"');
  });

  it('keeps a pipe inside a table cell', () => {
    expect(formatTable(['x'], [['a|b']])).to.equal('| x |\n| --- |\n| a\\|b |');
  });
});
