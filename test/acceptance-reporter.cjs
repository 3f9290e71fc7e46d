const { reporters } = require('mocha');

/** The acceptance list: what each id says, in the order of the table. */
const IDS = {
  V1: 'proof or public JSON that is not exactly the schema',
  V2: 'coordinates in any other encoding',
  V3: 'points off the curve, outside the subgroup, infinity',
  V4: 'public signals of the wrong number, size or kind',
  V5: 'the library and the contract agree on every mutation',
  A1: 'damaged key, witness, constraint and powers-of-tau files',
  A2: 'flipped bits, artifacts of another circuit',
  A3: 'powers of tau too small, not prepared, without contributions',
  A4: 'a witness or proof that does not hold',
  A5: 'full disk, signals, kill -9, two runs, read-only folder',
  I1: 'values that are not numbers',
  I2: 'wrong shapes, wrong names',
  I3: 'values outside the calibrated range',
  M1: 'models that are none, or not supported',
  M2: 'external data that leads elsewhere',
  M3: 'weights and shapes that cannot be',
  M4: 'archives that inflate',
  W1: 'workers that die',
  W2: 'a batch that is killed and run again',
  W3: 'processes end by themselves',
  S1: 'development keys off a local chain',
  S2: 'private keys are nowhere to be seen',
  S3: 'private inputs are nowhere to be seen',
  S4: 'names from a model',
};

/** Runs as the ordinary listing and ends with a verdict for each id that a test's title names. */
class AcceptanceReporter extends reporters.Spec {
  constructor(runner, options) {
    super(runner, options);
    this.tally = Object.fromEntries(Object.keys(IDS).map((id) => [id, { passed: 0, failed: 0, skipped: 0 }]));
    const count = (kind) => (test) => {
      for (const id of new Set(test.fullTitle().match(/\b[VAIMWS][1-5]\b/g) ?? [])) {
        if (this.tally[id]) this.tally[id][kind]++;
      }
    };
    runner.on('pass', count('passed'));
    runner.on('fail', count('failed'));
    runner.on('pending', count('skipped'));
  }

  epilogue() {
    super.epilogue();
    for (const [id, what] of Object.entries(IDS)) {
      const { passed, failed, skipped } = this.tally[id];
      const verdict = failed > 0 ? 'FAILED' : passed > 0 ? 'holds' : skipped > 0 ? 'skipped' : 'NO TEST';
      const counts = `${passed} passed${failed ? `, ${failed} failed` : ''}${skipped ? `, ${skipped} skipped` : ''}`;
      reporters.Base.consoleLog('%s  %s  %s (%s)', id, verdict.padEnd(7), what, counts);
    }
    const { passes, failures } = this.stats;
    reporters.Base.consoleLog('%d passed, %d failed', passes, failures);
  }

  /** An id without a test fails the run. */
  done(failures, finish) {
    finish(
      failures +
        Object.values(this.tally).filter(({ passed, failed, skipped }) => passed + failed + skipped === 0).length,
    );
  }
}

module.exports = AcceptanceReporter;
