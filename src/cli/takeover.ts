import { readFile } from 'node:fs/promises';
import { Command } from 'commander';
import { StateDirectoryError } from '../agent/state-directory.ts';
import { DEFAULT_STATE_DIR } from '../control/state-directory.ts';
import { THEIR_UNIT } from './compat/stand-ins.ts';
import { ownProgram } from './compat.ts';
import { EXIT } from './config/exit-codes.ts';
import { CtlError, thisHost } from './ctl/host.ts';
import { ServiceError, Unit } from './ctl/systemd.ts';
import { OUR_UNIT } from './own-unit.ts';
import { giveEverythingBack, giveUpPlace } from './takeover/give-back.ts';
import { recordFile, type TakeoverHost, type TakeoverRecord } from './takeover/host.ts';
import { survey, takePositions, usualPlan, type Survey } from './takeover/survey.ts';
import { stepsText, surveyText } from './takeover/survey-text.ts';
import { takeOver } from './takeover/take-over.ts';

interface TakeoverFlags {
  readonly dryRun?: true;
  readonly back?: true;
  readonly ctl: boolean;
  readonly force?: true;
  readonly stateDir?: string;
  readonly program: string;
  readonly wait: string;
}

/** `agent takeover`: this agent in the place of a CloudWatch agent that is installed, and back. */
export function takeoverCommand(): Command {
  return new Command('takeover')
    .summary('Take over config, positions and service of the CloudWatch agent of this host, or give them back')
    .description('Take over config, positions and service of the CloudWatch agent of this host, or give them back. Needs root; nothing of the CloudWatch agent is deleted.\nExit code: 0 done, 1 not done (everything is as it was), 78 its config has errors here')
    .option('--dry-run', 'print what is there and what would be done, and change nothing')
    .option('--back', 'give the service back: the CloudWatch agent goes on where this one ended')
    .option('--no-ctl', 'leave amazon-cloudwatch-agent-ctl as it is; it then controls a service that does not start')
    .option('--force', 'also where credentials, endpoints or permissions seem not to hold')
    .option('--state-dir <dir>', `state directory of the agent (default: "${DEFAULT_STATE_DIR}")`)
    .option('--program <path>', 'the command that the stand-in for amazon-cloudwatch-agent-ctl calls', ownProgram())
    .option('--wait <seconds>', 'how long the started agent has to prove itself', '30')
    .action(async ({ dryRun, back, ctl, force, stateDir, program, wait }: TakeoverFlags) => {
      const here = thisHost();
      const host: TakeoverHost = { ...here, theirs: new Unit(THEIR_UNIT), program, stateDirectory: stateDir ?? here.stateDirectory, proofMs: Number(wait) * 1000 };
      if (!(host.proofMs > 0)) { host.output.err(`agent takeover: --wait takes seconds, not ${JSON.stringify(wait)}\n`); process.exitCode = EXIT.usage; return; }
      // Between the end of the one and the start of the other nothing is to break it off.
      if (dryRun !== true) for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => {});
      process.exitCode = await takeover(back === true ? 'back' : dryRun === true ? 'dry-run' : 'take', { withCtl: ctl, force: force === true }, host);
    });
}

export interface TakeoverWishes {
  /** The other agent's ctl makes way for ours. */
  readonly withCtl: boolean;
  /** Also where the services seem not to let the agent in. */
  readonly force: boolean;
}

/** Gives the exit code. */
export async function takeover(what: 'take' | 'dry-run' | 'back', wishes: TakeoverWishes, host: TakeoverHost): Promise<number> {
  try {
    return what === 'back' ? await back(host) : await take(what === 'dry-run', wishes, host);
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    if (!(error instanceof ServiceError || error instanceof CtlError || error instanceof StateDirectoryError) && code?.startsWith('E') !== true) throw error;
    host.output.err(`agent takeover: ${message}${code === 'EACCES' || code === 'EPERM' ? ': run it as root' : ''}${what === 'take' ? '; `agent takeover --back` undoes what was done' : ''}\n`);
    return 1;
  }
}

async function take(dryRun: boolean, { withCtl, force }: TakeoverWishes, host: TakeoverHost): Promise<number> {
  const { output: { out, err } } = host;
  const found = await survey(host);
  const { plan, problems } = found;
  const failed = plan === null || problems.some(({ severity }) => severity === 'error');
  const refusal = refusalOf(found);
  const positions = plan === null || !dryRun ? null : await takePositions(plan, found.files, true, host);
  const said = dryRun ? out : err;
  said(surveyText(found, positions, host));
  if (refusal !== null) { err(`agent takeover: ${refusal}\n`); return 1; }
  if (failed) { err('agent takeover: nothing is done: with errors in its config this agent would do less than the CloudWatch agent does\n'); return EXIT.config; }
  if (!force && found.findings.some(({ verdict }) => verdict === 'failed')) { err('agent takeover: nothing is done: this agent would not deliver (see what failed above); --force tries it all the same, and puts everything back if it does not\n'); return 1; }
  if (dryRun) { out(stepsText(found, positions, withCtl, host)); return 0; }
  return (await takeOver({ ...found, plan }, withCtl, host)) ? 0 : 1;
}

function refusalOf({ isTaken, theirs, oursActive }: Survey): string | null {
  if (isTaken) return `its place is taken already, or a takeover was broken off: \`agent takeover --back\` puts the CloudWatch agent back`;
  if (!theirs.isKnown) return `there is no ${THEIR_UNIT} on this host: with a config in place, \`systemctl enable --now ${OUR_UNIT}\` is enough`;
  if (oursActive) return `${OUR_UNIT} runs already beside it: stop it first (\`systemctl stop ${OUR_UNIT}\`), so that both do not send the same`;
  return null;
}

async function back(host: TakeoverHost): Promise<number> {
  const file = recordFile(host.places);
  let record: TakeoverRecord;
  try {
    record = JSON.parse(await readFile(file, 'utf8')) as TakeoverRecord;
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'ENOENT' || code === 'ENOTDIR') throw new CtlError(`nothing was taken over: there is no ${file}`);
    if (code !== undefined) throw error;
    throw new CtlError(`${file} is broken: stop ${OUR_UNIT}, delete this file and start ${THEIR_UNIT}`);
  }
  // Removed since: to stop this agent for it would leave none.
  if (!(await host.theirs.isKnown())) { await giveUpPlace(host); return 0; }
  const { plan } = await usualPlan(host);
  await giveEverythingBack(record, plan, host);
  return 0;
}
