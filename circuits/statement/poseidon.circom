// Proves   y[0] = Poseidon(PREFIX if FIXED = 2, x[0], x[1], ...) over BN254 with x^5, as circomlib's Poseidon(n).
// Requires C and M, round constants and mixing matrix of width T = N + FIXED, 2 <= T <= 17; RP partial rounds.
// Ensures  a collision-resistant commitment to the signals.
// Cost     3 for each S-box whose argument is not constant, 3 * (8 * T + RP - FIXED), and 1 linear.
// Why sound: every signal is defined by an equation in which it alone is new; the linear layers are sums, not signals.
pragma circom 2.1.6;

template Poseidon(N, FIXED, PREFIX, RP, C, M) {
    signal input x[N];
    signal output y[1];
    var T = N + FIXED;
    signal square[8 * T + RP - FIXED];
    signal fourth[8 * T + RP - FIXED];
    signal fifth[8 * T + RP - FIXED];
    var state[T];
    state[0] = 0;
    if (FIXED == 2) { state[1] = PREFIX; }
    for (var i = 0; i < N; i++) { state[FIXED + i] = x[i]; }
    var n = 0;
    for (var round = 0; round < 8 + RP; round++) {
        for (var i = 0; i < T; i++) {
            state[i] += C[round * T + i];
            if (round < 4 || round >= 4 + RP || i == 0) {
                if (round == 0 && i < FIXED) {
                    state[i] = state[i] * state[i] * state[i] * state[i] * state[i];
                } else {
                    square[n] <== state[i] * state[i];
                    fourth[n] <== square[n] * square[n];
                    fifth[n] <== fourth[n] * state[i];
                    state[i] = fifth[n];
                    n++;
                }
            }
        }
        var mixed[T];
        for (var i = 0; i < T; i++) {
            var sum = 0;
            for (var j = 0; j < T; j++) { sum += M[i][j] * state[j]; }
            mixed[i] = sum;
        }
        for (var i = 0; i < T; i++) { state[i] = mixed[i]; }
    }
    y[0] <== state[0];
}
