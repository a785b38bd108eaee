import { hash } from 'node:crypto';
import type { Architecture } from './architecture.ts';
import type { BundledPackage } from './bundled.ts';
import { NAME } from './release.ts';
import type { Release } from './release.ts';
import type { Runtime } from './runtime.ts';

const hex = (integrity: string): string => Buffer.from(integrity.replace(/^sha512-/, ''), 'base64').toString('hex');

/** What the runtime says it is made of, less what are not versions of software. */
const NOT_SOFTWARE = new Set(['node', 'modules', 'napi', 'unicode', 'cldr', 'tz']);

/** The bill of materials of one architecture, CycloneDX 1.6 as JSON: what is in the bundles, the runtime, and what that is made of. */
export function sbom({ release, architecture, packages, runtime, runtimeSha256 }: {
  readonly release: Release;
  readonly architecture: Architecture;
  readonly packages: readonly BundledPackage[];
  readonly runtime: Runtime;
  readonly runtimeSha256: string;
}): string {
  if (process.versions.node !== runtime.version) throw new Error(`this is node ${process.versions.node}, and ${runtime.version} is packaged: what the latter is made of is not known; run \`npm run package\`, which takes the pinned one`);
  const self = `pkg:generic/${NAME}@${release.version}`;
  const node = `pkg:generic/node@${runtime.version}`;
  const components = packages.map(({ name, version, license, integrity }) => ({
    type: 'library', 'bom-ref': purlOf(name, version), name, version, purl: purlOf(name, version),
    licenses: [{ expression: license }],
    hashes: [{ alg: 'SHA-512', content: hex(integrity) }],
  }));
  const body = {
    metadata: {
      timestamp: new Date(release.epoch * 1000).toISOString(),
      component: {
        type: 'application', 'bom-ref': self, name: NAME, version: release.version, purl: self, licenses: [{ expression: 'Apache-2.0' }],
        properties: [{ name: 'architecture', value: architecture }, ...(release.commit === '' ? [] : [{ name: 'commit', value: release.commit }])],
      },
    },
    components: [
      ...components,
      {
        type: 'platform', 'bom-ref': node, name: 'node', version: runtime.version, purl: node, cpe: `cpe:2.3:a:nodejs:node.js:${runtime.version}:*:*:*:*:*:*:*`,
        description: `the runtime, as the npm package node-linux-${architecture} has it, without its symbols`,
        licenses: [{ expression: 'MIT' }],
        hashes: [{ alg: 'SHA-256', content: runtimeSha256 }],
        components: Object.entries(process.versions).filter(([name]) => !NOT_SOFTWARE.has(name)).toSorted(([a], [b]) => (a < b ? -1 : 1))
          .map(([name, version]) => ({ type: 'library', 'bom-ref': `${node}#${name}`, name, version })),
      },
    ],
    dependencies: [{ ref: self, dependsOn: [...components.map((component) => component['bom-ref']), node] }],
  };
  const digest = hash('sha256', JSON.stringify(body));
  // Of version 8, which is for what is made of a digest.
  const serialNumber = `urn:uuid:${digest.slice(0, 8)}-${digest.slice(8, 12)}-8${digest.slice(13, 16)}-8${digest.slice(17, 20)}-${digest.slice(20, 32)}`;
  return `${JSON.stringify({ $schema: 'http://cyclonedx.org/schema/bom-1.6.schema.json', bomFormat: 'CycloneDX', specVersion: '1.6', serialNumber, version: 1, ...body }, null, 1)}\n`;
}

const purlOf = (name: string, version: string): string => `pkg:npm/${name.replace('@', '%40')}@${version}`;
