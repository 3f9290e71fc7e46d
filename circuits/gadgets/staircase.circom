// Proves   y[0] = number of thresholds at or below the row.
// Requires the row within the first level's lower and the last level's upper end (bounded by the compiler); thresholds strictly
//          ascending; no gap wider than 2^BITS, BITS >= 1; CF[0], CF[1] the polynomials of degree D through the levels' lower
//          and upper ends; LEVELBITS = bits of T; M = 1.
// Ensures  0 <= y[0] <= T.
// Cost     LEVELBITS + STEP - 1 + 2 * hornerProducts(D, STEP) + 2 * BITS.
// Why sound: y is held to 0 .. T, so both polynomials give the true ends of level y; the row is shown to lie between them, and
//          levels do not overlap: only the true level fits.
pragma circom 2.1.6;

include "weights.circom";
include "lookup.circom";

// lint CS0007, CS0012: M is there, as 1, so that all gadgets over rows take the same arguments in the same order.
template Staircase(N, M, B, WEIGHTS, BIAS, T, THRESHOLDS, LEVELBITS, D, STEP, CF, BITS) {
    signal input x[N];
    signal output y[1];
    signal level[LEVELBITS - 1];
    signal power[STEP - 1];
    signal horner[2 * (hornerProducts(D, STEP) - 1)];
    signal end[2];
    signal b[2 * (BITS - 1)];
    var G = weightsPerConstant(B);
    var MASK = (1 << B) - 1;
    var HALF = 1 << (B - 1);
    // row = BIAS[0] + sum of weight * x[i]; sums of sums, because a growing sum is copied at each step
    var row = BIAS[0];
    for (var g = 0; g * G < N; g++) {
        var packed = WEIGHTS[0][g];
        var part = 0;
        for (var i = g * G; i < N && i < g * G + G; i++) {
            part += ((packed & MASK) - HALF) * x[i];
            packed = packed >> B;
        }
        row += part;
    }
    var above = (row - THRESHOLDS[0] + (1 << 200)) \ 1; // for hints only: an expression of many terms would be copied at each use
    var count = 0;
    for (var t = 0; t < T; t++) { count += above >= THRESHOLDS[t] - THRESHOLDS[0] + (1 << 200) ? 1 : 0; }
    y[0] <-- count; // hint: the level
    var topWeight = T - ((1 << (LEVELBITS - 1)) - 1);
    var isTop = LEVELBITS > 1 && count >= (1 << (LEVELBITS - 1)) ? 1 : 0;
    var others = 0;
    for (var i = 1; i < LEVELBITS; i++) {
        level[i - 1] <-- i == LEVELBITS - 1 ? isTop : ((count - isTop * topWeight) >> i) & 1; // hint: bit i of the level
        level[i - 1] * (level[i - 1] - 1) === 0;
        others += level[i - 1] * (i == LEVELBITS - 1 ? topWeight : 1 << i);
    }
    (y[0] - others) * (y[0] - others - 1) === 0;
    var p[STEP + 1];
    p[0] = 1;
    p[1] = y[0];
    for (var k = 2; k <= STEP; k++) {
        power[k - 2] <== p[k \ 2] * p[k - k \ 2];
        p[k] = power[k - 2];
    }
    var n = 0;
    var nb = 0;
    for (var side = 0; side < 2; side++) {
        var top = D \ STEP;
        var acc = 0;
        for (var i = 0; top * STEP + i <= D; i++) { acc += CF[side][top * STEP + i] * p[i]; }
        for (var k = top - 1; k >= 0; k--) {
            var block = 0;
            for (var i = 0; i < STEP; i++) { block += CF[side][k * STEP + i] * p[i]; }
            if (k == top - 1 && D % STEP == 0) {
                acc = CF[side][D] * p[STEP] + block;
            } else if (k > 0) {
                horner[n] <== acc * p[STEP] + block;
                acc = horner[n];
                n++;
            } else {
                end[side] <== acc * p[STEP] + block;
            }
        }
        var distance = side == 0 ? row - end[0] : end[1] - row;
        var value = distance \ 1; // for hints only
        var rest = 0;
        for (var i = 1; i < BITS; i++) {
            b[nb] <-- (value >> i) & 1; // hint: bit i
            b[nb] * (b[nb] - 1) === 0;
            rest += b[nb] * (1 << i);
            nb++;
        }
        (distance - rest) * (distance - rest - 1) === 0;
    }
}
