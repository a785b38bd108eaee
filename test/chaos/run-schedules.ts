// node test/chaos/run-schedules.ts [--seconds 600] [--seed N] [--again '<steps as JSON>' [--joined]]: random schedules against the model.
// A failure prints its seed, the shrunk schedule in words and as JSON; --again runs that one schedule. Exit 1 on failure.
import { parseArgs } from 'node:util';
import { runSchedule, runSchedules } from './schedule.ts';
import { scheduleText } from './steps.ts';
import type { Step } from './steps.ts';

const { values } = parseArgs({ options: { seconds: { type: 'string', default: '600' }, seed: { type: 'string' }, again: { type: 'string' }, joined: { type: 'boolean', default: false } } });
const seed = values.seed === undefined ? Date.now() % 1_000_000 : Number(values.seed);
try {
  if (values.again === undefined) console.log(`seed ${seed}: ${await runSchedules({ seconds: Number(values.seconds), seed, shrinkSeconds: 120 })} schedules, nothing lost, in order, drained`);
  else {
    const steps = JSON.parse(values.again) as Step[];
    await runSchedule(steps, { kind: values.joined ? 'nonspace' : 'line' });
    console.log(`well: ${scheduleText(steps)}`);
  }
} catch (error) {
  console.error((error as Error).message);
  process.exitCode = 1;
}
