// SPDX-License-Identifier: MIT
pragma solidity ^0.8.24;

import {IERC165} from "../interfaces/IERC165.sol";
import {IERC7007} from "../interfaces/IERC7007.sol";
import {IInferenceVerifier} from "../interfaces/IInferenceVerifier.sol";

/// @title ERC-7007 adapter for one model
/// @notice The prompt is the model's input, the content its output. `proof` is abi.encode(agent, token id, commitment, groth16
/// proof); the nonce of the inference is the token id, so content proven for one token is refused for another.
contract AigcVerifier is IERC7007, IERC165 {
    error TokenMismatch(uint256 proven);
    error ContentExists(uint256 tokenId);

    IInferenceVerifier public immutable verifier;
    bytes32 public immutable modelId;

    /// @notice Hash of the content of a token; zero when it has none.
    mapping(uint256 tokenId => bytes32) public contentHashOf;

    constructor(IInferenceVerifier verifier_, bytes32 modelId_) {
        verifier = verifier_;
        modelId = modelId_;
    }

    /// @inheritdoc IERC7007
    function addAigcData(uint256 tokenId, bytes calldata prompt, bytes calldata aigcData, bytes calldata proof)
        external
    {
        if (contentHashOf[tokenId] != bytes32(0)) revert ContentExists(tokenId);
        (, uint256 proven,,) = abi.decode(proof, (address, uint256, uint256, bytes));
        if (proven != tokenId) revert TokenMismatch(proven);
        verify(prompt, aigcData, proof);
        contentHashOf[tokenId] = keccak256(aigcData);
        emit AigcData(tokenId, prompt, aigcData, proof);
    }

    /// @inheritdoc IERC165
    function supportsInterface(bytes4 interfaceId) external pure returns (bool) {
        return interfaceId == type(IERC7007).interfaceId || interfaceId == type(IERC165).interfaceId;
    }

    /// @inheritdoc IERC7007
    /// @dev True or a revert; never false.
    function verify(bytes calldata prompt, bytes calldata aigcData, bytes calldata proof) public view returns (bool) {
        (address agent, uint256 tokenId, uint256 commitment, bytes memory groth16) =
            abi.decode(proof, (address, uint256, uint256, bytes));
        return verifier.verifyInference(
            modelId,
            IInferenceVerifier.Inference({
                agent: agent,
                nonce: bytes32(tokenId),
                input: prompt,
                output: aigcData,
                commitment: commitment
            }),
            groth16
        );
    }
}
