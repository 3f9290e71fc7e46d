// SPDX-License-Identifier: MIT
pragma solidity ^0.8.24;

/// @title ERC-7007: verifiable content for tokens
/// @dev Interface id 0x702c55a6.
interface IERC7007 {
    event AigcData(uint256 indexed tokenId, bytes indexed prompt, bytes indexed aigcData, bytes proof);

    /// @notice Attaches content to a token; reverts unless `proof` proves that it follows from the prompt.
    function addAigcData(uint256 tokenId, bytes calldata prompt, bytes calldata aigcData, bytes calldata proof) external;

    /// @notice Whether the content follows from the prompt.
    function verify(bytes calldata prompt, bytes calldata aigcData, bytes calldata proof)
        external
        view
        returns (bool success);
}
