// SPDX-License-Identifier: MIT
pragma solidity ^0.8.24;

/// @title Registry of models and verifier of their inferences
/// @notice A model is a verification key plus the layout of its statement. An inference says: this model maps `input` to
/// `output`, and the proof was made for `agent`, on this chain, for this contract, with this `nonce`.
interface IInferenceVerifier {
    /// @notice How input and output stand in the public signals.
    /// Packed: one signal for each 31 bytes of input, one for each 31 bytes of output, then the context; an output that fits
    /// what the last 31 bytes of an uncommitted input leave free shares its signal.
    /// Bound: always three signals (c, y, r): a Poseidon commitment to the bytes, their polynomial at r, and r.
    enum Statement {
        Packed,
        Bound
    }

    /// @notice What a publisher says about a model.
    /// @param modelHash digest of the model's file
    /// @param inputLength bytes of public input; 0 for a private input, 32 for a committed one
    /// @param outputLength bytes of output
    /// @param statement layout of the public signals
    /// @param inputCommitted the input is a Poseidon commitment: one field element in 32 bytes, big-endian
    struct ModelSpec {
        bytes32 modelHash;
        uint32 inputLength;
        uint32 outputLength;
        Statement statement;
        bool inputCommitted;
    }

    /// @notice A registered model.
    /// @param key the contract that holds the verification key as data
    struct Model {
        address key;
        uint32 inputLength;
        uint32 outputLength;
        Statement statement;
        bool inputCommitted;
        bool active;
        address publisher;
        bytes32 modelHash;
    }

    /// @notice One run of a model.
    /// @param agent whom the proof was made for; nobody else can use it
    /// @param nonce makes the inference unique for its agent
    /// @param input bytes of the public input, or the commitment
    /// @param output bytes of the output
    /// @param commitment c of a bound statement; 0 for a packed one
    struct Inference {
        address agent;
        bytes32 nonce;
        bytes input;
        bytes output;
        uint256 commitment;
    }

    /// @notice What is of a run's own in a batch, beside its bytes; see `Inference`.
    struct Run {
        address agent;
        bytes32 nonce;
        uint256 commitment;
    }

    event ModelRegistered(
        bytes32 indexed modelId, address indexed publisher, bytes32 indexed modelHash, address key, ModelSpec spec, string uri
    );
    event ModelDeactivated(bytes32 indexed modelId);
    event InferenceRecorded(
        bytes32 indexed modelId, address indexed agent, bytes32 indexed nullifier, bytes32 inputHash, bytes output
    );

    error ModelUnknown(bytes32 modelId);
    error ModelInactive(bytes32 modelId);
    error ModelExists(bytes32 modelId);
    error NotPublisher(address caller);
    /// @notice The spec contradicts itself: a committed input has 32 bytes, an output has at least one.
    error SpecInvalid();
    error InputLengthMismatch(uint256 expected, uint256 actual);
    error OutputLengthMismatch(uint256 expected, uint256 actual);
    /// @notice A committed input is one field element; this one is not below the order of the field.
    error InputNotInField();
    /// @notice A packed statement has no commitment of its own.
    error CommitmentUnexpected();
    error NullifierUsed(bytes32 nullifier);

    /// @notice Registers a model. Anyone may; the id commits to the caller, the key and the spec.
    /// @param key the verification key as `Groth16Verifier` lays it out, 512 + 64 bytes for each signal
    /// @param uri where the model's bundle is described; not used by the contract
    /// @return modelId hash of publisher, key and spec
    function registerModel(bytes calldata key, ModelSpec calldata spec, string calldata uri)
        external
        returns (bytes32 modelId);

    /// @notice Ends verification for a model. For its publisher, and for good.
    function deactivate(bytes32 modelId) external;

    /// @notice A registered model, active or not.
    function model(bytes32 modelId) external view returns (Model memory);

    /// @notice Hash of a model's verification key, as it stands in the model's id.
    function keyHashOf(bytes32 modelId) external view returns (bytes32);

    /// @notice The id that a registration by `publisher` has.
    function modelIdOf(address publisher, bytes32 keyHash, ModelSpec calldata spec) external pure returns (bytes32);

    /// @notice The context (packed) or the challenge r (bound) that a proof of `inference` has to carry.
    function challengeOf(bytes32 modelId, Inference calldata inference) external view returns (uint256);

    /// @notice The public signals that a proof of `inference` has to carry.
    function signalsOf(bytes32 modelId, Inference calldata inference) external view returns (uint256[] memory);

    /// @notice True when `proof` proves `inference` of the model; reverts in every other case.
    /// @param proof 256 bytes: A, B, C
    function verifyInference(bytes32 modelId, Inference calldata inference, bytes calldata proof)
        external
        view
        returns (bool);

    /// @notice True when each of the proofs proves its run of the model; reverts in every other case.
    /// @param inputs inputs of the runs, one after the other, as long as the model's spec says
    /// @param outputs outputs of the runs, one after the other
    /// @param proofs 256 bytes for each run
    function verifyBatch(
        bytes32 modelId,
        Run[] calldata runs,
        bytes calldata inputs,
        bytes calldata outputs,
        bytes calldata proofs
    ) external view returns (bool);

    /// @notice Verifies and records an inference; each (model, agent, nonce) once.
    /// @return nullifier hash of model, agent and nonce; never of the proof, which anyone can re-randomise
    function recordInference(bytes32 modelId, Inference calldata inference, bytes calldata proof)
        external
        returns (bytes32 nullifier);

    /// @notice Whether a nullifier was used.
    function nullified(bytes32 nullifier) external view returns (bool);
}
