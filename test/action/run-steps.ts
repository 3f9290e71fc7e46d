import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { load } from 'js-yaml';

/** A step of a composite action, as far as a shell runs it. */
export interface Step {
  readonly id?: string;
  readonly uses?: string;
  readonly if?: string;
  readonly shell?: string;
  readonly env?: Readonly<Record<string, string>>;
  readonly with?: Readonly<Record<string, string>>;
  readonly run?: string;
}

export interface Action {
  readonly inputs: Readonly<Record<string, { readonly description: string; readonly default?: string }>>;
  readonly outputs: Readonly<Record<string, { readonly value: string }>>;
  readonly runs: { readonly using: string; readonly steps: readonly Step[] };
}

export async function readAction(path: string): Promise<Action> {
  return load(await readFile(path, 'utf8')) as Action;
}

/** What became of a run. */
export interface Outcome {
  readonly failed: boolean;
  /** By id of the steps that have one: success, failure, skipped. */
  readonly steps: Readonly<Record<string, string>>;
  readonly outputs: Readonly<Record<string, string>>;
  readonly log: string;
  readonly summary: string;
  /** Steps that the runner would hand to another action, with what it would hand over. */
  readonly used: readonly { readonly uses: string; readonly with: Readonly<Record<string, string>> }[];
}

interface State {
  failed: boolean;
  readonly inputs: Readonly<Record<string, string>>;
  readonly steps: Record<string, string>;
  readonly outputs: Record<string, string>;
}

/** The few forms that an expression of the action has. @throws Error for any other */
function evaluate(expression: string, state: State): string | boolean {
  const [, input] = /^inputs\.([\w-]+)$/.exec(expression) ?? [];
  if (input !== undefined) {
    if (!Object.hasOwn(state.inputs, input)) throw new Error(`no input ${input}`);
    return state.inputs[input];
  }
  const [, id, key] = /^steps\.(\w+)\.(outcome|outputs\.\w+)$/.exec(expression) ?? [];
  if (key === 'outcome') return state.steps[id] ?? '';
  if (key !== undefined) return state.outputs[`${id}.${key.slice('outputs.'.length)}`] ?? '';
  if (expression === 'always()') return true;
  const [, left, operator, right] = /^(.+?) (==|!=) '(.*)'$/.exec(expression) ?? [];
  if (operator !== undefined) return (evaluate(left, state) === right) === (operator === '==');
  throw new Error(`what is ${expression}?`);
}

function fill(text: string, state: State): string {
  return text.replace(/\$\{\{ (.+?) \}\}/g, (_, expression: string) => String(evaluate(expression, state)));
}

/** Whether a step runs: after a failure only one that asks for `always()` does. */
function isDue(step: Step, state: State): boolean {
  const terms = (step.if ?? '').split(' && ').filter((term) => term !== '');
  if (state.failed && !terms.includes('always()')) return false;
  return terms.every((term) => evaluate(term, state) === true);
}

/**
 * Runs a composite action's steps in order as the runner of GitHub does: bash with `-eo pipefail`, inputs with their defaults,
 * `GITHUB_*` files, steps after a failure left out. Steps that use other actions are listed, not run.
 */
export async function runAction(
  action: Action,
  given: Readonly<Record<string, string>>,
  place: { readonly workspace: string; readonly actionPath: string; readonly env?: Readonly<Record<string, string>> },
): Promise<Outcome> {
  const defaults = Object.entries(action.inputs).map(([name, input]) => [name, input.default ?? '']);
  const inputs = { ...(Object.fromEntries(defaults) as Record<string, string>), ...given };
  const state: State = { failed: false, inputs, steps: {}, outputs: {} };
  const temp = join(place.workspace, '..', 'runner-temp');
  await mkdir(temp, { recursive: true });
  const [summary, output, script] = ['summary', 'output', 'script.sh'].map((name) => join(temp, name));
  await writeFile(summary, '');
  const used: Outcome['used'][number][] = [];
  let log = '';
  for (const step of action.runs.steps) {
    const due = isDue(step, state);
    if (!due && step.id) state.steps[step.id] = 'skipped';
    if (!due) continue;
    const filled = (values: Step['env'] = {}) =>
      Object.fromEntries(Object.entries(values).map(([name, value]) => [name, fill(String(value), state)]));
    if (step.uses !== undefined) {
      used.push({ uses: step.uses, with: filled(step.with) });
      continue;
    }
    await writeFile(script, step.run as string);
    await writeFile(output, '');
    const env = {
      PATH: process.env.PATH as string,
      HOME: process.env.HOME ?? '/',
      CI: 'true',
      GITHUB_ACTIONS: 'true',
      GITHUB_ACTION_PATH: place.actionPath,
      GITHUB_WORKSPACE: place.workspace,
      GITHUB_OUTPUT: output,
      GITHUB_STEP_SUMMARY: summary,
      RUNNER_TEMP: temp,
      ...place.env,
      ...filled(step.env),
    };
    const words = ['--noprofile', '--norc', '-eo', 'pipefail', script];
    const child = spawn('bash', words, { cwd: place.workspace, env, stdio: ['ignore', 'pipe', 'pipe'] });
    for (const stream of [child.stdout, child.stderr]) stream.on('data', (chunk: Buffer) => (log += chunk.toString()));
    const [code] = (await once(child, 'close')) as [number | null];
    if (step.id) state.steps[step.id] = code === 0 ? 'success' : 'failure';
    if (code !== 0) state.failed = true;
    for (const line of (await readFile(output, 'utf8')).split('\n').filter((one) => one !== '')) {
      const at = line.indexOf('=');
      state.outputs[`${step.id}.${line.slice(0, at)}`] = line.slice(at + 1);
    }
  }
  const outputs = Object.entries(action.outputs).map(([name, { value }]) => [name, fill(value, state)]);
  return {
    failed: state.failed,
    steps: state.steps,
    outputs: Object.fromEntries(outputs) as Record<string, string>,
    log,
    summary: await readFile(summary, 'utf8'),
    used,
  };
}
