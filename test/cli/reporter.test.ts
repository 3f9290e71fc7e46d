import { expect } from 'chai';
import { formatBytes, formatDuration, formatTable, printable } from '../../src/cli/format.js';
import { Reporter } from '../../src/cli/reporter.js';
import { ZkinferError } from '../../src/core/error.js';

function capture(options = {}, isTTY = false) {
  const written = { stdout: '', stderr: '' };
  let clock = 0;
  const reporter = new Reporter(
    {
      stdout: { write: (text: string) => (written.stdout += text) },
      stderr: { write: (text: string) => (written.stderr += text), isTTY, columns: 40 },
    },
    options,
    () => (clock += 100),
  );
  return { reporter, written };
}

describe('the reporter', () => {
  it('draws a bar in place on a terminal, no wider than it, and a line each tenth elsewhere', () => {
    const terminal = capture({}, true);
    for (let done = 1; done <= 50; done++) terminal.reporter.progress('proving a batch with a long name', done, 50);
    const drawings = terminal.written.stderr.split('\r').slice(1);
    expect(drawings).to.have.length(50);
    // biome-ignore lint/suspicious/noControlCharactersInRegex: the escape that clears the line.
    for (const drawing of drawings) expect(drawing.replace(/\x1b\[K|\n/g, '').length).to.be.below(40);
    expect(terminal.written.stderr.match(/\n/g)).to.have.length(1);
    const pipe = capture();
    for (let done = 1; done <= 500; done++) pipe.reporter.progress('proving', done, 500);
    expect(pipe.written.stderr.trim().split('\n')).to.have.length(10);
  });

  it('follows one piece of work only when it takes longer than a second', () => {
    const quick = capture({}, true);
    const follow = quick.reporter.follow('proving');
    for (let i = 0; i < 5; i++) follow('points A', i / 10);
    expect(quick.written.stderr).to.equal('');
    for (let i = 5; i < 10; i++) follow('points A', i / 10);
    expect(quick.written.stderr).to.contain('90/100 %').and.not.contain('\n');
    follow('verifying', 1);
    expect(quick.written.stderr.match(/\n/g)).to.have.length(1);
    const pipe = capture();
    const followed = pipe.reporter.follow('proving');
    for (let i = 0; i < 40; i++) followed(i < 30 ? 'points A' : 'verifying', i / 40);
    expect(pipe.written.stderr).to.equal('proving: points A, 22 %\nproving: verifying, 75 %\n');
    const quiet = capture({ quiet: true });
    const unseen = quiet.reporter.follow('proving');
    for (let i = 0; i < 40; i++) unseen('points A', i / 40);
    expect(quiet.written.stderr).to.equal('');
  });

  it('prints results on stdout only, one JSON line where asked, and no progress where asked', () => {
    const text = capture();
    text.reporter.step('working');
    text.reporter.finish({ text: ['done'], json: { a: 1 } });
    expect(text.written).to.deep.equal({ stdout: 'done\n', stderr: 'working\n' });
    const json = capture({ json: true, quiet: true });
    json.reporter.step('working');
    json.reporter.progress('p', 1, 2);
    json.reporter.finish({ text: ['done'], json: { a: 1 } });
    expect(json.written).to.deep.equal({ stdout: '{"a":1}\n', stderr: '' });
  });

  it('tells errors that nobody foresaw (70) from exhaustion (4) and from its own', () => {
    const { reporter, written } = capture();
    expect(reporter.fail(new TypeError('x is not a function'))).to.equal(70);
    expect(reporter.fail('a thrown text')).to.equal(70);
    expect(reporter.fail(Object.assign(new Error('no space left'), { code: 'ENOSPC' }))).to.equal(4);
    expect(reporter.fail(new ZkinferError({ code: 'A', kind: 'policy', message: 'm' }))).to.equal(5);
    expect(written.stderr).to.contain('--debug');
  });

  it('never lets names from a model move the cursor or forge a line', () => {
    const { reporter, written } = capture();
    const message = 'node "x\u001b[2J\nerror: forged\u202e" is odd';
    reporter.fail(new ZkinferError({ code: 'A', kind: 'usage', message }));
    expect(written.stderr.trimEnd().split('\n')).to.have.length(1);
    expect(written.stderr).to.contain('\\u{1b}').and.contain('\\u{a}').and.contain('\\u{202e}');
    expect(formatTable([['a'], ['b\nc']])).to.have.length(3);
    expect(printable('naïve é 数')).to.equal('naïve é 数');
  });

  it('writes durations and sizes as people say them', () => {
    expect([840.4, 3210, 125_000].map(formatDuration)).to.deep.equal(['840 ms', '3.2 s', '2 min 5 s']);
    expect([812, 3.4 * 2 ** 20].map(formatBytes)).to.deep.equal(['812 B', '3.4 MiB']);
  });
});
