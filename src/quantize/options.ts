/** How a clipping range is chosen from calibration values. `auto` picks, per tensor, the one with the least squared error. */
export const OBSERVERS = ['minmax', 'percentile', 'mse', 'auto'] as const;

export type Observer = (typeof OBSERVERS)[number];

/** The knobs of one quantization; every field has a default in {@link presets}. */
export interface QuantizeOptions {
  /** Bits of an activation between layers. */
  readonly activationBits: number;
  /** Bits of a model input that is not integral by nature. */
  readonly inputBits: number;
  /** Bits of the argument of a tabulated function, at least; raised where the calibration error asks for it. */
  readonly tableBits: number;
  /** Largest number of bits of a tabulated argument. */
  readonly maxTableBits: number;
  /** Bits of the operands of a product of two activations. */
  readonly productBits: number;
  /** Weight rounding noise allowed on an accumulator, root mean square, in units of the next activation's step. */
  readonly weightNoise: number;
  /** Largest ratio between the steps of two channels of one activation tensor. 1 is one scale a tensor. */
  readonly channelSpread: number;
  readonly observer: Observer;
  /** Activation widths of single layers, by the name of the node, where they differ. */
  readonly layerBits?: Readonly<Record<string, number>>;
}

/** From cheap to precise; `quantize` tries them in order until the calibration rows agree with the float model. */
export const presets: readonly QuantizeOptions[] = [
  makePreset(8, { inputBits: 8, weightNoise: 0.5, channelSpread: 4 }),
  makePreset(9, { inputBits: 9, channelSpread: 4 }),
  makePreset(10, { inputBits: 10 }),
  makePreset(11, { inputBits: 12 }),
  makePreset(12, { inputBits: 14, observer: 'minmax' }),
  makePreset(14, { inputBits: 16, observer: 'minmax' }),
];

/** For small models: the most precise preset with tables as long as circuits hold them. */
export const finestPreset: QuantizeOptions = makePreset(16, {
  inputBits: 16,
  tableBits: 14,
  maxTableBits: 14,
  observer: 'minmax',
});

function makePreset(bits: number, changes: Partial<QuantizeOptions>): QuantizeOptions {
  return {
    activationBits: bits,
    inputBits: bits,
    tableBits: Math.min(bits, 12),
    maxTableBits: Math.min(bits + 3, 14),
    productBits: bits + 1,
    weightNoise: 0.5,
    channelSpread: 8,
    observer: 'auto',
    ...changes,
  };
}

/** The preset for a fixed activation width, as `--bits` asks for. */
export function presetForBits(bits: number): QuantizeOptions {
  const base = presets.find((preset) => preset.activationBits >= bits) ?? presets[presets.length - 1];
  return { ...base, activationBits: bits, productBits: Math.max(base.productBits, bits) };
}
