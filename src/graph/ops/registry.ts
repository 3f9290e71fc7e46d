import { activationRules } from './activation.js';
import { constantRules } from './constant.js';
import { convRules } from './conv.js';
import { elementwiseRules } from './elementwise.js';
import { matmulRules } from './matmul.js';
import { linearModelRules } from './ml-linear.js';
import { preprocessRules } from './ml-preprocess.js';
import { labelRules } from './ml-preprocess-labels.js';
import { treeRules } from './ml-trees.js';
import { moveRules } from './move.js';
import { poolRules } from './pool.js';
import { quantizedRules } from './quantized.js';
import { recurrentRules } from './rnn.js';
import type { RuleRecord } from './rule.js';
import { selectRules } from './select.js';
import { shapeRules } from './shape.js';
import { svmRules } from './svm.js';

/** Every import rule, by operator. */
export const rules: RuleRecord = {
  ...activationRules,
  ...constantRules,
  ...convRules,
  ...elementwiseRules,
  ...matmulRules,
  ...moveRules,
  ...poolRules,
  ...selectRules,
  ...shapeRules,
  ...labelRules,
  ...linearModelRules,
  ...preprocessRules,
  ...quantizedRules,
  ...recurrentRules,
  ...svmRules,
  ...treeRules,
};
