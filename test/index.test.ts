import { expect } from 'chai';
import * as zkinfer from '../src/index.js';

describe('the public API', () => {
  it('exports these names and no others', () => {
    expect(Object.keys(zkinfer).sort()).to.deep.equal([
      'EXIT',
      'ZkinferError',
      'auditBundle',
      'bindOffChain',
      'checkBundle',
      'commitToWeights',
      'compileBundle',
      'computeContext',
      'createProofService',
      'createProverPool',
      'diffRow',
      'exportVerifier',
      'inspectModel',
      'inspectQModel',
      'loadModel',
      'openBundle',
      'openRows',
      'pickProver',
      'poolBundle',
      'proveInPool',
      'proveInput',
      'proveRow',
      'proveRows',
      'quantizeModel',
      'readManifest',
      'readQModel',
      'readRows',
      'reportBundle',
      'rowsSpecOf',
      'runDemo',
      'setupBundle',
      'startQueueWorker',
      'verifyInference',
      'verifyInferences',
      'verifyWeights',
      'writeQModel',
    ]);
  });
});
