// Proves   y[2j] * 2^LOW[j] + y[2j+1] = x[j] with 0 <= y[2j] < 2^HIGH[j] and 0 <= y[2j+1] < 2^LOW[j].
// Requires 1 <= LOW[j], 1 <= HIGH[j], LOW[j] + HIGH[j] <= 250.
// Ensures  the two digits of x[j], for elements whose bytes cross a limb's border.
// Cost     LOW[j] + HIGH[j], and 1 linear.
// Why sound: positional notation with two digits in range is injective; each digit is checked bit by bit.
pragma circom 2.1.6;

function splitBits(M, LOW, HIGH) {
    var n = 0;
    for (var j = 0; j < M; j++) { n += LOW[j] + HIGH[j] - 2; }
    return n;
}

template Split(M, LOW, HIGH) {
    signal input x[M];
    signal output y[2 * M];
    signal b[splitBits(M, LOW, HIGH)];
    var nb = 0;
    for (var j = 0; j < M; j++) {
        y[2 * j] <-- x[j] >> LOW[j]; // hint: the high part
        y[2 * j + 1] <-- x[j] & ((1 << LOW[j]) - 1); // hint: the low part
        y[2 * j] * (1 << LOW[j]) + y[2 * j + 1] === x[j];
        for (var side = 0; side < 2; side++) {
            var others = 0;
            for (var i = 1; i < (side == 0 ? HIGH[j] : LOW[j]); i++) {
                b[nb] <-- (y[2 * j + side] >> i) & 1; // hint: bit i
                b[nb] * (b[nb] - 1) === 0;
                others += b[nb] * (1 << i);
                nb++;
            }
            (y[2 * j + side] - others) * (y[2 * j + side] - others - 1) === 0;
        }
    }
}
