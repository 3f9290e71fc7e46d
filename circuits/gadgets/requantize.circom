// Proves   y[j] = clamp(floor((row_j + 2^(s-1)) / 2^s), 0, 2^k - 1), s = SHIFT[j], k = OUT[j]; s = 0 adds nothing (ReLU, clip).
// Requires with z = row_j + 2^(s-1): -2^p <= z < 2^p where SIGNED[j], else 0 <= z < 2^p, p = BITS[j] (bounded by the compiler);
//          2^s - 2^p <= z where SIGNED[j] and OVER[j] is 0;
//          OVER[j] = p - s - k, or 0 where z < 2^(s+k) always; SIGNED 0 with OVER 0 needs s >= 1 and p = s + k.
// Ensures  0 <= y[j] < 2^k.
// Cost     p + 3 a row; p + 1 without saturation; one less where z >= 0; + 1 where MATERIALIZED.
// Why sound: z + SIGNED * 2^p is written in bits and sign at once; bit 0 is what the others leave and is held to 0 or 1 too, so
//          the decomposition exists once. The upper bits with the sign are 0 exactly within range: there y is the low bits, else
//          an end. One bit of saturation is selected by products instead.
//          Without saturation z = 2^s * (2 y - q) + r, all bits of r and q held to 0 or 1, and y is 0 or q: so 2 y - q is q or -q.
//          As r < 2^s and q < 2^(p-s) there is one r and one 2 y - q; q is its magnitude, and y = (2 y - q + q) / 2.
pragma circom 2.1.6;

include "weights.circom";

// How many signals of each array the rows need.
function requantizeBits(M, BITS, SIGNED, OVER) {
    var n = 0;
    for (var j = 0; j < M; j++) { n += BITS[j] - (SIGNED[j] == 0 && OVER[j] == 0 ? 2 : 1); }
    return n;
}
function requantizeSigns(M, SIGNED, OVER) {
    var n = 0;
    for (var j = 0; j < M; j++) { n += OVER[j] > 0 ? SIGNED[j] : 0; }
    return n;
}
function requantizeFlags(M, SIGNED, OVER) {
    var n = 0;
    for (var j = 0; j < M; j++) {
        if (OVER[j] == 1) { n += SIGNED[j]; }
    }
    return n;
}
function requantizeCofactors(M, OVER) {
    var n = 0;
    for (var j = 0; j < M; j++) { n += OVER[j] > 1 ? 1 : 0; }
    return n;
}

