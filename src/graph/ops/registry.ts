import { activationRules } from './activation.js';
import { attentionRules } from './attention.js';
import { compareRules } from './compare.js';
import { constantRules } from './constant.js';
import { convRules } from './conv.js';
import { elementwiseRules } from './elementwise.js';
import { gatherRules } from './gather.js';
import { gridSampleRules } from './grid-sample.js';
import { matmulRules } from './matmul.js';
import { microsoftFloatRules } from './microsoft.js';
import { linearModelRules } from './ml-linear.js';
import { preprocessRules } from './ml-preprocess.js';
import { labelRules } from './ml-preprocess-labels.js';
import { spelledSoftmaxRules } from './ml-scores-softmax.js';
import { treeRules } from './ml-trees.js';
import { moveRules } from './move.js';
import { normRules } from './norm.js';
import { poolRules } from './pool.js';
import { quantizedRules } from './quantized.js';
import { quantizedLayerRules } from './quantized-layers.js';
import { microsoftRules } from './quantized-microsoft.js';
import { reduceRules } from './reduce.js';
import { resizeRules } from './resize.js';
import { recurrentRules } from './rnn.js';
import { controlRules } from './rnn-control.js';
import type { RuleRecord } from './rule.js';
import { scatterRules } from './scatter.js';
import { selectRules } from './select.js';
import { shapeRules } from './shape.js';
import { signalRules } from './signal.js';
import { svmRules } from './svm.js';

/** Every import rule, by operator. */
export const rules: RuleRecord = {
  ...activationRules,
  ...attentionRules,
  ...constantRules,
  ...convRules,
  ...elementwiseRules,
  ...matmulRules,
  ...microsoftFloatRules,
  ...moveRules,
  ...poolRules,
  ...selectRules,
  ...shapeRules,
  ...resizeRules,
  ...gridSampleRules,
  ...signalRules,
  ...reduceRules,
  ...normRules,
  ...gatherRules,
  ...scatterRules,
  ...compareRules,
  ...labelRules,
  ...linearModelRules,
  ...preprocessRules,
  ...quantizedRules,
  ...microsoftRules,
  ...quantizedLayerRules,
  ...recurrentRules,
  ...controlRules,
  ...svmRules,
  ...treeRules,
  // After the rules they extend.
  ...spelledSoftmaxRules,
};
