// Checks who imports whom in src/, and that pure code stays pure. Prints each violation as file:line and exits 1.
import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join, posix, relative } from 'node:path';
import { codeOnly, importsOf, lineOf } from './source-scan.ts';

export interface Violation { readonly file: string; readonly line: number; readonly rule: string }

/** What anyone may import but the leaves themselves. */
const LEAVES = ['plan.ts', 'metrics-plan.ts', 'flow.ts', 'lifecycle/', 'report/', 'kernel/'];

/**
 * For each part of src/ (a folder, or a file at the top) what it may import besides its own files. The stages do not
 * know each other; `agent` composes them, `cli` is the only part that knows the agent.
 */
const MAY_IMPORT: Readonly<Record<string, readonly string[]>> = {
  'launch.ts': ['cli/program-file.ts', 'cli/start-settings.ts'],
  'program.ts': ['cli/', 'lifecycle/'],
  'daemon-commands.ts': ['program.ts', 'cli/'],
  'daemon.ts': ['program.ts', 'daemon-commands.ts'],
  'main.ts': ['program.ts', 'daemon-commands.ts', 'cli/'],
  'plan.ts': ['metrics-plan.ts'],
  'metrics-plan.ts': ['plan.ts'],
  'flow.ts': ['plan.ts'],
  lifecycle: [],
  kernel: ['flow.ts'],
  report: ['plan.ts', 'flow.ts', 'lifecycle/'],
  files: LEAVES,
  framing: LEAVES,
  records: LEAVES,
  naming: LEAVES,
  batching: [...LEAVES, 'metrics/datum.ts'],
  delivery: [...LEAVES, 'batching/', 'metrics/datum.ts'],
  checkpoint: LEAVES,
  aws: [...LEAVES, 'delivery/endpoint.ts', 'metrics/datum.ts'],
  // Who owns the socket is said by name.
  control: [...LEAVES, 'host/identity.ts'],
  fleet: [...LEAVES, 'control/status-document.ts'],
  host: LEAVES,
  // Serves pages to a browser: knows neither the agent nor what they show.
  ui: [],
  // What runs in the browser: it knows the form of what it is told, and nothing of this machine.
  page: ['control/status-document.ts', 'local-endpoint/console/facts.ts', 'cli/units.ts'],
  metrics: LEAVES,
  config: [...LEAVES, 'records/', 'framing/', 'naming/'],
  journald: LEAVES,
  agent: [...LEAVES, 'files/', 'framing/', 'records/', 'naming/', 'batching/', 'delivery/', 'checkpoint/', 'aws/', 'control/', 'metrics/', 'journald/'],
  cli: [...LEAVES, 'config/', 'agent/', 'host/', 'naming/', 'aws/parameters.ts', 'aws/probe.ts', 'control/', 'fleet/', 'local-endpoint/', 'ui/'],
  'local-endpoint': [],
};

/** Files of the project outside src/ that a part may import: the version, and the config schema. */
const OUTSIDE: Readonly<Record<string, readonly string[]>> = { cli: ['package.json'], config: ['config-schema/'] };

const PURE = /^(?:naming\/|framing\/|records\/|batching\/|kernel\/|config\/(?!load\.ts$)|checkpoint\/(?:ledger|codec|audit-codec|settled-range)\.ts$|journald\/(?!journal-program\.ts$)|metrics\/(?:(?:allowance|samples|aggregate)|statsd\/(?:decimal|line|tags|set-member|series|series-table|cache|stream-lines|losses|loss-words)|collectd\/(?!(?:collectd|sockets|reread-file)\.ts$)[a-z-]+|emf\/(?:encode|line-buffer|received-event)|prometheus\/(?:counts|declarations|duration|events|exposition|family|growth|histogram|measure|relabel|relabel-config|sample|target))\.ts$)/;
/** Modules of the runtime that only compute. */
const PURE_MODULES = new Set(['node:buffer', 'node:util', 'node:string_decoder']);
/** What may be taken from a module that otherwise does more than compute. */
const PURE_NAMES: Readonly<Record<string, readonly string[]>> = {
  'node:zlib': ['crc32', 'gzipSync', 'gunzipSync'],
  'node:crypto': ['createHash', 'hash', 'createHmac', 'createDecipheriv', 'timingSafeEqual'],
  'node:path': ['posix', 'basename', 'extname', 'dirname', 'isAbsolute', 'normalize'],
};
const IMPURE_IDENTIFIERS = /(?<![.\w$])(?:process|fetch|performance|(?:set|clear)(?:Timeout|Interval|Immediate)|Date\s*\.\s*now|Math\s*\.\s*random|Date\s*\(\s*\)|require)(?![\w$])(?!\s*:(?!:))/g;
const EDGE_IDENTIFIERS = /(?<![.\w$])process\s*\.\s*(?:argv|env|exit)\b/g;

