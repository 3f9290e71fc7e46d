// SPDX-License-Identifier: MIT
pragma solidity ^0.8.24;

/// @title Bytes as field elements
/// @notice 31 bytes to a limb, the first byte most significant; the last limb is what is left, as a shorter number.
library Limbs {
    uint256 internal constant LIMB_BYTES = 31;

    /// @notice How many limbs `size` bytes take.
    function count(uint256 size) internal pure returns (uint256) {
        unchecked {
            return (size + LIMB_BYTES - 1) / LIMB_BYTES;
        }
    }

    /// @notice Whether an output of so many bytes fits what the last limb of the input leaves free.
    function joins(uint256 inputSize, uint256 outputSize) internal pure returns (bool) {
        if (inputSize == 0 || outputSize == 0) return false;
        unchecked {
            return (inputSize - 1) % LIMB_BYTES + 1 + outputSize <= LIMB_BYTES;
        }
    }

    /// @notice Limb `index` of `data`.
    function at(bytes calldata data, uint256 index) internal pure returns (uint256 value) {
        assembly ("memory-safe") {
            let start := mul(index, LIMB_BYTES)
            let left := sub(data.length, start)
            if gt(left, LIMB_BYTES) { left := LIMB_BYTES }
            value := shr(sub(256, shl(3, left)), calldataload(add(data.offset, start)))
        }
    }
}
