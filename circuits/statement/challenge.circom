// Proves   y[0] = sum of x[k] * r^(L - k) over the limbs x[0] ... x[L - 1], r = x[L].
// Requires r fixed after the limbs are (it is a hash that covers the limbs' own hash).
// Ensures  other limbs give the same y with probability at most L / field order.
// Cost     L.
// Why sound: every signal is defined by an equation in which it alone is new; two different limb strings are two different
//          polynomials of degree at most L in r.
pragma circom 2.1.6;

template ChallengeSum(L) {
    signal input x[L + 1];
    signal output y[1];
    signal partial[L - 1];
    var sum = 0;
    for (var k = 0; k < L; k++) {
        if (k < L - 1) {
            partial[k] <== (sum + x[k]) * x[L];
            sum = partial[k];
        } else {
            y[0] <== (sum + x[k]) * x[L];
        }
    }
}
