pragma circom 2.1.6;

include "gadgets/linear.circom";
include "gadgets/non-negative.circom";
include "gadgets/product.circom";
include "gadgets/range-check.circom";
include "gadgets/requantize.circom";
include "statement/context.circom";
include "statement/pack.circom";

// 1 × RangeCheck of 2 over 2 signals
template Layer0Range() {
    signal input x[2];
    component g0 = RangeCheck(2, [0, 0], [255, 255]);
    for (var t = 0; t < 2; t++) { g0.x[t] <== x[t]; }
}

// 1 × Pack of 1 over 2 signals
template Layer1Pack() {
    signal input x[2];
    signal output y[1];
    component g0 = Pack(2, 2, [1, 1], [1, 1], [0, 0]);
    for (var t = 0; t < 2; t++) { g0.x[t] <== x[t]; }
    y[0] <== g0.y[0];
}

// 1 × Requantize of 2 over 2 signals
template Layer2Requantize() {
    signal input x[2];
    signal output y[2];
    component g0 = Requantize(2, 2, 4, [[59],
        [246]], [10, -20], [11, 11], [4, 4], [6, 6], [1, 1], [0, 1], 0);
    for (var t = 0; t < 2; t++) { g0.x[t] <== x[t]; }
    for (var t = 0; t < 2; t++) { y[t] <== g0.y[t]; }
}

// 1 × NonNegative of 1 over 2 signals
template Layer3Compare() {
    signal input x[2];
    signal output y[1];
    component g0 = NonNegative(2, 1, 4, [[164]], [0], [8], 0);
    for (var t = 0; t < 2; t++) { g0.x[t] <== x[t]; }
    y[0] <== g0.y[0];
}

// 1 × Product of 1 over 3 signals
template Layer4Select() {
    signal input x[3];
    signal output y[1];
    component g0 = Product(3, 1, 2, [[58]], [0], 4, [[2212]], [1]);
    for (var t = 0; t < 3; t++) { g0.x[t] <== x[t]; }
    y[0] <== g0.y[0];
}

// 1 × NonNegative of 1 over 3 signals
template Layer5Compare() {
    signal input x[3];
    signal output y[1];
    component g0 = NonNegative(3, 1, 4, [[1900]], [-51], [9], 0);
    for (var t = 0; t < 3; t++) { g0.x[t] <== x[t]; }
    y[0] <== g0.y[0];
}

// 1 × Product of 1 over 2 signals
template Layer6Select() {
    signal input x[2];
    signal output y[1];
    component g0 = Product(2, 1, 2, [[14]], [0], 2, [[9]], [2]);
    for (var t = 0; t < 2; t++) { g0.x[t] <== x[t]; }
    y[0] <== g0.y[0];
}

// 1 × Linear of 1 over 2 signals
template Layer7Pack() {
    signal input x[2];
    signal output y[1];
    component g0 = Linear(2, 1, 2, [[15]], [0]);
    for (var t = 0; t < 2; t++) { g0.x[t] <== x[t]; }
    y[0] <== g0.y[0];
}

// 1 × Pack of 1 over 2 signals
template Layer8Pack() {
    signal input x[2];
    signal output y[1];
    component g0 = Pack(2, 2, [2, 1], [1, 1], [0, 0]);
    for (var t = 0; t < 2; t++) { g0.x[t] <== x[t]; }
    y[0] <== g0.y[0];
}

// 1 × BindContext of 1 over 1 signals
template Layer9Context() {
    signal input x[1];
    component g0 = BindContext();
    g0.x[0] <== x[0];
}

template Main() {
    signal output input_and_output;
    signal input context;
    signal input in_0[2];
    component layer_0_range = Layer0Range();
    for (var i = 0; i < 2; i++) { layer_0_range.x[i] <== in_0[i]; }
    component layer_1_pack = Layer1Pack();
    for (var i = 0; i < 2; i++) { layer_1_pack.x[i] <== in_0[i]; }
    component layer_2_requantize = Layer2Requantize();
    for (var i = 0; i < 2; i++) { layer_2_requantize.x[i] <== in_0[i]; }
    component layer_3_compare = Layer3Compare();
    for (var i = 0; i < 2; i++) { layer_3_compare.x[i] <== layer_2_requantize.y[i]; }
    component layer_4_select = Layer4Select();
    for (var i = 0; i < 2; i++) { layer_4_select.x[i] <== layer_2_requantize.y[i]; }
    layer_4_select.x[2] <== layer_3_compare.y[0];
    component layer_5_compare = Layer5Compare();
    for (var i = 0; i < 2; i++) { layer_5_compare.x[i] <== layer_2_requantize.y[i]; }
    layer_5_compare.x[2] <== layer_4_select.y[0];
    component layer_6_select = Layer6Select();
    layer_6_select.x[0] <== layer_3_compare.y[0];
    layer_6_select.x[1] <== layer_5_compare.y[0];
    component layer_7_pack = Layer7Pack();
    layer_7_pack.x[0] <== layer_3_compare.y[0];
    layer_7_pack.x[1] <== layer_6_select.y[0];
    component layer_8_pack = Layer8Pack();
    layer_8_pack.x[0] <== layer_1_pack.y[0];
    layer_8_pack.x[1] <== layer_7_pack.y[0];
    component layer_9_context = Layer9Context();
    layer_9_context.x[0] <== context;
    input_and_output <== layer_8_pack.y[0];
}

component main {public [context]} = Main();
