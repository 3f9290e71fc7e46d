// Proves   y[0] = the byte string of P parts as one number, the first part most significant.
// Requires each part FACTOR * x + OFFSET in [0, 256^BYTES), by range checks or by the circuit's bounds: without it two byte
//          strings could pack to one limb. At most 31 bytes; a part with FACTOR 0 is constant and takes no x.
// Ensures  a limb has one reading as bytes: it is below 256^31 < the field's order.
// Cost     1 linear constraint.
// Why sound: positional notation with digits in range is injective.
pragma circom 2.1.6;

template Pack(N, P, BYTES, FACTOR, OFFSET) {
    signal input x[N];
    signal output y[1];
    var limb = 0;
    var used = 0;
    for (var part = 0; part < P; part++) {
        limb = limb * (1 << (8 * BYTES[part])) + OFFSET[part];
        if (FACTOR[part] != 0) {
            limb += FACTOR[part] * x[used];
            used++;
        }
    }
    y[0] <== limb;
}
