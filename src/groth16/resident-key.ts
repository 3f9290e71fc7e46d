import { Curve, G1_BYTES, G2_BYTES } from './curve.js';
import type { Section } from './section-file.js';
import { buildTransformTables, type TransformTables } from './transform-tables.js';
import { readZkeyLayout, type ZkeyInfo } from './zkey-file.js';

/** A proving key in the memory of a curve; addresses of affine points in Montgomery form. */
export interface ResidentKey {
  readonly curve: Curve;
  readonly info: ZkeyInfo;
  readonly alpha1: number;
  readonly beta1: number;
  readonly beta2: number;
  readonly delta1: number;
  readonly delta2: number;
  readonly a: number;
  readonly b1: number;
  readonly b2: number;
  /** As long as the others: the public wires have the point at infinity here. */
  readonly c: number;
  readonly h: number;
  /** Entries of 44 bytes: matrix, constraint, wire, value. */
  readonly coefficients: number;
  readonly tables: TransformTables;
  /** Room for three vectors of the domain, used anew by each proof. */
  readonly vectors: readonly [number, number, number];
}

/** Loads a key. @throws ZkinferError `ARTIFACT_DAMAGED` */
export async function loadResidentKey(zkey: Uint8Array): Promise<ResidentKey> {
  const layout = readZkeyLayout(zkey);
  const curve = await Curve.create();
  const load = ({ offset, size }: Section) => curve.load(zkey.subarray(offset, offset + size));
  const g1 = (offset: number) => load({ offset, size: G1_BYTES });
  const g2 = (offset: number) => load({ offset, size: G2_BYTES });
  const vector = () => curve.alloc(layout.info.domainSize * 32);
  return {
    curve,
    info: layout.info,
    alpha1: g1(layout.alpha1),
    beta1: g1(layout.beta1),
    beta2: g2(layout.beta2),
    delta1: g1(layout.delta1),
    delta2: g2(layout.delta2),
    a: load(layout.a),
    b1: load(layout.b1),
    b2: load(layout.b2),
    c: loadShifted(curve, zkey, layout.c, layout.info.publicCount + 1),
    h: load(layout.h),
    coefficients: load({ offset: layout.coefficients.offset + 4, size: layout.coefficients.size - 4 }),
    tables: buildTransformTables(curve, layout.info.domainSize),
    vectors: [vector(), vector(), vector()],
  };
}

/** Loads G1 points behind `missing` points at infinity. */
function loadShifted(curve: Curve, zkey: Uint8Array, section: Section, missing: number): number {
  const address = curve.alloc(missing * G1_BYTES + section.size);
  curve.bytes.fill(0, address, address + missing * G1_BYTES);
  curve.bytes.set(zkey.subarray(section.offset, section.offset + section.size), address + missing * G1_BYTES);
  return address;
}
