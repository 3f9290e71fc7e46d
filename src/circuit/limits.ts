/** Rows longer than this get a wire by a linear constraint before a gadget decomposes them; shorter ones stand inside it. */
export const INLINE_TERMS = 400;

/** Rows longer than this get a wire before a gadget that names its operands several times (maximum, argmax, product). */
export const INLINE_OPERAND_TERMS = 64;

/** Most weights of one component: beyond it a template's witness code nears V8's function size. */
export const COMPONENT_WEIGHTS = 600_000;
