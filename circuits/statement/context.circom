// Proves   that the proof was made for this context: the caller's binding of chain, contract, agent and nonce.
// Requires nothing.
// Ensures  the context stands in a constraint: a proof for one context does not verify for another.
// Cost     1.
// Why sound: Groth16 binds every public input that the relation mentions; square is determined by it.
pragma circom 2.1.6;

template BindContext() {
    signal input x[1];
    // lint CS0017: that the context stands in a constraint is all that this is for; nobody reads its square.
    signal square;
    square <== x[0] * x[0];
}
