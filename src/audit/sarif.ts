import type { AuditReport, FindingCode } from './report.js';

const RULE_TEXT: Readonly<Record<FindingCode, string>> = {
  OUTPUT_UNDETERMINED: 'Every output must be a function of the inputs.',
  INPUT_UNDETERMINED: 'The public signals that describe the input must have one reading.',
  WIRE_UNDETERMINED: 'A wire that the inputs do not determine lets a prover choose it.',
  FIELD_WRAP: 'An integer argument needs sums that stay below the field modulus.',
  RANGE_NOT_PROVED: 'A declared range must follow from the constraints.',
  INPUT_UNCONSTRAINED: 'Every input must occur in a constraint.',
  UNSATISFIABLE: 'Constraints that nothing satisfies prove nothing.',
};

/** Where the findings of a report are to be shown. */
export interface SarifOptions {
  /** Path or URI of the constraint system that was audited, as it should appear in the log. */
  readonly artifact: string;
  readonly version: string;
}

/** The report as a SARIF 2.1.0 log (an object to be written as JSON); one result for each finding. */
export function toSarif(report: AuditReport, { artifact, version }: SarifOptions): object {
  const codes = Object.keys(RULE_TEXT) as FindingCode[];
  return {
    $schema: 'https://json.schemastore.org/sarif-2.1.0.json',
    version: '2.1.0',
    runs: [
      {
        tool: {
          driver: {
            name: 'zkinfer audit',
            version,
            rules: codes.map((id) => ({
              id,
              shortDescription: { text: RULE_TEXT[id] },
              defaultConfiguration: { level: 'error' },
            })),
          },
        },
        invocations: [{ executionSuccessful: true }],
        properties: {
          proved: report.proved,
          constraints: report.constraints,
          assumptions: report.assumptions,
          omitted: report.omitted,
        },
        results: report.findings.map(({ code, level, message, signal, constraint }) => ({
          ruleId: code,
          ruleIndex: codes.indexOf(code),
          level,
          message: { text: message },
          locations: [
            {
              physicalLocation: { artifactLocation: { uri: toUri(artifact) } },
              logicalLocations: [
                ...(signal === undefined
                  ? []
                  : [{ fullyQualifiedName: signal, kind: 'variable' }, ...listOwner(signal)]),
                ...(constraint === undefined
                  ? []
                  : [{ fullyQualifiedName: `constraint ${constraint}`, kind: 'member' }]),
              ],
            },
          ],
        })),
      },
    ],
  };
}

/** A path as a reference, with what a URI does not allow escaped; a URI as it is. */
function toUri(artifact: string): string {
  if (/^[a-z][a-z0-9+.-]+:/i.test(artifact)) return artifact;
  return artifact.replaceAll('\\', '/').split('/').map(encodeURIComponent).join('/');
}

/** The component that a signal belongs to: the gadget, behind its layer. */
function listOwner(signal: string): { fullyQualifiedName: string; kind: string }[] {
  const end = signal.lastIndexOf('.');
  return end < 0 ? [] : [{ fullyQualifiedName: signal.slice(0, end), kind: 'module' }];
}
