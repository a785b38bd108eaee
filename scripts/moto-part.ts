// The second run of the integration tests, with moto's server as the endpoint: which files take part, and what was left out.
/** Files whose subject is a certain endpoint, by their names' beginning. Nothing of them could be made of moto. */
const OF_A_CERTAIN_ENDPOINT: Readonly<Record<string, string>> = {
  'local-endpoint': 'tests the local endpoint itself; test/conformance makes the calls of both',
  'demo': 'tests `agent demo`, which brings the local endpoint along',
  'metric-delivery': 'makes the local endpoint fail; test/conformance delivers the metrics of both',
  'doctor': 'makes the local endpoint refuse, and its clock wrong',
  'metrics-auto-scaling': 'puts words into the mouth of EC2; test/conformance asks moto\'s',
  'metrics-volumes': 'puts words into the mouth of EC2; test/conformance asks moto\'s',
  'silent-peers': 'peers that AWS and moto never are: without an answer, with an empty one; and keys, which moto does not check',
};

export interface LeftOut { readonly file: string; readonly title: string | null; readonly reason: string }

export interface MotoFiles {
  readonly files: readonly string[];
  readonly leftOut: readonly LeftOut[];
  /** Files that start the local endpoint past the rig: nobody would notice that moto never saw their tests. */
  readonly strays: readonly string[];
}

/** Of the integration test files, path and source, those whose endpoint the rig chooses. Files without an endpoint have nothing to do with moto. */
export function motoFiles(candidates: Iterable<readonly [file: string, source: string]>): MotoFiles {
  const files: string[] = [];
  const leftOut: LeftOut[] = [];
  const strays: string[] = [];
  for (const [file, source] of candidates) {
    const name = file.split('/').at(-1)!;
    const known = Object.entries(OF_A_CERTAIN_ENDPOINT).find(([start]) => name.startsWith(start));
    if (known !== undefined) leftOut.push({ file, title: null, reason: known[1] });
    else if (/\b(?:rigFor|startRig)\(/.test(source)) files.push(file);
    else if (/\bstartEndpoint\b/.test(source)) strays.push(file);
  }
  return { files, leftOut, strays };
}

/** The left-out tests below their reasons, the reason of most tests first. */
export function leftOutText(leftOut: readonly LeftOut[]): string {
  const byReason = new Map<string, LeftOut[]>();
  for (const one of leftOut) byReason.set(one.reason, [...(byReason.get(one.reason) ?? []), one]);
  return [...byReason].toSorted(([, a], [, b]) => b.length - a.length).map(([reason, ones]) => [
    `  ${reason}`,
    ...ones.map(({ file, title }) => `      ${file.replace(/^test\/integration\/|\.test\.ts$/g, '')}${title === null ? ' (the whole file)' : `: ${title}`}`),
  ].join('\n')).join('\n');
}
