// Proves   MIN[j] <= x[j] <= MAX[j] for M signals.
// Requires 0 <= MAX[j] - MIN[j] < 2^250.
// Ensures  the bounds that the rest of the circuit takes for granted.
// Cost     bits(MAX[j] - MIN[j]) each, 1 where they are equal.
// Why sound: x - MIN is a sum of bits times weights 1, 2, 4, ... and a top weight chosen so that all together give MAX - MIN: no
//          choice of bits leaves the range. Bit 0 is what the others leave and is held to 0 or 1 too. The bits of a value need not
//          be unique where MAX - MIN + 1 is no power of two; nothing else reads them.
pragma circom 2.1.6;

function bitsOf(value) {
    var n = 0;
    while ((1 << n) <= value) { n++; }
    return n;
}
function rangeCheckBits(M, MIN, MAX) {
    var n = 0;
    for (var j = 0; j < M; j++) {
        var width = bitsOf(MAX[j] - MIN[j]);
        n += width > 0 ? width - 1 : 0;
    }
    return n;
}

template RangeCheck(M, MIN, MAX) {
    signal input x[M];
    signal b[rangeCheckBits(M, MIN, MAX)];
    var nb = 0;
    for (var j = 0; j < M; j++) {
        var width = bitsOf(MAX[j] - MIN[j]);
        // lint CS0008: the constraint below holds it; circomspect does not follow sums that variables carry.
        var others = 0;
        var topWeight = 0;
        var top = 0;
        if (width > 1) {
            topWeight = MAX[j] - MIN[j] - ((1 << (width - 1)) - 1);
            top = x[j] - MIN[j] >= (1 << (width - 1)) ? 1 : 0;
        }
        for (var i = 1; i < width; i++) {
            b[nb] <-- i == width - 1 ? top : ((x[j] - MIN[j] - top * topWeight) >> i) & 1; // hint: bit i
            b[nb] * (b[nb] - 1) === 0;
            // lint CS0008: the constraint below holds it; circomspect does not follow sums that variables carry.
            others += b[nb] * (i == width - 1 ? topWeight : 1 << i);
            nb++;
        }
        // lint CS0008: the constraint below holds it; circomspect does not follow sums that variables carry.
        var bit0 = x[j] - MIN[j] - others;
        if (width > 0) { bit0 * (bit0 - 1) === 0; } else { bit0 * bit0 === 0; }
    }
}
