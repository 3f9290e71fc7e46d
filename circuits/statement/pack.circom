// Proves   Pack: y[k] = the k-th 31 bytes of the byte string, byte 0 the most significant, the last limb shorter.
//          Split: y[2j] * 2^LOW[j] + y[2j+1] = x[j], both parts in range, for elements whose bytes cross a limb's border.
// Requires each part FACTOR * x + OFFSET in [0, 256^BYTES), by range checks or by the circuit's bounds: without it two byte
//          strings could pack to one limb.
// Ensures  a limb has one reading as bytes: it is below 256^31 < the field's order.
// Cost     Pack: 1 constraint a limb, linear but for a limb of one signal. Split: 1 a bit of the element, and 1 linear.
// Why sound: positional notation with digits in range is injective; Split is the same with two digits, checked bit by bit.
pragma circom 2.1.6;

template Pack(N, L, P, BYTES, FACTOR, OFFSET) {
    signal input x[N];
    signal output y[L];
    var total = 0;
    for (var i = 0; i < P; i++) { total += BYTES[i]; }
    var part = 0;
    var used = 0;
    var at = 0;
    for (var k = 0; k < L; k++) {
        var end = 31 * (k + 1) < total ? 31 * (k + 1) : total;
        var limb = 0;
        var first = part;
        while (at < end) {
            at += BYTES[part];
            if (FACTOR[part] != 0) {
                limb += (FACTOR[part] * x[used] + OFFSET[part]) * (1 << (8 * (end - at)));
                used++;
            } else {
                limb += OFFSET[part] * (1 << (8 * (end - at)));
            }
            part++;
        }
        var single = part == first + 1 && FACTOR[first] == 1 && OFFSET[first] == 0 ? 1 : 0;
        if (single == 1) {
            // A copy of one signal: as a plain equality the compiler would drop it and rename the signal.
            y[k] <-- limb; // hint: the limb
            (y[k] - limb) * (y[k] - limb) === 0;
        } else {
            y[k] <== limb;
        }
    }
}

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
