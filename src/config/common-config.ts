// The CloudWatch agent's common-config.toml: credentials, proxy, certificates and metadata service of a host.
import { TomlError, parse } from 'smol-toml';
import { nearest } from './nearest.ts';
import type { Problem } from './problem.ts';
import { sideProblem, type SideFile } from './side-file.ts';

/** The most that are tried, a second each: the start waits for them. */
const MOST_RETRIES = 10;

type Place = { readonly line: number; readonly column: number };

/** What each key is in the environment; null: see `retries`. */
const KEYS: Readonly<Record<string, Readonly<Record<string, string | null>>>> = {
  credentials: { shared_credential_profile: 'AWS_PROFILE', shared_credential_file: 'AWS_SHARED_CREDENTIALS_FILE' },
  proxy: { http_proxy: 'HTTP_PROXY', https_proxy: 'HTTPS_PROXY', no_proxy: 'NO_PROXY' },
  ssl: { ca_bundle_path: 'AWS_CA_BUNDLE' },
  imds: { imds_retries: null },
};

/** Reads the file as the CloudWatch agent means it. An empty text is as good as none. */
export function parseCommonConfig(file: string, text: string): SideFile {
  const problems: Problem[] = [];
  const variables: Record<string, string> = {};
  const tables = tablesOf(file, text, problems);
  const at = placesIn(text);
  for (const [section, table] of Object.entries(tables)) {
    const keys = ownValue(KEYS, section);
    if (keys === undefined || typeof table !== 'object' || table === null) {
      problems.push(unknown(file, at(section, null), section, Object.keys(KEYS), 'section'));
      continue;
    }
    for (const [key, value] of Object.entries(table as Readonly<Record<string, unknown>>)) {
      const place = at(section, key);
      const name = ownValue(keys, key);
      if (name === undefined) problems.push(unknown(file, place, key, Object.keys(keys), 'key'));
      else if (name === null) Object.assign(variables, retries(value, file, place, problems));
      else if (typeof value !== 'string') problems.push(sideProblem('error', file, place, `${key} is no text`, 'a text in double quotes'));
      else if (value !== '') variables[name] = value;
    }
  }
  // The CloudWatch agent asks a file it is told of before the environment; the SDK does so only for a profile.
  if (variables['AWS_SHARED_CREDENTIALS_FILE'] !== undefined) variables['AWS_PROFILE'] ??= 'default';
  return { variables, problems };
}

/** Nobody's `constructor` is a section. */
const ownValue = <T>(of: Readonly<Record<string, T>>, key: string): T | undefined => (Object.hasOwn(of, key) ? of[key] : undefined);

function tablesOf(file: string, text: string, problems: Problem[]): Readonly<Record<string, unknown>> {
  try {
    return parse(text.startsWith('\uFEFF') ? text.slice(1) : text);
  } catch (error) {
    if (!(error instanceof TomlError)) throw error;
    // What follows in its message are lines of the file, which may hold a password.
    const [what = ''] = error.message.replace(/^Invalid TOML document: /, '').split('\n');
    problems.push(sideProblem('error', file, error, `this is no TOML: ${what}`, 'key = "value" below a [section]'));
    return {};
  }
}

function retries(value: unknown, file: string, place: Place | null, problems: Problem[]): Readonly<Record<string, string>> {
  if (typeof value === 'number' && Number.isInteger(value) && value >= 0 && value <= MOST_RETRIES) return { AWS_METADATA_SERVICE_NUM_ATTEMPTS: String(value + 1) };
  problems.push(sideProblem('error', file, place, 'imds_retries is no number of retries', `a whole number from 0 to ${MOST_RETRIES}`));
  return {};
}

function unknown(file: string, place: Place | null, word: string, known: readonly string[], what: string): Problem {
  return { ...sideProblem('warning', file, place, `${JSON.stringify(word)} is no ${what} of this file, ignored`, `one of ${known.join(', ')}`), didYouMean: nearest(word, known) };
}

/** Where a section or a key of it stands; null where it is written in a way that only a TOML reader understands. */
function placesIn(text: string): (section: string, key: string | null) => Place | null {
  const places = new Map<string, Place>();
  let section = '';
  for (const [index, line] of text.split('\n').entries()) {
    const header = /^\s*\[\s*"?([^\]"]*?)"?\s*\]/.exec(line)?.[1];
    const key = /^\s*"?([\w-]+)"?\s*=/.exec(line)?.[1];
    const place = { line: index + 1, column: line.search(/\S/) + 1 };
    if (header !== undefined) section = header;
    const name = header !== undefined ? header : key === undefined ? null : section === '' ? key : `${section}\n${key}`;
    if (name !== null && !places.has(name)) places.set(name, place);
  }
  return (asked, key) => places.get(key === null ? asked : `${asked}\n${key}`) ?? null;
}
