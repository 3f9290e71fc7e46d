import { ZkinferError } from '../../core/error.js';

export type Bullmq = typeof import('bullmq');

/** BullMQ, and the client of the server that the queue lives on: what only users of a queue install. */
export interface QueuePackages<Client> {
  readonly bullmq: Bullmq;
  readonly client: Client;
}

/**
 * Loads BullMQ and the client of a server.
 * @param install what npm is to install where one is missing
 * @throws ZkinferError QUEUE_PACKAGE_MISSING
 */
export async function loadQueuePackages<Client>(
  install: string,
  loadClient: () => Promise<Client>,
): Promise<QueuePackages<Client>> {
  try {
    const [bullmq, client] = await Promise.all([import('bullmq'), loadClient()]);
    return { bullmq, client };
  } catch (cause) {
    const names = install.replace(/@\d+/g, '').split(' ').join(' and ');
    throw new ZkinferError({
      code: 'QUEUE_PACKAGE_MISSING',
      kind: 'usage',
      message: `this queue needs the packages ${names}, and they are not installed`,
      hint: `npm install ${install}`,
      cause,
    });
  }
}
