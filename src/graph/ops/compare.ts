import type { Operand } from '../builder.js';
import type { ImportRule, RuleContext, RuleRecord } from './rule.js';
import { and, equal, greater, greaterOrEqual, limitMask, not, or, where, xor } from './support/logic.js';

const binary =
  (build: (builder: RuleContext['builder'], a: Operand, b: Operand) => Operand): ImportRule =>
  (context) =>
    build(context.builder, context.input(0), context.input(1));

export const compareRules: RuleRecord = {
  Greater: binary(greater),
  GreaterOrEqual: binary(greaterOrEqual),
  Less: binary((builder, a, b) => greater(builder, b, a)),
  LessOrEqual: binary((builder, a, b) => greaterOrEqual(builder, b, a)),
  Equal: binary(equal),
  And: binary(and),
  Or: binary(or),
  Xor: binary(xor),
  Not: (context) => not(context.builder, context.input(0)),
  Where: (context) =>
    where(context.builder, context.input(0), limitMask(context.input(1)), limitMask(context.input(2))),
};
