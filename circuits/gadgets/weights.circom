// Proves   nothing by itself: compile-time helper of the gadgets whose rows are sums of weights times signals.
// Requires 2 <= B, the width in bits of a packed weight.
// Ensures  weightsPerConstant(B) * B <= 248, so that a packed constant is an integer below the field's order.
// Cost     none.
// Why sound: weights are constants of the circuit; unpacking happens while it is compiled.
pragma circom 2.1.6;

// Weights that share one constant: at most 24, which the longest templates write out in one expression.
function weightsPerConstant(B) {
    var fit = 248 \ B;
    return fit < 24 ? fit : 24;
}
