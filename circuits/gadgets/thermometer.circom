// Proves   y[t] = 1 where row >= THRESHOLDS[t], else 0.
// Requires LO <= row <= HI (bounded by the compiler); thresholds strictly ascending in (LO, HI]; no gap wider than 2^BITS;
//          CHECKS = 2, or 1 where every gap is 2^BITS exactly, or 0 where BITS is 0; M = 1.
// Ensures  flags of 0 or 1 that fall only once.
// Cost     T + CHECKS * BITS, and 1 linear where BITS is 0.
// Why sound: each flag is 0 or the flag before, so they name one level; the row is shown to be at or above that level's lower end
//          and below its upper end (either alone suffices where all gaps are equal): only the true level fits.
pragma circom 2.1.6;

include "weights.circom";

// lint CS0007, CS0012: M is there, as 1, so that all gadgets over rows take the same arguments in the same order.
template Thermometer(N, M, B, WEIGHTS, BIAS, T, LO, HI, THRESHOLDS, BITS, CHECKS) {
    signal input x[N];
    signal output y[T];
    signal b[CHECKS * (BITS > 0 ? BITS - 1 : 0)];
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
    var above = (row - LO) \ 1 + LO; // for hints only: an expression of many terms would be copied at each use
    var lower = LO;
    var upper = THRESHOLDS[0];
    for (var t = 0; t < T; t++) {
        y[t] <-- above >= THRESHOLDS[t] ? 1 : 0; // hint: the comparison
        if (t == 0) { y[t] * (y[t] - 1) === 0; } else { y[t] * (y[t] - y[t - 1]) === 0; }
        lower += y[t] * (THRESHOLDS[t] - (t == 0 ? LO : THRESHOLDS[t - 1]));
        upper += y[t] * ((t == T - 1 ? HI + 1 : THRESHOLDS[t + 1]) - THRESHOLDS[t]);
    }
    if (BITS == 0) { row - lower === 0; }
    var nb = 0;
    for (var side = 0; side < CHECKS; side++) {
        var distance = side == 0 ? row - lower : upper - 1 - row;
        var value = distance \ 1;
        var others = 0;
        for (var i = 1; i < BITS; i++) {
            b[nb] <-- (value >> i) & 1; // hint: bit i
            b[nb] * (b[nb] - 1) === 0;
            others += b[nb] * (1 << i);
            nb++;
        }
        (distance - others) * (distance - others - 1) === 0;
    }
}
