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
            var h = g * G;
            if (G == 24 && h + 24 <= N) {
                many += (((((packed & MASK) - HALF) * x[h] + (((packed >> (1 * B)) & MASK) - HALF) * x[h + 1] + (((packed >> (2 * B)) & MASK) - HALF) * x[h + 2])
                       + ((((packed >> (3 * B)) & MASK) - HALF) * x[h + 3] + (((packed >> (4 * B)) & MASK) - HALF) * x[h + 4] + (((packed >> (5 * B)) & MASK) - HALF) * x[h + 5]))
                      + (((((packed >> (6 * B)) & MASK) - HALF) * x[h + 6] + (((packed >> (7 * B)) & MASK) - HALF) * x[h + 7] + (((packed >> (8 * B)) & MASK) - HALF) * x[h + 8])
                       + ((((packed >> (9 * B)) & MASK) - HALF) * x[h + 9] + (((packed >> (10 * B)) & MASK) - HALF) * x[h + 10] + (((packed >> (11 * B)) & MASK) - HALF) * x[h + 11])))
                      + ((((((packed >> (12 * B)) & MASK) - HALF) * x[h + 12] + (((packed >> (13 * B)) & MASK) - HALF) * x[h + 13] + (((packed >> (14 * B)) & MASK) - HALF) * x[h + 14])
                       + ((((packed >> (15 * B)) & MASK) - HALF) * x[h + 15] + (((packed >> (16 * B)) & MASK) - HALF) * x[h + 16] + (((packed >> (17 * B)) & MASK) - HALF) * x[h + 17]))
                      + (((((packed >> (18 * B)) & MASK) - HALF) * x[h + 18] + (((packed >> (19 * B)) & MASK) - HALF) * x[h + 19] + (((packed >> (20 * B)) & MASK) - HALF) * x[h + 20])
                       + ((((packed >> (21 * B)) & MASK) - HALF) * x[h + 21] + (((packed >> (22 * B)) & MASK) - HALF) * x[h + 22] + (((packed >> (23 * B)) & MASK) - HALF) * x[h + 23])));
            } else {
                var part = 0;
                for (var i = h; i < N && i < h + G; i++) {
                    part += ((packed & MASK) - HALF) * x[i];
                    packed = packed >> B;
                }
                many += part;
            }
            if (g % 8 == 7) {
                row += many;
                many = 0;
            }
        }
        row += many;
        y[j] <== row;
    }
}
