import { expect } from 'chai';
import { auditR1cs } from '../../src/audit/audit.js';
import { formatReport } from '../../src/audit/format-report.js';
import { toSarif } from '../../src/audit/sarif.js';
import type { ZkinferError } from '../../src/core/error.js';
import { boolean, lowBits, rangeCheck, reluRequantize, weigh, zeroTest } from './gadgets.js';
import { add, constant, lc, Sketch, scale } from './sketch.js';

const one = constant(1);

function buildSound() {
  const s = new Sketch();
  const x = s.input('x');
  rangeCheck(s, x, 8, 'in');
  const sum = lc([3, x], [-200, 0]);
  s.outputOf('y', reluRequantize(s, sum, 10, 2, 6));
  return { s, x };
}

function buildLoose() {
  const s = new Sketch();
  const x = s.input('x');
  const bits = lowBits(s, x, 3);
  const loose = s.hint('loose', (v) => v(x) >> 3n);
  s.constrain(one, add(weigh(bits), scale(8, loose)), x);
  s.outputOf('y', bits[2]);
  return s;
}

describe('audit report', () => {
  it('counts outputs, wires, inputs and rules of a sound circuit', () => {
    const { s, x } = buildSound();
    const report = auditR1cs(s.r1cs(), { names: s.names(), declared: [{ wire: s.wire(x), min: 0, max: 255 }] });
    expect(report.proved).to.equal(true);
    expect(report.outputs.total).to.equal(1);
    expect(report.outputs.determined).to.equal(1);
    expect(report.inputs).to.deep.equal({ total: 1, constrained: 1, determined: 1 });
    expect(report.declared.ranges).to.deep.equal([{ wire: s.wire(x), signal: 'x', range: { min: '0', max: '255' } }]);
    const { total, determined, free, undetermined } = report.wires;
    expect(determined + free + undetermined).to.equal(total);
    expect(undetermined).to.equal(0);
    expect(report.free.map((wire) => s.names()[wire])).to.deep.equal(free === 0 ? [] : ['t.inv']);
    expect(Object.values(report.rules).reduce((sum, count) => sum + count, 0)).to.be.at.least(total);
  });

  it('is plain data: JSON gives it back', () => {
    const { s } = buildSound();
    const report = auditR1cs(s.r1cs(), { names: s.names() });
    expect(JSON.parse(JSON.stringify(report))).to.deep.equal(report);
  });

  it('names the output that is open, the wire to blame, its constraint and the reason', () => {
    const s = buildLoose();
    const report = auditR1cs(s.r1cs(), { names: s.names() });
    expect(report.findings[0]).to.include({ code: 'OUTPUT_UNDETERMINED', level: 'error', signal: 'y' });
    const blamed = report.findings.find(({ signal }) => signal === 'loose');
    expect(blamed).to.include({ code: 'WIRE_UNDETERMINED', level: 'error', constraint: 3 });
    expect(blamed?.message).to.equal('loose has no range, and the constraint leaves it free beside b[0], b[1], b[2]');
  });

  it('only warns about an inner wire that no output depends on', () => {
    const s = new Sketch();
    const x = s.input('x');
    const loose = s.hint('loose', () => 0n);
    boolean(s, loose);
    s.product('unused', loose, x);
    s.outputOf('y', x);
    const report = auditR1cs(s.r1cs(), { names: s.names() });
    expect(report.proved).to.equal(true);
    expect(report.findings.map(({ level, signal }) => [level, signal])).to.deep.include(['warning', 'loose']);
  });

  it('calls the inverse of a zero test harmless, and says so', () => {
    const s = new Sketch();
    s.outputOf('is_zero', zeroTest(s, s.input('x')));
    const report = auditR1cs(s.r1cs(), { names: s.names() });
    expect(report.free.map((wire) => s.names()[wire])).to.deep.equal(['t.inv']);
    expect(formatReport(report)).to.equal(
      [
        'proved sound: the inputs determine every output',
        '  constraints  3',
        '  outputs      1 of 1 determined by the inputs',
        '  wires        4 of 5 determined, 1 harmless hints, 0 undetermined',
        '  inputs       1 of 1 constrained',
        '  is_zero in [0, 1]',
      ].join('\n'),
    );
  });

  it('prints findings with their constraints', () => {
    const s = buildLoose();
    const text = formatReport(auditR1cs(s.r1cs(), { names: s.names() }));
    expect(text).to.match(/^NOT proved sound/);
    expect(text).to.include('error OUTPUT_UNDETERMINED: the inputs do not determine output y');
    expect(text).to.include('(constraint 3)');
  });

  it('lists at most as many findings as asked for, and counts the rest', () => {
    const s = new Sketch();
    for (let at = 0; at < 30; at++) s.output(`y[${at}]`, () => 0n);
    s.outputOf('z', s.input('x'));
    const report = auditR1cs(s.r1cs(), { names: s.names(), maxFindings: 5 });
    expect(report.findings.length).to.equal(5);
    expect(report.omitted).to.be.at.least(26);
    expect(report.outputs.determined).to.equal(1);
  });

  it('calls wires by number without names, or by a function', () => {
    const s = buildLoose();
    expect(auditR1cs(s.r1cs()).findings[0].signal).to.equal('wire 1');
    expect(auditR1cs(s.r1cs(), { names: (wire) => `w${wire}` }).findings[0].signal).to.equal('w1');
  });

  it('reports assumed ranges as assumptions, and uses them', () => {
    const s = new Sketch();
    const x = s.input('x');
    s.outputOf('y', lc([2, x], [5, 0]));
    const report = auditR1cs(s.r1cs(), { names: s.names(), assumed: [{ wire: s.wire(x), min: 0, max: 10 }] });
    expect(report.assumptions).to.deep.equal(['x lies in [0, 10]']);
    expect(report.outputs.ranges[0].range).to.deep.equal({ min: '5', max: '25' });
  });

  it('says that constraints which exclude each other prove nothing', () => {
    const s = new Sketch();
    const x = s.input('x');
    rangeCheck(s, x, 4, 'a');
    rangeCheck(s, lc([-1, x], [-1, 0]), 4, 'b');
    s.outputOf('y', x);
    const report = auditR1cs(s.r1cs(), { names: s.names() });
    expect(report.proved).to.equal(false);
    expect(report.findings.map(({ code }) => code)).to.include('UNSATISFIABLE');
  });

  it('writes SARIF 2.1.0 with a rule, a level and a place for each finding', () => {
    const s = buildLoose();
    const report = auditR1cs(s.r1cs(), { names: s.names() });
    const log = toSarif(report, { artifact: 'model.r1cs', version: '1.2.3' }) as {
      version: string;
      runs: {
        tool: { driver: { name: string; version: string; rules: { id: string }[] } };
        results: {
          ruleId: string;
          ruleIndex: number;
          level: string;
          message: { text: string };
          locations: {
            physicalLocation: { artifactLocation: { uri: string } };
            logicalLocations: { fullyQualifiedName: string }[];
          }[];
        }[];
      }[];
    };
    expect(log.version).to.equal('2.1.0');
    const [{ tool, results }] = log.runs;
    expect(tool.driver).to.include({ name: 'zkinfer audit', version: '1.2.3' });
    expect(results.map(({ message }) => message.text)).to.deep.equal(report.findings.map(({ message }) => message));
    for (const result of results) {
      expect(tool.driver.rules[result.ruleIndex].id).to.equal(result.ruleId);
      expect(result.locations[0].physicalLocation.artifactLocation.uri).to.equal('model.r1cs');
    }
    const blamed = results.find(({ message }) => message.text.startsWith('loose'));
    const names = blamed?.locations[0].logicalLocations.map(({ fullyQualifiedName }) => fullyQualifiedName);
    expect(names).to.deep.equal(['loose', 'constraint 3']);
  });

  it('writes SARIF that names the gadget of a signal, and a path as a URI', () => {
    const s = buildLoose();
    const report = auditR1cs(s.r1cs(), { names: (wire) => `main.layer_2_relu.g0.b[${wire}]` });
    const log = JSON.stringify(toSarif(report, { artifact: 'my models/a#1/circuit.r1cs', version: '1.2.3' }));
    expect(log).to.include('{"fullyQualifiedName":"main.layer_2_relu.g0","kind":"module"}');
    expect(log).to.include('{"uri":"my%20models/a%231/circuit.r1cs"}');
  });

  it('refuses a system that is not well formed, and a range for a wire that does not exist', () => {
    const s = buildLoose();
    const r1cs = s.r1cs();
    const codeOf = (run: () => unknown): string => {
      try {
        run();
      } catch (error) {
        return (error as ZkinferError).code;
      }
      return 'none';
    };
    const broken = { ...r1cs, b: { ...r1cs.b, wire: r1cs.b.wire.map(() => r1cs.wireCount) } };
    expect(codeOf(() => auditR1cs(broken))).to.equal('AUDIT_R1CS_MALFORMED');
    expect(codeOf(() => auditR1cs({ ...r1cs, constraintCount: 99 }))).to.equal('AUDIT_R1CS_MALFORMED');
    expect(codeOf(() => auditR1cs({ ...r1cs, privateInputCount: 99 }))).to.equal('AUDIT_R1CS_MALFORMED');
    expect(codeOf(() => auditR1cs(r1cs, { declared: [{ wire: 99, min: 0, max: 1 }] }))).to.equal('AUDIT_WIRE_UNKNOWN');
    expect(codeOf(() => auditR1cs(r1cs, { given: [0] }))).to.equal('AUDIT_WIRE_UNKNOWN');
  });

  it('reports its phases in order', () => {
    const phases: string[] = [];
    auditR1cs(buildLoose().r1cs(), { onProgress: (phase) => phases.push(phase) });
    expect(phases).to.deep.equal(['read', 'ranges', 'uniqueness', 'explain']);
  });
});
