/** Hands `zkinfer/browser` to the tests, which call it from outside. */
import { clearArtifactCache, openProver } from '../../../src/browser/index.js';

Object.assign(window, { zkinfer: { clearArtifactCache, openProver } });
