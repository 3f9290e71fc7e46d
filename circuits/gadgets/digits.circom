// Proves   x = sum of (y[k] + MIN) * 2^(B * k): the sums that packed weights gave, side by side in one element.
// Requires B * M <= 253, and that whoever reads y[k] holds it to some range of 2^B integers: a range check, or the bits of
//          the requantization that takes it.
// Ensures  with those ranges, y[k] is determined by x.
// Cost     1, linear; the ranges are paid for where they are checked.
// Why sound: digits in ranges of 2^B integers at steps of 2^B add up to fewer than 2^253 different numbers, below the field's
//          order, so x has one reading at most. Without the ranges it proves nothing, and the audit refuses the circuit.
pragma circom 2.1.6;

template Digits(M, B, MIN) {
    signal input x[1];
    signal output y[M];
    var lift = 0;
    for (var k = 0; k < M; k++) { lift -= MIN * (1 << (B * k)); }
    var lifted = x[0] + lift;
    var sum = 0;
    for (var k = 0; k < M; k++) {
        y[k] <-- (lifted >> (B * k)) & ((1 << B) - 1); // hint: digit k
        sum += y[k] * (1 << (B * k));
    }
    lifted === sum;
}
