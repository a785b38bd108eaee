import { rm, rmdir } from 'node:fs/promises';
import { dirname } from 'node:path';
import { matcherOf } from '../../agent/file-lookup.ts';
import { giveBack, positionsToGiveBack } from '../../agent/import/give-back.ts';
import { StateDirectoryError, peekStore } from '../../agent/state-directory.ts';
import type { Plan } from '../../plan.ts';
import { removeStandIns } from '../compat/install.ts';
import { THEIR_UNIT } from '../compat/stand-ins.ts';
import { printable } from '../text-table.ts';
import { countText } from '../units.ts';
import { recordFile, reservationFile, type TakeoverHost, type TakeoverRecord } from './host.ts';

/**
 * Ends this agent, writes its positions as the CloudWatch agent's, and puts that agent back as it was. Throws ServiceError and the
 * system's errors: then what is not done yet is done by the next call.
 * @param plan which files that agent follows; null: all that this one did
 * @param atOnce without waiting for what is not delivered yet
 */
export async function giveEverythingBack(record: TakeoverRecord, plan: Plan | null, host: TakeoverHost, atOnce = false): Promise<void> {
  const { unit, theirs, places, output: { out } } = host;
  // An agent that does not deliver would be waited for until its deadline, while neither sends anything.
  if (await unit.isUp()) await (atOnce ? unit.stopNow() : unit.stop());
  if (await unit.isEnabled()) await unit.disable();
  out(`${unit.name} is stopped and disabled\n`);
  if (record.isImported) await tryPositionsBack(plan, host);
  const { stay } = await removeStandIns(places);
  for (const line of stay) out(`  ${line}\n`);
  await openTheirUnit(host);
  if (record.wasEnabled) await theirs.must('enable', theirs.name);
  if (record.wasActive) await theirs.must('restart', theirs.name);
  await rm(recordFile(places), { force: true });
  out(`${THEIR_UNIT} ${record.wasActive ? 'runs again' : 'is as it was: not running'}${record.wasEnabled ? ' and starts with the system' : ''}\n`);
}

/** Where there is no CloudWatch agent any more: one that is installed later starts again, and this agent goes on. Throws as giveEverythingBack. */
export async function giveUpPlace(host: TakeoverHost): Promise<void> {
  await openTheirUnit(host);
  await rm(recordFile(host.places), { force: true });
  host.output.out(`there is no ${THEIR_UNIT} on this host any more to be given back to: ${host.unit.name} stays as it is, and has its place for good. \`agent compat remove\` takes away what stands for its ctl\n`);
}

async function openTheirUnit({ theirs, places }: TakeoverHost): Promise<void> {
  await rm(reservationFile(places), { force: true });
  await rmdir(dirname(reservationFile(places))).catch(() => undefined);
  await theirs.must('daemon-reload');
}

/** What keeps positions from being written (a full disk) must not keep both agents from running: twice is better than not at all. */
async function tryPositionsBack(plan: Plan | null, host: TakeoverHost): Promise<void> {
  try {
    await givePositionsBack(plan, host);
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    if (!(error instanceof StateDirectoryError) && code?.startsWith('E') !== true) throw error;
    host.output.err(`agent takeover: its positions could not be given back (${message}): it goes on where it was when its place was taken, and sends again what was sent since\n`);
  }
}

async function givePositionsBack(plan: Plan | null, { places, stateDirectory, output: { out } }: TakeoverHost): Promise<void> {
  const matchers = plan?.entries.map((entry) => matcherOf(entry)) ?? null;
  const { given, left } = positionsToGiveBack(await peekStore(stateDirectory), (path) => matchers === null || matchers.some((matches) => matches(path) === true));
  await giveBack(given, places.state);
  for (const { path, offset, size } of given) out(`  ${printable(path)}: ${offset === null ? 'another file than before, begins at its start' : `goes on at byte ${offset.toLocaleString('en-US')} of ${size.toLocaleString('en-US')}`}\n`);
  for (const { path, bytes } of left) out(`  ${printable(path)}: ${bytes.toLocaleString('en-US')} bytes were not sent yet, and the CloudWatch agent does not follow this file\n`);
  out(`${countText(given.length, 'position')} written to ${places.state}\n`);
}
