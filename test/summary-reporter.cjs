const { reporters } = require('mocha');

/** The ordinary listing, ended by a line of its own that programs can read: `N passed, N failed`. */
class SummaryReporter extends reporters.Spec {
  epilogue() {
    super.epilogue();
    const { passes, failures } = this.stats;
    reporters.Base.consoleLog('%d passed, %d failed', passes, failures);
  }
}

module.exports = SummaryReporter;
