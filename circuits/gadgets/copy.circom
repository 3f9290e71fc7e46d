// Proves   Copy: y[0] = x[0]. Constant: y[0] = VALUE.
// Requires nothing.
// Ensures  a public output that repeats a signal or is constant keeps a wire: plain equalities are dropped by the compiler.
// Cost     1.
// Why sound: in a field only 0 has the square 0.
pragma circom 2.1.6;

template Copy() {
    signal input x[1];
    signal output y[1];
    // lint CS0013, T3002: with `<==` the compiler would drop the equality and rename the output.
    y[0] <-- x[0]; // hint: the signal
    (y[0] - x[0]) * (y[0] - x[0]) === 0;
}

template Constant(VALUE) {
    signal output y[1];
    // lint CS0013, T3002: with `<==` the compiler would drop the equality, and the output would be in no constraint.
    y[0] <-- VALUE; // hint: the constant
    (y[0] - VALUE) * (y[0] - VALUE) === 0;
}
