// Proves   y = bias + sum of x[i] * w[i]; the signals are x[0 … N-1], w[0 … N-1] and the bias, in this order.
// Requires nothing: w and the bias may be any elements of the field, as weights packed several to an element are.
// Ensures  y is determined by x, w and the bias.
// Cost     N.
// Why sound: each constraint defines the next partial sum, in which it alone is new.
pragma circom 2.1.6;

template InnerProduct(N) {
    signal input x[2 * N + 1];
    signal output y[1];
    signal partial[N - 1];
    for (var i = 0; i < N; i++) {
        var before = i == 0 ? x[2 * N] : partial[i - 1];
        if (i == N - 1) { y[0] <== before + x[i] * x[N + i]; } else { partial[i] <== before + x[i] * x[N + i]; }
    }
}
