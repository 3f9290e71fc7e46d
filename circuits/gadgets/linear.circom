// Proves   y[j] = BIAS[j] + sum_i w(j, i) * x[i] for M rows over N signals.
// Requires integers whose sums stay far below the field's order (the compiler bounds every row).
// Ensures  each row has a signal of its own, for rows too long to stand inside a gadget.
// Cost     M linear constraints.
// Why sound: y[j] is defined by an equation in which it alone is new.
pragma circom 2.1.6;

include "weights.circom";

// WEIGHTS: B bits each, stored plus 2^(B-1), weightsPerConstant(B) to a constant, the first in the lowest bits.
template Linear(N, M, B, WEIGHTS, BIAS) {
    signal input x[N];
    signal output y[M];
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
        y[j] <== row;
    }
}
