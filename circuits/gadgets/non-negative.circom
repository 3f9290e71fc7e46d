// Proves   y[j] = 1 where row_j >= 0, else 0, for M rows over N signals.
// Requires -2^p <= row_j < 2^p, p = BITS[j] >= 1 (bounded by the compiler).
// Ensures  y[j] is 0 or 1.
// Cost     p + 1 a row; + 1 where MATERIALIZED.
// Why sound: row_j + 2^p = y * 2^p + bits; bit 0 is what the others leave and is held to 0 or 1 too, so the
//          decomposition exists once and y is its top bit.
pragma circom 2.1.6;

include "weights.circom";

function nonNegativeBits(M, BITS) {
    var n = 0;
    for (var j = 0; j < M; j++) { n += BITS[j] - 1; }
    return n;
}

template NonNegative(N, M, B, WEIGHTS, BIAS, BITS, MATERIALIZED) {
    signal input x[N];
    signal output y[M];
    signal b[nonNegativeBits(M, BITS)];
    signal z[MATERIALIZED * M];
    var G = weightsPerConstant(B);
    var MASK = (1 << B) - 1;
    var HALF = 1 << (B - 1);
    var nb = 0;
    for (var j = 0; j < M; j++) {
        // row = BIAS[j] + sum of weight * x[i]; sums of sums, because a growing sum is copied at each step
        var row = BIAS[j];
        for (var g = 0; g * G < N; g++) {
            var packed = WEIGHTS[j][g];
            var part = 0;
            for (var i = g * G; i < N && i < g * G + G; i++) {
                part += ((packed & MASK) - HALF) * x[i];
                packed = packed >> B;
            }
            row += part;
        }
        var sum = row + (1 << BITS[j]);
        if (MATERIALIZED == 1) {
            z[j] <== sum;
            sum = z[j];
        }
        var value = sum \ 1; // for hints only: an expression of many terms would be copied at each use
        y[j] <-- (value >> BITS[j]) & 1; // hint: the sign
        y[j] * (y[j] - 1) === 0;
        // lint CS0008: the constraint below holds it; circomspect does not follow sums that variables carry.
        var others = y[j] * (1 << BITS[j]);
        for (var i = 1; i < BITS[j]; i++) {
            b[nb] <-- (value >> i) & 1; // hint: bit i
            b[nb] * (b[nb] - 1) === 0;
            // lint CS0008: the constraint below holds it; circomspect does not follow sums that variables carry.
            others += b[nb] * (1 << i);
            nb++;
        }
        // lint CS0008: the constraint below holds it; circomspect does not follow sums that variables carry.
        var bit0 = sum - others;
        bit0 * (bit0 - 1) === 0;
    }
}
