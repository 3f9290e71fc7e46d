import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { bundlePaths } from '../../src/bundle/paths.js';
import { bindOffChain } from '../../src/commitment/context.js';
import {
  type CompileRequest,
  compileBundle,
  type ProofFile,
  proveInput,
  readManifest,
  setupBundle,
  verifyInference,
  writeQModel,
} from '../../src/index.js';
import { quantizeIris } from './iris.js';

const AGENT = `0x${'aa'.repeat(20)}`;
const OTHER = `0x${'bb'.repeat(20)}`;
const MODEL_ID = `0x${'11'.repeat(32)}`;
const NONCE = `0x${'22'.repeat(32)}`;

/** Statement options, and how many public signals they give for 8 bytes of input and 9 (or 1) of output. */
const FORMS: readonly (Pick<CompileRequest, 'input' | 'output' | 'statement' | 'overflow'> & {
  readonly signals: number;
})[] = [
  { input: 'public', statement: 'packed', signals: 2 },
  { input: 'public', statement: 'bound', signals: 3 },
  { input: 'private', statement: 'packed', output: 'label', signals: 2 },
  { input: 'private', statement: 'bound', signals: 3 },
  { input: 'committed', statement: 'packed', overflow: 'assert', signals: 3 },
  { input: 'committed', statement: 'bound', output: 'label', signals: 3 },
];

describe('statements, from the command line to the verdict', () => {
  let folder: string;
  let qmodelPath: string;
  let row: Record<string, Float64Array>;

  before(async () => {
    folder = await mkdtemp(join(tmpdir(), 'zkinfer-statements-'));
    const iris = await quantizeIris();
    row = iris.row;
    qmodelPath = join(folder, 'iris.qmodel.json');
    await writeQModel(qmodelPath, iris.qmodel);
  });

  after(() => rm(folder, { recursive: true, force: true }));

  for (const { signals, ...form } of FORMS) {
    const name = Object.values(form).join(', ');
    it(`${name}: proves, verifies, and refuses another output, agent and input`, async function () {
      this.timeout(120_000);
      const dir = join(folder, name.replaceAll(', ', '-'));
      const compiled = await compileBundle({ qmodelPath, outDir: dir, engine: 'direct', ...form });
      expect(compiled.publicSignals).to.have.length(signals);
      await setupBundle({ dir });
      const binding = bindOffChain({ modelId: MODEL_ID, agent: AGENT, nonce: NONCE });
      if (form.statement === 'bound') {
        const refusal = await proveInput({ dir, row, binding, salt: 12345n, context: '42' }).catch((error) => error);
        expect(refusal).to.include({ code: 'CONTEXT_UNUSED', kind: 'usage' });
      }
      const { proof } = await proveInput({ dir, row, binding, salt: 12345n });
      const manifest = await readManifest(dir);
      const key = JSON.parse(await readFile(bundlePaths(dir).verificationKey, 'utf8')) as unknown;
      const verdict = await verifyInference(proof, manifest, key);
      expect(verdict.valid, verdict.reason).to.equal(true);
      if (form.input === 'public') expect(Object.keys(verdict.inputs ?? {})).to.deep.equal(['measurements']);
      else expect(verdict.inputs).to.deep.equal({});
      if (form.input === 'private') expect(proof.statement.input).to.equal('');

      const bound = (agent: string) => verifyInference(proof, manifest, key, { binding: { agent, nonce: NONCE } });
      expect((await bound(AGENT)).valid).to.equal(true);
      expect((await bound(OTHER)).reason).to.include('bound to agent');

      const refuse = async (change: (file: ProofFile) => unknown) => {
        const changed = structuredClone(proof);
        change(changed);
        const { valid, reason } = await verifyInference(changed, manifest, key);
        expect(valid, `accepted a change: ${change}`).to.equal(false);
        expect(reason).to.not.equal('');
      };
      const flip = (hex: string) => (hex.startsWith('0') ? `1${hex.slice(1)}` : `0${hex.slice(1)}`);
      await refuse((file) => Object.assign(file.statement, { output: flip(file.statement.output) }));
      await refuse((file) => Object.assign(file.context, { binding: { ...file.context.binding, agent: OTHER } }));
      await refuse((file) => Object.assign(file.context, { value: '7' }));
      if (form.input !== 'private')
        await refuse((file) => Object.assign(file.statement, { input: flip(file.statement.input) }));
    });
  }
});
