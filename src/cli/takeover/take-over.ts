import { mkdir, writeFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import { installStandIns } from '../compat/install.ts';
import { positionsText } from '../config/positions-text.ts';
import { setVariables } from '../ctl/env-config-file.ts';
import { writeConfig } from '../ctl/installed-configs.ts';
import type { Places } from '../ctl/places.ts';
import { agentVersion } from '../version.ts';
import type { Plan } from '../../plan.ts';
import { giveEverythingBack } from './give-back.ts';
import { recordFile, reservationFile, type TakeoverHost, type TakeoverRecord } from './host.ts';
import { provenDelivery } from './proof.ts';
import { takePositions, type Survey } from './survey.ts';

const PRIVATE = 0o600;

/** Takes over; false when it did not work and everything is as it was. Throws what kept it from being put back. */
export async function takeOver({ theirs: { wasActive, wasEnabled }, plan, files, around }: Survey & { readonly plan: Plan }, withCtl: boolean, host: TakeoverHost): Promise<boolean> {
  const { places, output: { out, err, colour } } = host;
  let record: TakeoverRecord = { wasActive, wasEnabled, isImported: false };
  // First, so that whatever happens from here on can be undone by `--back`.
  await writeRecord(record, places);
  try {
    await endTheirs(record, host);
    const { imported, without } = await takePositions(plan, files, false, host);
    record = { ...record, isImported: true };
    await writeRecord(record, places);
    out(positionsText(imported, without, { stateDirectory: host.stateDirectory, dryRun: false }));
    if (Object.keys(around.lasting).length > 0) await setVariables(places, around.lasting, colour);
    if (withCtl) for (const path of await installStandIns(places, { program: host.program, version: agentVersion, replace: true })) out(`${path} is this agent's\n`);
    await host.unit.startAndEnable();
    const found = await provenDelivery(host.stateDirectory, host.proofMs);
    if ('fault' in found) throw new Error(`${host.unit.name} was started, and did not prove itself within ${host.proofMs / 1000} s: ${found.fault}`);
    out(`${host.unit.name}: ${found.proof}\n`);
    return true;
  } catch (error) {
    err(`agent takeover: ${(error as Error).message}\nit is taken back:\n`);
    await giveEverythingBack(record, plan, host, true);
    return false;
  }
}

const writeRecord = (record: TakeoverRecord, places: Places): Promise<void> => writeConfig(recordFile(places), `${JSON.stringify(record)}\n`, PRIVATE);

async function endTheirs({ wasActive, wasEnabled }: TakeoverRecord, { theirs, places, output: { out } }: TakeoverHost): Promise<void> {
  if (wasActive) await theirs.stop();
  if (wasEnabled) await theirs.must('disable', theirs.name);
  const file = reservationFile(places);
  await mkdir(dirname(file), { recursive: true });
  await writeFile(file, `# Of \`agent takeover\`: unified-agent has the place of this service; \`agent takeover --back\` gives it back.\n[Unit]\nConditionPathExists=!${recordFile(places)}\n`, { flush: true });
  await theirs.must('daemon-reload');
  out(`${theirs.name} is stopped and disabled, and does not start while this agent has its place\n`);
}
