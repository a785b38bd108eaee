// node FLAGS REPEATABLE scripts/code-cache.ts FOLDER INSTALLED [ARG…]: runs the daemon's program of a build with these arguments, and
// keeps what the engine made of it, functions that were needed included, for later starts. Without arguments it runs nothing, and
// writes anew what an earlier run has kept: functions then no longer count in the order in which they were needed.
import { readFileSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setFlagsFromString } from 'node:v8';
import { unsettleEngine } from '../src/cli/engine-settings.ts';
import { CODE_CACHE, DAEMON_PROGRAM, digestOf, programOf, runProgram } from '../src/cli/program-file.ts';
import { REPEATABLE } from './repeatable.ts';

const [folder, installed, ...args] = process.argv.slice(2);
if (folder === undefined || installed === undefined) throw new Error('the folder of the build, or the one where it will be, is missing');

/** Once with what makes a run repeatable, once as a later start has it: a cache is taken only with the switches it was made with. */
function settle(which: 0 | 1): void { for (const pair of REPEATABLE) setFlagsFromString(pair[which]); }

function keep(): void {
  unsettleEngine();
  settle(1);
  const file = join(folder!, CODE_CACHE);
  writeFileSync(`${file}.new`, Buffer.concat([digestOf(readFileSync(join(folder!, DAEMON_PROGRAM))), script.createCachedData()]));
  renameSync(`${file}.new`, file);
}

settle(1);
const script = programOf(folder, DAEMON_PROGRAM, args.length === 0, installed);
settle(0);
if (args.length === 0) {
  if (script.cachedDataRejected !== false) throw new Error(`the engine does not take the ${CODE_CACHE} in ${folder} that it has just made: are FLAGS the same?`);
  keep();
} else {
  process.argv = [process.execPath, join(folder, DAEMON_PROGRAM), ...args];
  process.once('exit', (code) => { if (code === 0) keep(); });
  runProgram(folder, DAEMON_PROGRAM, script);
}
