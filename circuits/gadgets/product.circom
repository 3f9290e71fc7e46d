// Proves   Products: y[j] = x[j] * x[M + j]. Product: y[j] = left_j * right_j, two rows of sums over the same N signals.
// Requires products that stay far below the field's order (bounded by the compiler).
// Ensures  y[j] is determined by x.
// Cost     1 a product.
// Why sound: y[j] is defined by an equation in which it alone is new.
pragma circom 2.1.6;

include "weights.circom";

template Products(M) {
    signal input x[2 * M];
    signal output y[M];
    for (var j = 0; j < M; j++) { y[j] <== x[j] * x[M + j]; }
}

// Rows are short here (a selection has a handful of terms), so they are summed term by term.
// lint CS0012: two rows of sums, each as the other gadgets take one.
template Product(N, M, B_LEFT, LEFT, BIAS_LEFT, B_RIGHT, RIGHT, BIAS_RIGHT) {
    signal input x[N];
    signal output y[M];
    var GL = weightsPerConstant(B_LEFT);
    var GR = weightsPerConstant(B_RIGHT);
    for (var j = 0; j < M; j++) {
        var left = BIAS_LEFT[j];
        var right = BIAS_RIGHT[j];
        for (var i = 0; i < N; i++) {
            left += (((LEFT[j][i \ GL] >> ((i % GL) * B_LEFT)) & ((1 << B_LEFT) - 1)) - (1 << (B_LEFT - 1))) * x[i];
            right += (((RIGHT[j][i \ GR] >> ((i % GR) * B_RIGHT)) & ((1 << B_RIGHT) - 1)) - (1 << (B_RIGHT - 1))) * x[i];
        }
        y[j] <== left * right;
    }
}
