import { open } from 'node:fs/promises';
import { JsonRpcProvider, type Signer, Wallet } from 'ethers';
import { ZkinferError } from '../../core/error.js';
import { explaining } from '../client/errors.js';
import { listDevAccounts } from '../dev-node/accounts.js';
import { LOCAL_CHAIN_IDS } from '../solidity/standalone.js';

/** Where a private key comes from: exactly one of these. Never a word of a command line, which others can read. */
export interface KeySource {
  /** Encrypted JSON (Web3 secret storage), with its password from a file or from `password`. */
  readonly keystore?: string;
  readonly passwordFile?: string;
  readonly password?: string;
  /** A file of mode 0600 with a hexadecimal key. */
  readonly keyFile?: string;
  /** A key that the caller took from the environment. */
  readonly key?: string;
  /** Index of a development account, whose keys everybody knows; on local chains only. */
  readonly devAccount?: number;
}

/** A connection to a node; `close` ends its timers. */
export interface Connection {
  readonly provider: JsonRpcProvider;
  readonly chainId: bigint;
  readonly isLocal: boolean;
  readonly close: () => void;
}

/** Connects to a node. @throws ZkinferError `CHAIN_UNREACHABLE` */
export async function connect(rpcUrl: string): Promise<Connection> {
  if (!/^https?:\/\//.test(rpcUrl)) {
    throw usage('CHAIN_BAD_RPC', 'the address of a node starts with http:// or https://', [rpcUrl]);
  }
  const probe = new JsonRpcProvider(rpcUrl, undefined, { staticNetwork: true, batchMaxCount: 1 });
  let chainId: bigint;
  try {
    chainId = BigInt(
      await explaining(() =>
        probe._send({ id: 1, jsonrpc: '2.0', method: 'eth_chainId', params: [] }).then(firstResult),
      ),
    );
  } catch (cause) {
    throw new ZkinferError({
      code: 'CHAIN_UNREACHABLE',
      kind: 'resource',
      message: 'the node does not answer',
      facts: [rpcUrl],
      hint: 'start a local one with: zkinfer chain dev',
      cause,
    });
  } finally {
    probe.destroy();
  }
  const provider = new JsonRpcProvider(rpcUrl, chainId, { staticNetwork: true, cacheTimeout: -1, batchMaxCount: 1 });
  const isLocal = LOCAL_CHAIN_IDS.includes(Number(chainId));
  if (isLocal) provider.pollingInterval = 100;
  return { provider, chainId, isLocal, close: () => provider.destroy() };
}

/** A signer for a connection. @throws ZkinferError `CHAIN_NO_KEY`, `CHAIN_KEY_EXPOSED`, `CHAIN_BAD_PRIVATE_KEY` */
export async function openSigner(connection: Connection, source: KeySource): Promise<Signer> {
  const given = [source.keystore, source.keyFile, source.key, source.devAccount].filter((value) => value !== undefined);
  if (given.length !== 1) {
    throw usage(
      'CHAIN_NO_KEY',
      given.length === 0 ? 'a transaction needs a key' : 'more than one key is given',
      [],
      'use --keystore FILE, --key-file FILE (mode 0600), the variable ZKINFER_PRIVATE_KEY, or --dev-account N on a local chain',
    );
  }
  if (source.devAccount !== undefined) {
    if (!connection.isLocal) {
      throw new ZkinferError({
        code: 'CHAIN_DEV_ACCOUNT',
        kind: 'policy',
        message: 'everybody knows the keys of the development accounts',
        facts: [`chain ${connection.chainId} is not a local one`],
      });
    }
    const accounts = listDevAccounts(source.devAccount + 1);
    return new Wallet(accounts[source.devAccount].privateKey, connection.provider);
  }
  const wallet = source.keystore === undefined ? await readPlainKey(source) : await decryptKeystore(source);
  return wallet.connect(connection.provider);
}

async function readPlainKey(source: KeySource): Promise<Wallet> {
  const text = source.key ?? (await readPrivateFile(source.keyFile as string));
  const key = text.trim().replace(/^0x/, '');
  // What is wrong with a key is never said by showing it, and the cause is left out because it might.
  if (!/^[0-9a-fA-F]{64}$/.test(key)) throw badKey('64 hexadecimal digits are needed');
  try {
    return new Wallet(`0x${key}`);
  } catch {
    throw badKey('it is not a number that a key can be');
  }
}

async function decryptKeystore({ keystore, passwordFile, password }: KeySource): Promise<Wallet> {
  const secret = passwordFile === undefined ? password : (await readPrivateFile(passwordFile)).replace(/\r?\n$/, '');
  if (secret === undefined) {
    throw usage(
      'CHAIN_NO_KEY',
      'the keystore needs its password',
      [],
      'use --password-file FILE (mode 0600) or the variable ZKINFER_KEYSTORE_PASSWORD',
    );
  }
  const json = await readSmallFile(keystore as string);
  try {
    return (await Wallet.fromEncryptedJson(json, secret)) as Wallet;
  } catch {
    throw badKey('the keystore does not open with this password');
  }
}

/** Reads a secret from a file that nobody else may read. */
async function readPrivateFile(path: string): Promise<string> {
  return readSmallFile(path, (mode) => {
    if ((mode & 0o077) === 0) return;
    throw new ZkinferError({
      code: 'CHAIN_KEY_EXPOSED',
      kind: 'policy',
      message: 'a file with a secret must be readable by its owner only',
      facts: [`${path} has mode 0${(mode & 0o777).toString(8)}`],
      hint: `chmod 600 ${path}`,
    });
  });
}

const MAX_FILE_BYTES = 65_536;

async function readSmallFile(path: string, check: (mode: number) => void = () => {}): Promise<string> {
  let file: Awaited<ReturnType<typeof open>>;
  try {
    file = await open(path, 'r');
  } catch {
    throw usage('CHAIN_NO_KEY', 'the file can not be read', [path]);
  }
  try {
    const { mode, size } = await file.stat();
    check(mode);
    if (size > MAX_FILE_BYTES) throw usage('CHAIN_BAD_PRIVATE_KEY', 'the file is too large to be a key', [path]);
    return await file.readFile('utf8');
  } finally {
    await file.close();
  }
}

function firstResult(answers: readonly unknown[]): string {
  const [answer] = answers as { result?: string }[];
  if (typeof answer?.result !== 'string') throw new Error('the node does not say which chain it is');
  return answer.result;
}

function badKey(fact: string): ZkinferError {
  return usage('CHAIN_BAD_PRIVATE_KEY', 'the private key is not usable', [fact]);
}

function usage(code: string, message: string, facts: readonly string[], hint?: string): ZkinferError {
  return new ZkinferError({ code, kind: 'usage', message, facts, hint });
}
