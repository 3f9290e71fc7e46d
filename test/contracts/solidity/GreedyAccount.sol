// SPDX-License-Identifier: MIT
pragma solidity ^0.8.24;

import {IInferenceMarket} from "../interfaces/IInferenceMarket.sol";

/// @title A requester that tries to withdraw again while it is being paid
contract GreedyAccount {
    IInferenceMarket private immutable market;
    bool private greedy;

    constructor(IInferenceMarket market_) {
        market = market_;
    }

    function post(bytes32 modelId, bytes calldata input, uint64 deadline) external payable returns (uint256) {
        return market.post{value: msg.value}(modelId, input, deadline);
    }

    function cancel(uint256 id) external {
        market.cancel(id);
    }

    function withdraw(bool again) external {
        greedy = again;
        market.withdraw();
    }

    receive() external payable {
        if (greedy) market.withdraw();
    }
}
