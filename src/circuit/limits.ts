/** Rows longer than this get a wire by a linear constraint before a gadget decomposes them; shorter ones stand inside it. */
export const INLINE_TERMS = 400;

/**
 * Most terms that the rows of one layer may put inside gadgets, all together: beyond it they get wires too, unless they are
 * short. A term inside a gadget stands in two matrices and weighs 88 bytes of proving key; in a linear constraint, next to nothing.
 */
export const INLINE_LAYER_TERMS = 2_000_000;

/** Rows of up to this many terms stay inside gadgets whatever their number. */
export const SHORT_TERMS = 64;

/** Rows longer than this get a wire before a gadget that names its operands several times (maximum, argmax, product). */
export const INLINE_OPERAND_TERMS = 64;

/** Most weights of one component: beyond it a template's witness code nears V8's function size. */
export const COMPONENT_WEIGHTS = 600_000;
