import type { Code, CodeBuilder, FunctionBuilder, ModuleBuilder } from 'wasmbuilder';

/** Shorthands for code over i32 locals. */
export class Emitter {
  readonly c: CodeBuilder;
  constructor(private readonly f: FunctionBuilder) {
    this.c = f.getCodeBuilder();
  }
  get = (name: string): Code => this.c.getLocal(name);
  set = (name: string, value: Code): Code => this.c.setLocal(name, value);
  n = (value: number): Code => this.c.i32_const(value);
  add = (a: Code, b: Code): Code => this.c.i32_add(a, b);
  mul = (a: Code, b: Code): Code => this.c.i32_mul(a, b);
  at = (base: string, index: Code, size: number): Code => this.add(this.get(base), this.mul(index, this.n(size)));
  local(...names: string[]): void {
    for (const name of names) this.f.addLocal(name, 'i32');
  }
  emit(...code: Code[]): void {
    this.f.addCode(...code);
  }
  call = (name: string, ...operands: Code[]): Code => this.c.call(name, ...operands);
  all = (...code: Code[]): Code => code.flat();
  if = (condition: Code, then: Code, otherwise?: Code): Code => this.c.if(condition, then, otherwise as Code);
  /** `for (i = from; i < to; i += step) body`, unsigned. */
  loop = (i: string, from: Code, to: Code, step: Code, body: Code): Code =>
    this.all(
      this.set(i, from),
      this.c.block(
        this.c.loop(
          this.c.br_if(1, this.c.i32_ge_u(this.get(i), to)),
          body,
          this.set(i, this.add(this.get(i), step)),
          this.c.br(0),
        ),
      ),
    );
}

/** Begins a function whose parameters are all i32. */
export function defineFunction(
  module: ModuleBuilder,
  name: string,
  params: readonly string[],
): { f: FunctionBuilder; e: Emitter } {
  const f = module.addFunction(name);
  for (const param of params) f.addParam(param, 'i32');
  return { f, e: new Emitter(f) };
}
