import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { output } from './command.ts';

export const root = join(import.meta.dirname, '../..');

/** What the packages of one build have in common. */
export interface Release {
  /** Of package.json. */
  readonly version: string;
  /** Counts the packagings of one version, from 1 on. */
  readonly revision: string;
  readonly commit: string;
  /** Seconds since 1970 of the commit: every time in a package is this one, so that two builds are the same bytes. */
  readonly epoch: number;
  readonly compression: Compression;
}

/** `fast` is for tests: the same content in larger files. */
export type Compression = 'best' | 'fast';

export const NAME = 'unified-agent';
export const SUMMARY = 'log and metrics agent for CloudWatch: nothing lost, nothing silent';
export const MAINTAINER = 'unified-agent maintainers <maintainers@unified-agent.org>';

/** The state of the working tree; SOURCE_DATE_EPOCH is for a build without the repository. */
export function releaseOf(revision: string, compression: Compression): Release {
  const { version } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as { readonly version: string };
  const given = process.env['SOURCE_DATE_EPOCH'];
  const [commit = '', seconds = ''] = given === undefined ? output('git', ['-C', root, 'log', '-1', '--format=%H %ct']).trim().split(' ') : ['', given];
  const epoch = Number(seconds);
  if (!Number.isSafeInteger(epoch) || epoch <= 0) throw new Error(`SOURCE_DATE_EPOCH is ${JSON.stringify(given)}: seconds since 1970 are expected`);
  return { version, revision, commit, epoch, compression };
}
