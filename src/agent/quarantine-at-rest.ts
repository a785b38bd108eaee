// The quarantine of a state directory, from outside the agent that runs on it.
import { stat } from 'node:fs/promises';
import type { Environment } from '../aws/connection.ts';
import { networkOf } from '../aws/network.ts';
import { lockState } from '../checkpoint/lock.ts';
import type { ReplayReceipt, ReplayRequest } from '../control/replay-document.ts';
import { Quarantine } from '../delivery/quarantine.ts';
import type { QuarantinedRecord } from '../delivery/quarantine.ts';
import { isSelected, quarantined } from '../delivery/quarantined.ts';
import type { Selection } from '../delivery/quarantined.ts';
import type { Plan } from '../plan.ts';
import type { AgentReport } from '../report/agent-report.ts';
import { replayQuarantine } from './replay-quarantine.ts';
import { giveToOwner } from './state-directory.ts';

export type { QuarantinedRecord } from '../delivery/quarantine.ts';
export type { Selection } from '../delivery/quarantined.ts';

/** A record with the bytes it takes in the file; null: a line that is no record. */
export interface AtRest { readonly record: QuarantinedRecord | null; readonly bytes: number }

/** What lies there, oldest first. Throws the system's error where it cannot be read; a directory that is not there is no empty one. */
export async function* quarantineAtRest(stateDirectory: string, selection: Selection): AsyncGenerator<AtRest> {
  await stat(stateDirectory);
  for await (const { record, from, to } of quarantined(stateDirectory)) {
    if (record === null || isSelected(selection, record)) yield { record, bytes: to - from };
  }
}

/** Sends it again without an agent, which must not run meanwhile: throws StateLockedError when one does. */
export async function replayAlone(stateDirectory: string, plan: Plan, env: Environment, report: AgentReport, request: ReplayRequest, abandon: AbortSignal): Promise<ReplayReceipt> {
  const lock = await lockState(stateDirectory);
  try {
    const say = (message: string): void => report.trouble('quarantine', message);
    const quarantine = Quarantine.open(stateDirectory, { report: { quarantineTrouble: say, quarantineRecovered: say } });
    return await replayQuarantine({ plan, destinations: [], quarantine, env, network: networkOf(env), report, abandon }, request);
  } finally {
    await lock.release();
    await giveToOwner(stateDirectory);
  }
}
