// Proves   y[0] = f(row), f the polynomial of degree D with coefficients CF through a table of integers.
// Requires the row to be an index of the table, 0 to its length - 1 (bounded by the compiler); D >= 2; 1 <= STEP < D; M = 1.
// Ensures  y[0] is the table's entry.
// Cost     STEP - 1 + floor(D / STEP), one less where STEP divides D: 30 for 256 entries.
// Why sound: every signal is defined by an equation in which it alone is new; the polynomial has the table's values by construction.
pragma circom 2.1.6;

include "weights.circom";

// Products of a Horner scheme over blocks of STEP coefficients.
function hornerProducts(D, STEP) {
    return D \ STEP - (D % STEP == 0 ? 1 : 0);
}

// lint CS0007, CS0012: M is there, as 1, so that all gadgets over rows take the same arguments in the same order.
template Lookup(N, M, B, WEIGHTS, BIAS, D, STEP, CF) {
    signal input x[N];
    signal output y[1];
    signal power[STEP - 1];
    signal horner[hornerProducts(D, STEP) - 1];
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
    var p[STEP + 1];
    p[0] = 1;
    p[1] = row;
    for (var k = 2; k <= STEP; k++) {
        power[k - 2] <== p[k \ 2] * p[k - k \ 2];
        p[k] = power[k - 2];
    }
    var top = D \ STEP;
    var acc = 0;
    for (var i = 0; top * STEP + i <= D; i++) { acc += CF[top * STEP + i] * p[i]; }
    var n = 0;
    for (var k = top - 1; k >= 0; k--) {
        var block = 0;
        for (var i = 0; i < STEP; i++) { block += CF[k * STEP + i] * p[i]; }
        if (k == top - 1 && D % STEP == 0) {
            acc = CF[D] * p[STEP] + block;
        } else if (k > 0) {
            horner[n] <== acc * p[STEP] + block;
            acc = horner[n];
            n++;
        } else {
            y[0] <== acc * p[STEP] + block;
        }
    }
}
