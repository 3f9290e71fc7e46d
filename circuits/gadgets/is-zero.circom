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
        var many = 0;
        for (var g = 0; g * G < N; g++) {
            var packed = WEIGHTS[j][g];
            var part = 0;
            for (var h = g * G; h < g * G + G; h += 8) {
                if (h + 8 <= N && h + 8 <= g * G + G) {
                    part += (((((packed & MASK) - HALF) * x[h]) + (((packed >> B) & MASK) - HALF) * x[h + 1])
                           + ((((packed >> (2 * B)) & MASK) - HALF) * x[h + 2] + (((packed >> (3 * B)) & MASK) - HALF) * x[h + 3]))
                          + (((((packed >> (4 * B)) & MASK) - HALF) * x[h + 4] + (((packed >> (5 * B)) & MASK) - HALF) * x[h + 5])
                           + ((((packed >> (6 * B)) & MASK) - HALF) * x[h + 6] + (((packed >> (7 * B)) & MASK) - HALF) * x[h + 7]));
                } else {
                    for (var i = h; i < N && i < g * G + G && i < h + 8; i++) { part += (((packed >> ((i - h) * B)) & MASK) - HALF) * x[i]; }
                }
                packed = packed >> (8 * B);
            }
            many += part;
            if (g % 8 == 7) { row += many; many = 0; }
        }
        row += many;
        if (MATERIALIZED == 1) {
            z[j] <== row;
            row = z[j];
        }
        inv[j] <-- row != 0 ? 1 / row : 0; // hint: any value where the row is 0
        y[j] <== 1 - row * inv[j];
        row * y[j] === 0;
    }
}
