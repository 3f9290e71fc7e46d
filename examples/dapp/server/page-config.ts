/** What the page is told of the world, at /config.json. */
export interface PageConfig {
  readonly chain: string;
  readonly chainId: number;
  readonly verifier: string;
  readonly market: string;
  readonly modelId: string;
  readonly agent: string;
  /** Development account that the visitor acts as. */
  readonly visitor: number;
  /** Address of the bundle, and the digest that pins its manifest. */
  readonly bundle: string;
  readonly digest: string;
}
