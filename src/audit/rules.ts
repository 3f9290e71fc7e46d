/** Why a variable is determined by the inputs; the arguments are in docs/soundness.md. */
export const RULES = [
  'unknown',
  'input',
  'constant',
  'linear',
  'product',
  'factor',
  'radix',
  'zeroTest',
  'division',
  'states',
  'maximum',
  'magnitude',
  'assumed',
] as const;

export type Rule = (typeof RULES)[number];
