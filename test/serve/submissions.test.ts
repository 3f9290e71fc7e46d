import { expect } from 'chai';
import { createProofService, type ProofService } from '../../src/serve/service.js';
import { useScratchFolder } from '../groth16/scratch.js';
import { npy, zip } from '../rows/numpy-files.js';
import { Api } from './api.js';
import { irisBundle, irisRow } from './bundles.js';

const JOBS = '/v1/models/public/jobs';
/** As many as the service remembers for one job, and one. */
const MANY = 65;

describe('submissions', function () {
  this.timeout(30_000);
  const scratch = useScratchFolder();
  let service: ProofService;
  let api: Api;
  before(async () => {
    service = await createProofService({ bundles: [await irisBundle()], workers: 1, store: scratch.path('store') });
    api = await Api.open(service.url);
  });
  after(() => service.close(5000));

  const submit = (row: number[], key: string, strict = false) =>
    api.post(JOBS, { input: row, strict }, { headers: { 'idempotency-key': key } });

  it('of one job by ever new keys are remembered by the newest, and the others are free again', async () => {
    for (let n = 0; n < MANY; n++) expect((await submit(irisRow(), `live ${n}`)).status).to.equal(n === 0 ? 202 : 200);
    expect((await submit(irisRow(1), 'live 1')).status).to.equal(409);
    expect((await submit(irisRow(1), `live ${MANY - 1}`)).status).to.equal(409);
    expect((await submit(irisRow(1), 'live 0')).status).to.equal(202);
    expect((await submit(irisRow(), 'live 0')).status).to.equal(409);
  });

  it('of a job that fails each time are remembered so too', async () => {
    const wrong = [500, 3.5, 1.4, 0.2];
    for (let n = 0; n < MANY; n++) {
      const { status, json } = await submit(wrong, `failed ${n}`, true);
      expect(status).to.equal(202);
      expect((await api.waitForJob(json.id)).state).to.equal('failed');
    }
    expect((await submit(irisRow(2), 'failed 1')).status).to.equal(409);
    expect((await submit(irisRow(2), 'failed 0')).status).to.equal(202);
  });

  it('inflate to no more than a row of the model needs', async () => {
    const post = (array: Buffer) =>
      api.post(JOBS, { row: { format: 'npz', data: zip({ 'measurements.npy': array }).toString('base64') } });
    const bomb = await post(npy('<f8', [2 ** 17, 4], new Uint8Array(2 ** 22)));
    expect([bomb.status, bomb.json.error.code]).to.deep.equal([400, 'ROWS_TOO_LARGE']);
    const row = Buffer.from(Float64Array.from(irisRow(3)).buffer);
    expect((await post(npy('<f8', [1, 4], row))).status).to.equal(202);
    const two = await post(npy('<f8', [2, 4], Buffer.concat([row, row])));
    expect([two.status, two.json.error.code]).to.deep.equal([400, 'ROWS_MANY']);
  });
});
