import { setTimeout as pause } from 'node:timers/promises';
import type { Report } from '../report/report.ts';

/** A service that is late at a boot comes within seconds. */
const FIRST_WAIT_MS = 1_000;
/** Each wait is twice the one before, up to this: a container may never be let through to it. */
const LONGEST_WAIT_MS = 60_000;
const SUBJECT = 'instance metadata';

export interface LateInstanceOptions {
  /** The config that runs needs what the metadata know, and was compiled without. */
  readonly isMissing: () => boolean;
  /** The id of the instance, when its metadata answer. */
  readonly ask: () => Promise<string | null>;
  /** The config is compiled anew, with what is known now. */
  readonly known: (instanceId: string) => Promise<unknown>;
  readonly report: Pick<Report, 'trouble' | 'recovered'>;
}

/**
 * Asks for metadata that were silent when the config was read, until they answer: at a boot the agent may be earlier than they are, and without them metrics would
 * be of no instance, and streams have other names, until somebody starts it anew.
 */
export async function awaitInstance({ isMissing, ask, known, report }: LateInstanceOptions, stop: AbortSignal): Promise<void> {
  let waitMs = FIRST_WAIT_MS;
  while (isMissing() && !stop.aborted) {
    report.trouble(SUBJECT, 'the metadata of this EC2 instance do not answer: names and dimensions that they alone know are missing; they are asked again, in the end once a minute. In a container they answer with a hop limit of 2 alone');
    await pause(waitMs, undefined, { signal: stop, ref: false }).catch(() => undefined);
    waitMs = Math.min(2 * waitMs, LONGEST_WAIT_MS);
    const instanceId = stop.aborted ? null : await ask();
    if (instanceId !== null) await known(instanceId);
  }
  if (!stop.aborted) report.recovered(SUBJECT, 'the metadata of this EC2 instance answer');
}