// lint CS0012: every number is a column of the compiler's plan, one entry a row; grouping them would only rename them.
template Requantize(N, M, B, WEIGHTS, BIAS, BITS, SHIFT, OUT, SIGNED, OVER, MATERIALIZED) {
    signal input x[N];
    signal output y[M];
    signal b[requantizeBits(M, BITS, SIGNED, OVER)];
    signal pos[requantizeSigns(M, SIGNED, OVER)];
    signal t[requantizeFlags(M, SIGNED, OVER)];
    signal v[requantizeCofactors(M, OVER)];
    signal z[MATERIALIZED * M];
    var G = weightsPerConstant(B);
    var MASK = (1 << B) - 1;
    var HALF = 1 << (B - 1);
    var nb = 0;
    var np = 0;
    var nt = 0;
    var nv = 0;
    for (var j = 0; j < M; j++) {
        // row = BIAS[j] + sum of weight * x[i]; sums of sums, because a growing sum is copied at each step
        var row = BIAS[j];
        var many = 0;
        for (var g = 0; g * G < N; g++) {
            var packed = WEIGHTS[j][g];
            var h = g * G;
            if (G == 24 && h + 24 <= N) {
                many += (((((packed & MASK) - HALF) * x[h] + (((packed >> (1 * B)) & MASK) - HALF) * x[h + 1] + (((packed >> (2 * B)) & MASK) - HALF) * x[h + 2])
                       + ((((packed >> (3 * B)) & MASK) - HALF) * x[h + 3] + (((packed >> (4 * B)) & MASK) - HALF) * x[h + 4] + (((packed >> (5 * B)) & MASK) - HALF) * x[h + 5]))
                      + (((((packed >> (6 * B)) & MASK) - HALF) * x[h + 6] + (((packed >> (7 * B)) & MASK) - HALF) * x[h + 7] + (((packed >> (8 * B)) & MASK) - HALF) * x[h + 8])
                       + ((((packed >> (9 * B)) & MASK) - HALF) * x[h + 9] + (((packed >> (10 * B)) & MASK) - HALF) * x[h + 10] + (((packed >> (11 * B)) & MASK) - HALF) * x[h + 11])))
                      + ((((((packed >> (12 * B)) & MASK) - HALF) * x[h + 12] + (((packed >> (13 * B)) & MASK) - HALF) * x[h + 13] + (((packed >> (14 * B)) & MASK) - HALF) * x[h + 14])
                       + ((((packed >> (15 * B)) & MASK) - HALF) * x[h + 15] + (((packed >> (16 * B)) & MASK) - HALF) * x[h + 16] + (((packed >> (17 * B)) & MASK) - HALF) * x[h + 17]))
                      + (((((packed >> (18 * B)) & MASK) - HALF) * x[h + 18] + (((packed >> (19 * B)) & MASK) - HALF) * x[h + 19] + (((packed >> (20 * B)) & MASK) - HALF) * x[h + 20])
                       + ((((packed >> (21 * B)) & MASK) - HALF) * x[h + 21] + (((packed >> (22 * B)) & MASK) - HALF) * x[h + 22] + (((packed >> (23 * B)) & MASK) - HALF) * x[h + 23])));
            } else {
                var part = 0;
                for (var i = h; i < N && i < h + G; i++) {
                    part += ((packed & MASK) - HALF) * x[i];
                    packed = packed >> B;
                }
                many += part;
            }
            if (g % 8 == 7) {
                row += many;
                many = 0;
            }
        }
        row += many;
        var sum = row + (SHIFT[j] > 0 ? 1 << (SHIFT[j] - 1) : 0) + SIGNED[j] * (1 << BITS[j]);
        if (MATERIALIZED == 1) {
            z[j] <== sum;
            sum = z[j];
        }
        var value = sum \ 1; // for hints only: an expression of many terms would be copied at each use
        var others = 0;
        var low = 0;
        if (SIGNED[j] == 0 && OVER[j] == 0) {
            // The quotient is all bits from SHIFT up: it stands for its own lowest bit.
            y[j] <-- value >> SHIFT[j]; // hint: the quotient
            var upper = 0;
            for (var i = 1; i < BITS[j]; i++) {
                if (i != SHIFT[j]) {
                    b[nb] <-- (value >> i) & 1; // hint: bit i
                    b[nb] * (b[nb] - 1) === 0;
                    // lint CS0008: the constraint below holds it; circomspect does not follow sums that variables carry.
                    if (i < SHIFT[j]) { others += b[nb] * (1 << i); } else { upper += b[nb] * (1 << (i - SHIFT[j])); }
                    nb++;
                }
            }
            // lint CS0008: the constraint below holds it; circomspect does not follow sums that variables carry.
            var bit0 = sum - others - y[j] * (1 << SHIFT[j]);
            bit0 * (bit0 - 1) === 0;
            (y[j] - upper) * (y[j] - upper - 1) === 0;
        } else if (OVER[j] == 0) {
            var quotient = (value >> SHIFT[j]) - (1 << (BITS[j] - SHIFT[j]));
            var isPositive = (value >> BITS[j]) & 1;
            y[j] <-- isPositive * quotient; // hint: the quotient where it is positive
            var magnitude = (2 * isPositive - 1) * quotient;
            var q = 0;
            for (var i = 1; i < BITS[j]; i++) {
                b[nb] <-- (i < SHIFT[j] ? value >> i : magnitude >> (i - SHIFT[j])) & 1; // hint: bit i
                b[nb] * (b[nb] - 1) === 0;
                // lint CS0008: the constraint below holds it; circomspect does not follow sums that variables carry.
                if (i < SHIFT[j]) { others += b[nb] * (1 << i); } else { q += b[nb] * (1 << (i - SHIFT[j])); }
                nb++;
            }
            var z0 = sum - (1 << BITS[j]);
            if (SHIFT[j] == 0) {
                // lint CS0008: the constraint below holds it; circomspect does not follow sums that variables carry.
                var bit0 = 2 * y[j] - z0 - q; // of the magnitude
                bit0 * (bit0 - 1) === 0;
                y[j] * (y[j] - z0) === 0;
            } else {
                // lint CS0008: the constraint below holds it; circomspect does not follow sums that variables carry.
                var bit0 = z0 - (2 * y[j] - q) * (1 << SHIFT[j]) - others; // of the remainder
                bit0 * (bit0 - 1) === 0;
                y[j] * (y[j] - q) === 0;
            }
        } else {
            var highAt = nb + SHIFT[j] + OUT[j] - 1;
            var high = 0;
            for (var i = 1; i < BITS[j]; i++) {
                b[nb] <-- (value >> i) & 1; // hint: bit i
                b[nb] * (b[nb] - 1) === 0;
                others += b[nb] * (1 << i);
                if (i >= SHIFT[j] && i < SHIFT[j] + OUT[j]) { low += b[nb] * (1 << (i - SHIFT[j])); }
                if (i >= SHIFT[j] + OUT[j]) { high += b[nb] * (1 << (i - SHIFT[j] - OUT[j])); }
                nb++;
            }
            var sign = 1;
            if (SIGNED[j] == 1) {
                pos[np] <-- (value >> BITS[j]) & 1; // hint: 1 where the rounded sum is not negative
                pos[np] * (pos[np] - 1) === 0;
                others += pos[np] * (1 << BITS[j]);
                sign = pos[np];
                np++;
            }
            var bit0 = sum - others;
            bit0 * (bit0 - 1) === 0;
            if (SHIFT[j] == 0) { low += bit0; }
            if (OVER[j] > 1) {
                var excess = high + (sign - 1) * (1 << OVER[j]);
                y[j] <-- excess != 0 ? ((1 << OUT[j]) - 1) * sign : low; // hint: an end, or the low bits
                excess * (y[j] - ((1 << OUT[j]) - 1) * sign) === 0;
                v[nv] <-- excess != 0 ? (y[j] - low) / excess : 0; // hint: any value where excess is 0
                excess * v[nv] === y[j] - low;
                nv++;
            } else {
                var within = 1 - b[highAt];
                if (SIGNED[j] == 1) {
                    t[nt] <== within * sign;
                    within = t[nt];
                    nt++;
                }
                y[j] <== low * within + ((1 << OUT[j]) - 1) * (sign - within);
            }
        }
    }
}
