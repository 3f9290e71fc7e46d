// SPDX-License-Identifier: MIT
pragma solidity ^0.8.24;

/// @title What a proof is bound to, beside input and output
library Challenge {
    uint256 private constant R = 21888242871839275222246405745257275088548364400416034343698204186575808495617;
    bytes32 internal constant CONTEXT_DOMAIN = keccak256("zkinfer/context/v1");
    bytes32 internal constant CHALLENGE_DOMAIN = keccak256("zkinfer/challenge/v1");

    /// @notice The context of a packed statement: the last public signal.
    function context(bytes32 modelId, address agent, bytes32 nonce) internal view returns (uint256) {
        return uint256(keccak256(abi.encode(CONTEXT_DOMAIN, block.chainid, address(this), modelId, agent, nonce))) % R;
    }

    /// @notice The challenge r of a bound statement. It follows from the commitment c, so that whoever proves has fixed
    /// the limbs before r is known.
    function challenge(
        bytes32 modelId,
        address agent,
        bytes32 nonce,
        bytes32 inputHash,
        bytes32 outputHash,
        uint256 commitment
    ) internal view returns (uint256) {
        bytes memory bound = abi.encode(
            CHALLENGE_DOMAIN, block.chainid, address(this), modelId, agent, nonce, inputHash, outputHash, commitment
        );
        return uint256(keccak256(bound)) % R;
    }
}
