import { expect } from 'chai';
import { JsonRpcProvider, parseEther, Wallet } from 'ethers';
import type { DevNode } from '../../src/chain/dev-node/embedded.js';
import { compileSolidity } from '../../src/chain/solidity/compile.js';
import { deployContract } from '../../src/chain/standalone.js';
import { ZkinferError } from '../../src/core/error.js';
import { CACHE_FOLDER, NODE_KINDS, startNode } from './support/nodes.js';

const SOURCE = `// SPDX-License-Identifier: MIT
pragma solidity ^0.8.24;
contract Box {
    event Put(uint256 indexed value, address by);
    error TooMuch(uint256 value);
    uint256 public value;
    function put(uint256 v) external payable { if (v > 100) revert TooMuch(v); value = v; emit Put(v, msg.sender); }
    function keepBack(uint256 n) external { if (n > 0) this.keepBack(n - 1); else value = gasleft(); }
}`;

for (const kind of NODE_KINDS) {
  describe(`development chain, ${kind}`, () => {
    let node: DevNode;
    let rpc: JsonRpcProvider;
    before(async () => {
      node = await startNode(kind);
      rpc = new JsonRpcProvider(await node.listen(), 31337, { staticNetwork: true, cacheTimeout: -1 });
      rpc.pollingInterval = 20;
    });
    after(async () => {
      rpc.destroy();
      await node.close();
    });

    const deployBox = async () => {
      const { Box } = await compileSolidity({ 'Box.sol': SOURCE }, { cacheFolder: CACHE_FOLDER });
      const signer = await node.provider.getSigner(0);
      const { address } = await deployContract(signer, Box);
      const { Contract } = await import('ethers');
      return new Contract(address, Box.abi as never, signer);
    };

    it('has the accounts that every local tool has', async () => {
      expect(node.accounts[0].address).to.equal('0xf39Fd6e51aad88F6F4ce6aB8827279cffFb92266');
      expect(await rpc.getBalance(node.accounts[3].address)).to.equal(parseEther('10000'));
      expect((await rpc.getNetwork()).chainId).to.equal(31337n);
    });

    it('mines signed transactions sent over HTTP, and refuses a nonce that is out of turn', async () => {
      const wallet = new Wallet(node.accounts[2].privateKey, rpc);
      const to = `0x${'12'.repeat(20)}`;
      const receipt = await (await wallet.sendTransaction({ to, value: 77n })).wait();
      expect([receipt?.status, receipt?.gasUsed]).to.deep.equal([1, 21_000n]);
      expect(await rpc.getBalance(to)).to.equal(77n);
      const block = await rpc.getBlock(receipt?.blockNumber ?? 0);
      expect(block?.transactions).to.deep.equal([receipt?.hash]);
      expect((await rpc.getTransaction(receipt?.hash ?? ''))?.value).to.equal(77n);
      const stale = await wallet.sendTransaction({ to, nonce: 0, gasLimit: 21_000 }).catch((cause) => cause.code);
      expect(stale).to.equal('NONCE_EXPIRED');
    });

    it('finds events by filter, topic and range, and calls back for new ones', async () => {
      const box = await deployBox();
      const seen: bigint[] = [];
      await box.on('Put', (value: bigint) => seen.push(value));
      const pause = () => new Promise((resolve) => setTimeout(resolve, 20));
      // ethers asks for the block to start from behind our back; events before that answer are missed, so one is awaited first.
      for (let tries = 0; seen.length === 0 && tries < 200; tries++) {
        await (await box.put(1n)).wait();
        await pause();
      }
      await box.off('Put');
      // A live subscription of ethers may pass over a block that is mined while it asks; what the node holds is exact.
      expect(seen).to.include(1n);
      for (const value of [5n, 6n, 5n]) await (await box.put(value)).wait();
      const events = await box.queryFilter('Put', 0);
      expect(events.slice(-3).map((event) => BigInt(event.topics[1] ?? 0))).to.deep.equal([5n, 6n, 5n]);
      expect(await box.queryFilter(box.filters.Put(5n), 0)).to.have.length(2);
      const [, second] = await box.queryFilter(box.filters.Put(5n), 0);
      expect(await box.queryFilter('Put', second.blockNumber, second.blockNumber)).to.have.length(1);
      const id = await node.request({ method: 'eth_newFilter', params: [{ address: await box.getAddress() }] });
      await (await box.put(9n)).wait();
      const changes = await node.request({ method: 'eth_getFilterChanges', params: [id] });
      expect(changes).to.have.length(1);
      expect(await node.request({ method: 'eth_getFilterChanges', params: [id] })).to.deep.equal([]);
    });

    it('gives the data of a revert, and mines a reverted transaction as failed', async () => {
      const box = await deployBox();
      const failure = await box.put.staticCall(101n).catch((cause) => cause);
      expect(failure.revert).to.include({ name: 'TooMuch' });
      const sent = await box.put(101n, { gasLimit: 100_000n });
      const receipt = await sent.wait().catch((cause: { receipt: { status: number } }) => cause.receipt);
      expect(receipt.status).to.equal(0);
      expect(await box.value()).to.equal(0n);
    });

    it('estimates a limit that suffices, also where calls keep gas back', async () => {
      const box = await deployBox();
      const estimate: bigint = await box.keepBack.estimateGas(12);
      const receipt = await (await box.keepBack(12, { gasLimit: estimate })).wait();
      expect(receipt.status).to.equal(1);
      expect(Number(estimate)).to.be.below(Number(receipt.gasUsed) * 1.6);
    });

    it('lets time pass when asked', async () => {
      const before = (await rpc.getBlock('latest'))?.timestamp ?? 0;
      await node.request({ method: 'evm_increaseTime', params: [5000] });
      await node.request({ method: 'evm_mine' });
      expect((await rpc.getBlock('latest'))?.timestamp).to.be.within(before + 5000, before + 5030);
      const missing = await node.request({ method: 'eth_fly' }).catch((cause) => cause.code);
      expect(missing).to.equal(-32601);
    });
  });
}

describe('the Solidity compiler', () => {
  it('says what is wrong with a source', async () => {
    const failure = await compileSolidity({ 'Bad.sol': 'contract X { function f() { } }' }).catch((cause) => cause);
    expect(failure).to.be.instanceOf(ZkinferError);
    expect(failure.code).to.equal('CHAIN_SOLIDITY_ERROR');
    expect(failure.facts.join()).to.include('Bad.sol');
  });
});
