import { setTimeout as delay } from 'node:timers/promises';
import { NoAgentError, askStatus } from '../../control/client.ts';
import type { StatusDocument } from '../../control/status-document.ts';
import { problemsOf } from '../status-text.ts';
import { countText } from '../units.ts';

const POLL_MS = 250;
/** Metrics are published about once a minute: they are not waited for. */
const QUIET_MS = 3000;

/**
 * Asks the agent until it delivers: in words what it did, or why it is not proven. A host whose logs are quiet has nothing to deliver; there it is
 * enough that the agent runs for a few seconds without a problem, and that is said.
 */
export async function provenDelivery(stateDirectory: string, timeoutMs: number): Promise<{ readonly proof: string } | { readonly fault: string }> {
  const begun = performance.now();
  let fault = 'it does not answer';
  let quietSince: number | null = null;
  while (performance.now() - begun < timeoutMs) {
    const status = await ask(stateDirectory);
    const trouble = typeof status === 'string' ? status : troubleOf(status);
    if (trouble !== null) {
      fault = trouble;
      quietSince = null;
    } else if (typeof status !== 'string') {
      if (status.counters.deliveredEvents > 0) return { proof: deliveredText(status) };
      quietSince ??= performance.now();
      if (performance.now() - quietSince >= Math.min(QUIET_MS, timeoutMs / 2)) return { proof: quietText(status) };
    }
    await delay(POLL_MS);
  }
  return { fault };
}

/** What is wrong, or not yet acknowledged although nothing ever was; or null. */
function troubleOf(status: StatusDocument): string | null {
  const problems = problemsOf(status);
  if (problems.length > 0) return problems.join('; ');
  const waiting = status.files.list.reduce((sum, { lagBytes, pendingBytes }) => sum + lagBytes - pendingBytes, 0);
  return waiting > 0 && status.counters.deliveredEvents === 0 ? `${waiting} bytes wait for their acknowledgement` : null;
}

const quietText = ({ entries }: StatusDocument): string => `it runs, ${countText(entries.length, 'entry', 'entries')} without a problem; nothing was waiting to be sent, so delivery shows with the next line or metric (\`agent status\`)`;

const deliveredText = ({ counters, files }: StatusDocument): string => `it runs and delivers: ${countText(counters.deliveredEvents, 'event')} accepted of ${countText(files.total, 'file')}`;

async function ask(stateDirectory: string): Promise<StatusDocument | string> {
  try {
    return await askStatus(stateDirectory);
  } catch (error) {
    if (!(error instanceof NoAgentError)) throw error;
    return error.message;
  }
}
