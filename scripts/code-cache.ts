// node FLAGS scripts/code-cache.ts DIST ARG…: runs the daemon's program of a build with these arguments, and keeps what the engine made
// of it, functions that were needed included, for later starts.
import { readFileSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { unsettleEngine } from '../src/cli/engine-settings.ts';
import { CODE_CACHE, DAEMON_PROGRAM, digestOf, programOf, runProgram } from '../src/cli/program-file.ts';

const [folder, ...args] = process.argv.slice(2);
if (folder === undefined) throw new Error('the folder of the build is missing');
process.argv = [process.execPath, join(folder, DAEMON_PROGRAM), ...args];
const script = programOf(folder, DAEMON_PROGRAM, false);
process.once('exit', (code) => {
  if (code !== 0) return;
  // The cache is for the switches there are when the program is loaded.
  unsettleEngine();
  const file = join(folder, CODE_CACHE);
  writeFileSync(`${file}.new`, Buffer.concat([digestOf(readFileSync(join(folder, DAEMON_PROGRAM))), script.createCachedData()]));
  renameSync(`${file}.new`, file);
});
runProgram(folder, DAEMON_PROGRAM, script);