const partOf = (path: string): string => path.split('/')[0]!;
const allows = (list: readonly string[], target: string): boolean =>
  list.some((allowed) => (allowed.endsWith('/') ? target.startsWith(allowed) : target === allowed));

function importProblem(file: string, specifier: string, names: readonly string[]): string | null {
  const part = partOf(file);
  if (specifier.startsWith('.')) {
    const target = posix.join('src', posix.dirname(file), specifier);
    if (!target.startsWith('src/')) return allows(OUTSIDE[part] ?? [], target) ? null : `${part} may not import ${target}, which lies outside src/`;
    const inside = target.slice('src/'.length);
    if (inside.includes('/') && partOf(inside) === part) return null;
    if (allows(MAY_IMPORT[part] ?? [], inside)) return null;
    return `${part} may not import ${inside}: ${(MAY_IMPORT[part] ?? []).join(', ') || 'nothing but its own files'} only`;
  }
  if (/^@(?:aws-sdk|smithy|aws-crypto)\//.test(specifier) && part !== 'aws') return `only aws/ knows the SDK (${specifier})`;
  if (PURE.test(file) && specifier.startsWith('node:') && !PURE_MODULES.has(specifier)) {
    const pure = PURE_NAMES[specifier];
    if (pure === undefined) return `pure code may not import ${specifier}`;
    const other = names.length === 0 ? ['*'] : names.filter((name) => !pure.includes(name));
    if (other.length > 0) return `pure code may take only ${pure.join(', ')} from ${specifier}, not ${other.join(', ')}`;
  }
  return null;
}

/** The violations of one file; `file` is its path inside src/, with slashes. */
export function checkFile(file: string, source: string): readonly Violation[] {
  const part = partOf(file);
  const violations: Violation[] = [];
  if (MAY_IMPORT[part] === undefined) violations.push({ file, line: 1, rule: `${part} is no part of the architecture: give it a row in scripts/import-rules.ts and docs/architecture.md` });
  for (const { specifier, line, names } of importsOf(source)) {
    const rule = importProblem(file, specifier, names);
    if (rule !== null) violations.push({ file, line, rule });
  }
  const code = codeOnly(source);
  if (PURE.test(file)) {
    for (const match of code.matchAll(IMPURE_IDENTIFIERS)) violations.push({ file, line: lineOf(code, match.index), rule: `pure code may not use ${match[0].replaceAll(/\s/g, '')}` });
  } else if (!['program.ts', 'cli', 'host'].includes(part)) {
    for (const match of code.matchAll(EDGE_IDENTIFIERS)) violations.push({ file, line: lineOf(code, match.index), rule: `${match[0]} belongs to program.ts, cli/ and host/: the running agent sees only its Plan` });
  }
  return violations.toSorted((a, b) => a.line - b.line);
}

if (import.meta.main) {
  const root = join(import.meta.dirname, '..');
  const src = join(root, 'src');
  const files = readdirSync(src, { recursive: true, encoding: 'utf8' }).filter((path) => path.endsWith('.ts') && !path.endsWith('.as.ts')).toSorted();
  const violations = files.flatMap((path) => checkFile(path, readFileSync(join(src, path), 'utf8')));
  for (const { file, line, rule } of violations) console.error(`${relative(root, join(src, dirname(file), posix.basename(file)))}:${line}: ${rule}`);
  console.log(`import rules: ${files.length} files, ${violations.length} violations`);
  if (violations.length > 0) process.exitCode = 1;
}
