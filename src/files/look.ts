// One look at the disk. "Gone" is said only when the system says so: any other error leaves what is known as it is.

import { lstatSync, readdirSync, statSync, type Dirent, type Stats } from 'node:fs';
import { errorCode } from './file-id.ts';

export interface Gone { readonly kind: 'gone' }
export interface LookFailure { readonly kind: 'error'; readonly code: string }
export interface Present { readonly kind: 'present'; readonly stats: Stats; readonly link: boolean }
/** A link that leads nowhere now, and may lead somewhere later without a trace in its directory. */
export interface Dangling { readonly kind: 'dangling' }

const GONE: Gone = { kind: 'gone' };

/** ENOENT and ENOTDIR are absence; ELOOP and ENAMETOOLONG mean that no file can be there. */
function failure(error: unknown): Gone | LookFailure {
  const code = errorCode(error);
  return code === 'ENOENT' || code === 'ENOTDIR' || code === 'ELOOP' || code === 'ENAMETOOLONG' ? GONE : { kind: 'error', code };
}

/** What `path` leads to, links followed. */
export function look(path: string): Gone | LookFailure | Present {
  try {
    const stats = statSync(path, { throwIfNoEntry: false });
    return stats === undefined ? GONE : { kind: 'present', stats, link: false };
  } catch (error) {
    return failure(error);
  }
}

/** As `look`, and whether the name itself is a link. */
export function lookThrough(path: string): Gone | Dangling | LookFailure | Present {
  try {
    const own = lstatSync(path, { throwIfNoEntry: false });
    if (own === undefined) return GONE;
    if (!own.isSymbolicLink()) return { kind: 'present', stats: own, link: false };
  } catch (error) {
    return failure(error);
  }
  const target = look(path);
  if (target.kind === 'gone') return { kind: 'dangling' };
  return target.kind === 'present' ? { ...target, link: true } : target;
}

/** The entries of a directory with their types, unsorted. */
export function list(path: string): Gone | LookFailure | { readonly kind: 'list'; readonly entries: readonly Dirent[] } {
  try {
    return { kind: 'list', entries: readdirSync(path, { withFileTypes: true }) };
  } catch (error) {
    return failure(error);
  }
}

/** `directory` joined with `name`, without normalising. */
export function below(directory: string, name: string): string {
  return directory === '/' ? `/${name}` : `${directory}/${name}`;
}
