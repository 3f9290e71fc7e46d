// SPDX-License-Identifier: MIT
pragma solidity ^0.8.24;

/// @title What a proof is bound to, beside input and output
library Challenge {
    uint256 private constant R = 21888242871839275222246405745257275088548364400416034343698204186575808495617;
    bytes32 internal constant CONTEXT_DOMAIN = keccak256("zkinfer/context/v1");
    bytes32 internal constant CHALLENGE_DOMAIN = keccak256("zkinfer/challenge/v1");

    /// @notice The context of a packed statement, its last public signal: keccak256(abi.encode(domain, chain id, this contract,
    /// model, agent, nonce)) mod R.
    function context(bytes32 modelId, address agent, bytes32 nonce) internal view returns (uint256 value) {
        bytes32 domain = CONTEXT_DOMAIN;
        assembly ("memory-safe") {
            let at := mload(0x40)
            mstore(at, domain)
            mstore(add(at, 32), chainid())
            mstore(add(at, 64), address())
            mstore(add(at, 96), modelId)
            mstore(add(at, 128), agent)
            mstore(add(at, 160), nonce)
            value := mod(keccak256(at, 192), R)
        }
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
