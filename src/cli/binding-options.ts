import { randomBytes } from 'node:crypto';
import type { Command } from 'commander';
import { type Binding, bindOffChain } from '../commitment/context.js';
import { ZkinferError } from '../core/error.js';

const ZERO_WORD = `0x${'00'.repeat(32)}`;
const ZERO_ADDRESS = `0x${'00'.repeat(20)}`;

/** What a proof can be bound to: who it is for, and where it counts. */
export function addBindingOptions(command: Command): Command {
  return command
    .option('--agent <address>', 'bind the proof to an agent: nobody else can use it')
    .option('--chain-id <n>', 'chain the proof is for; 0, no chain, where left out')
    .option('--contract <address>', 'verifying contract the proof is for')
    .option('--model-id <id>', "model's id in the registry, 0x and 64 digits")
    .option('--nonce <word>', 'makes the inference unique for its agent, 0x and 64 digits')
    .option('--salt <file>', 'salt of a committed input; made where the file is missing, and to be kept secret');
}

/** The binding that the options name; undefined where they name none. @throws ZkinferError BINDING_INVALID */
export function readBindingOptions(options: Readonly<Record<string, unknown>>): Binding | undefined {
  const { agent, chainId, contract, modelId, nonce } = options as Readonly<Record<string, string | undefined>>;
  if ([agent, chainId, contract, modelId, nonce].every((field) => field === undefined)) return undefined;
  const isHex = (text: string, bytes: number) => new RegExp(`^0x[0-9a-fA-F]{${2 * bytes}}$`).test(text);
  const problems = [
    ...(agent !== undefined && !isHex(agent, 20) ? [`--agent ${agent} is not an address`] : []),
    ...(contract !== undefined && !isHex(contract, 20) ? [`--contract ${contract} is not an address`] : []),
    ...(modelId !== undefined && !isHex(modelId, 32) ? [`--model-id ${modelId} is not 32 bytes`] : []),
    ...(nonce !== undefined && !isHex(nonce, 32) ? [`--nonce ${nonce} is not 32 bytes`] : []),
    ...(chainId !== undefined && !/^(0|[1-9]\d{0,18})$/.test(chainId) ? [`--chain-id ${chainId} is not a number`] : []),
  ];
  if (problems.length > 0)
    throw new ZkinferError({
      code: 'BINDING_INVALID',
      kind: 'usage',
      message: 'this is nothing that a proof can be bound to',
      facts: problems,
      hint: 'addresses have 40 hexadecimal digits, ids and nonces 64',
    });
  const off = bindOffChain({ modelId: modelId ?? ZERO_WORD, agent: agent ?? ZERO_ADDRESS, nonce: nonce ?? ZERO_WORD });
  return { ...off, chainId: chainId === undefined ? off.chainId : BigInt(chainId), contract: contract ?? off.contract };
}

/** Reads the salt of a commitment, or draws one of 248 bits and keeps it for its owner alone. @throws ZkinferError SALT_INVALID */
export async function readSalt(path: string | undefined): Promise<bigint | undefined> {
  if (path === undefined) return undefined;
  const { readFile, stat } = await import('node:fs/promises');
  const { writeFileAtomic } = await import('../bundle/atomic.js');
  const isThere = await stat(path).then(
    () => true,
    () => false,
  );
  if (!isThere) await writeFileAtomic(path, `${BigInt(`0x${randomBytes(31).toString('hex')}`)}\n`, 0o600);
  const text = (await readFile(path, 'utf8')).trim();
  if (!/^(0|[1-9]\d{0,75})$/.test(text))
    throw new ZkinferError({
      code: 'SALT_INVALID',
      kind: 'usage',
      message: `${path} holds no salt`,
      hint: 'a salt is one decimal number; leave the file out to have one made',
    });
  return BigInt(text);
}
