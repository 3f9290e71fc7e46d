import { Curve, G1_BYTES } from './curve.js';
import { buildTransformTables, type TransformTables } from './transform-tables.js';
import { readZkeyLayout, type ZkeyInfo, type ZkeyLayout } from './zkey-file.js';

/** Addresses of the parts of a key file in a memory; points are affine, in Montgomery form. */
interface KeyParts {
  readonly alpha1: number;
  readonly beta1: number;
  readonly beta2: number;
  readonly delta1: number;
  readonly delta2: number;
  readonly a: number;
  readonly b1: number;
  readonly b2: number;
  /** Where the point of wire 0 would be: the constant one and the public wires have none. */
  readonly c: number;
  readonly h: number;
  /** Entries of 44 bytes: matrix, constraint, wire, value. */
  readonly coefficients: number;
}

/** A proving key in the memory of a curve. */
export interface ResidentKey {
  readonly curve: Curve;
  readonly info: ZkeyInfo;
  readonly parts: KeyParts;
  readonly tables: TransformTables;
}

/** Loads a key into a memory of its own. @throws ZkinferError `ARTIFACT_DAMAGED` */
export async function loadResidentKey(zkey: Uint8Array): Promise<ResidentKey> {
  const layout = readZkeyLayout(zkey);
  const curve = await Curve.create();
  const address = curve.load(zkey);
  const tables = buildTransformTables(curve, layout.info.domainSize);
  return { curve, info: layout.info, parts: placeParts(layout, address), tables };
}

/** The parts of a key file that lies at an address. */
export function placeParts(layout: ZkeyLayout, address: number): KeyParts {
  return {
    alpha1: address + layout.alpha1,
    beta1: address + layout.beta1,
    beta2: address + layout.beta2,
    delta1: address + layout.delta1,
    delta2: address + layout.delta2,
    a: address + layout.a.offset,
    b1: address + layout.b1.offset,
    b2: address + layout.b2.offset,
    c: address + layout.c.offset - (layout.info.publicCount + 1) * G1_BYTES,
    h: address + layout.h.offset,
    coefficients: address + layout.coefficients.offset + 4,
  };
}
