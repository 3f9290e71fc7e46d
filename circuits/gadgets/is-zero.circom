// Proves   y[j] = 1 where row_j = 0, else 0, for M rows over N signals.
// Requires nothing of the rows.
// Ensures  y[j] is 0 or 1.
// Cost     2 a row; + 1 where MATERIALIZED.
// Why sound: where row_j is not 0 the second constraint forces y = 0; where it is 0 the first forces y = 1. inv is free only there.
pragma circom 2.1.6;

include "weights.circom";

template IsZero(N, M, B, WEIGHTS, BIAS, MATERIALIZED) {
    signal input x[N];
    signal output y[M];
    signal inv[M];
    signal z[MATERIALIZED * M];
    var G = weightsPerConstant(B);
    var MASK = (1 << B) - 1;
    var HALF = 1 << (B - 1);
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
        if (MATERIALIZED == 1) {
            z[j] <== row;
            row = z[j];
        }
        inv[j] <-- row != 0 ? 1 / row : 0; // hint: any value where the row is 0
        y[j] <== 1 - row * inv[j];
        row * y[j] === 0;
    }
}
