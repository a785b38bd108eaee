// node test/chaos/kill.ts [--rounds 100] [--seed N] [--rate BYTES] [--longest MS] [--agent dist/agent.js]: kills the agent with SIGKILL at random moments
// while a writer goes on and rotates and the service throttles, and prints what was lost, doubled and disordered.
// Exit 1 when a line was lost or disordered, or more came again than was in flight or acknowledged in the last 50 ms.
import { parseArgs } from 'node:util';
import { killRounds } from './kill-rounds.ts';

const { values } = parseArgs({ options: { rounds: { type: 'string', default: '100' }, seed: { type: 'string' }, rate: { type: 'string', default: '5000000' }, longest: { type: 'string', default: '6000' }, agent: { type: 'string' } } });
const seed = values.seed === undefined ? Date.now() % 1_000_000 : Number(values.seed);

const summary = await killRounds({
  rounds: Number(values.rounds), seed, bytesPerSecond: Number(values.rate), longestMs: Number(values.longest),
  ...(values.agent === undefined ? {} : { program: values.agent }),
  onRound: (round, { written, duplicates, repeatable, seconds }) => {
    if (round % 10 === 0) console.error(`round ${round}: ${written} lines written, ${duplicates} came again of ${repeatable} that may, ${Math.round(seconds)} s`);
  },
});
const { rounds, written, rotations, throttled, lost, duplicates, mostDuplicates, repeatable, excesses, disordered, gaps, seconds } = summary;
console.log(`seed ${seed}: ${rounds} kills in ${Math.round(seconds)} s, ${written} lines written (${(written / 10_000).toFixed(0)} MB), ${rotations} rotations, ${throttled} requests throttled`);
console.log(`lost ${lost}, out of order ${disordered}, came again ${duplicates} (at most ${mostDuplicates} after one kill) of ${repeatable} that were in flight or acknowledged in the last 50 ms`);
for (const gap of gaps) console.log(`out of order: ${gap}`);
for (const excess of excesses) console.log(`more came again than may: ${excess}`);
process.exitCode = lost > 0 || disordered > 0 || excesses.length > 0 ? 1 : 0;
