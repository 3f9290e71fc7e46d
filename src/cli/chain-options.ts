import { type Command, InvalidArgumentError } from 'commander';
import type { Connection, KeySource } from '../chain/commands/signer.js';
import { getAddress, isHexString, parseEther } from './ethereum-words.js';
import { wholeNumber } from './options.js';

type Options = Readonly<Record<string, unknown>>;

/** An option that is an Ethereum address. */
export function address(text: string): string {
  const found = getAddress(text);
  if (found === undefined) throw new InvalidArgumentError('an address is needed: 0x and 40 hexadecimal digits.');
  return found;
}

/** An option that is 32 bytes of hexadecimal. */
export function word(text: string): string {
  if (!isHexString(text, 32)) throw new InvalidArgumentError('32 bytes are needed: 0x and 64 hexadecimal digits.');
  return text.toLowerCase();
}

/** An option that is an amount of ether, such as 0.05; in wei. */
export function ether(text: string): bigint {
  const wei = parseEther(text);
  if (wei === undefined) throw new InvalidArgumentError('an amount of ether is needed, such as 0.05.');
  return wei;
}

/** Declares how a node is reached. */
export function addConnectionOptions(command: Command): Command {
  return command.option('--rpc <url>', 'JSON-RPC address of the node', 'http://127.0.0.1:8545');
}

/** Declares where a transaction's key comes from. Keys themselves are never words of a command line. */
export function addKeyOptions(command: Command): Command {
  return addConnectionOptions(command)
    .option('--keystore <file>', 'encrypted key (JSON); the password from --password-file or ZKINFER_KEYSTORE_PASSWORD')
    .option('--password-file <file>', 'file with the keystore’s password, mode 0600')
    .option('--key-file <file>', 'file with a private key in hexadecimal, mode 0600; else ZKINFER_PRIVATE_KEY')
    .option('--dev-account <n>', 'well-known development account, on local chains', wholeNumber(0, 99))
    .option('--confirmations <n>', 'blocks to wait for', wholeNumber(1, 1000), 1);
}

/** The key source that options and environment name. */
export function readKeySource(options: Options): KeySource {
  const { keystore, passwordFile, keyFile, devAccount } = options as KeySource;
  const isNamed = keystore !== undefined || keyFile !== undefined || devAccount !== undefined;
  return {
    keystore,
    passwordFile,
    password: process.env.ZKINFER_KEYSTORE_PASSWORD,
    keyFile,
    devAccount,
    key: isNamed ? undefined : process.env.ZKINFER_PRIVATE_KEY,
  };
}

/** Connects, works, and closes the connection. */
export async function withConnection<T>(options: Options, work: (connection: Connection) => Promise<T>): Promise<T> {
  const { connect } = await import('../chain/commands/signer.js');
  const connection = await connect(options.rpc as string);
  try {
    return await work(connection);
  } finally {
    connection.close();
  }
}

/** The same with a signer. */
export async function withSigner<T>(
  options: Options,
  work: (connection: Connection, signer: Awaited<ReturnType<typeof openSignerOf>>) => Promise<T>,
): Promise<T> {
  return withConnection(options, async (connection) => work(connection, await openSignerOf(connection, options)));
}

async function openSignerOf(connection: Connection, options: Options) {
  const { openSigner } = await import('../chain/commands/signer.js');
  return openSigner(connection, readKeySource(options));
}
