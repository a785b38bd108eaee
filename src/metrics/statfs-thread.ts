import { openPathThread } from './path-thread.ts';
import type { PathThread } from './path-thread.ts';
import type { Statfs } from './space.ts';

export interface StatfsAnswer { readonly statfs: Statfs }

/** A thread that asks statfs(2) of file systems which may never answer. */
export const openStatfsThread = (): PathThread<StatfsAnswer> => openPathThread(`
const { statfsSync } = require('node:fs');
function answer(path) {
  const { bsize, frsize, blocks, bfree, bavail, files, ffree } = statfsSync(path);
  return { statfs: { bsize, frsize, blocks, bfree, bavail, files, ffree } };
}`);
