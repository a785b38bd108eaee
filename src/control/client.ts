import { ANSWER_MS, NoAgentError, RefusedError, ask } from './ask.ts';
import type { Question } from './ask.ts';
import type { DrainReceipt } from './drain-receipt.ts';
import type { LogLevelDocument } from './log-level-document.ts';
import type { ReplayReceipt, ReplayRequest } from './replay-document.ts';
import { socketName } from './socket-path.ts';
import { STATUS_VERSION } from './status-document.ts';
import type { ReloadDocument, StatusDocument } from './status-document.ts';

export { NoAgentError, RefusedError } from './ask.ts';

/** A reload may have to wait for Parameter Store, three tries of ten seconds. */
const RELOAD_MS = 60_000;
/** On top of the deadline for what fails: 128 MiB, the most there is, over a slow line. */
const REPLAY_MS = 3_600_000;

/** The status of the agent that runs on a state directory. Throws NoAgentError. */
export async function askStatus(stateDirectory: string, timeoutMs?: number): Promise<StatusDocument> {
  const document = await askDocument<Partial<StatusDocument>>(stateDirectory, { method: 'GET', path: '/status', ...(timeoutMs === undefined ? {} : { timeoutMs }) });
  if (document.statusVersion !== STATUS_VERSION) {
    throw new NoAgentError(`the agent on ${stateDirectory} answers in format ${document.statusVersion ?? 'unknown'}, this command reads format ${STATUS_VERSION}: use the \`agent\` of the version that runs`);
  }
  return document as StatusDocument;
}

/** Lets the agent that runs on a state directory read its config again. Throws NoAgentError. */
export function askReload(stateDirectory: string): Promise<ReloadDocument> {
  return askDocument(stateDirectory, { method: 'POST', path: '/reload', timeoutMs: RELOAD_MS });
}

/** Lets the agent deliver what was written before now, and waits for it. Throws NoAgentError, and RefusedError when it cannot be tried. */
export function askDrain(stateDirectory: string, deadlineMs: number): Promise<DrainReceipt> {
  return askDocument(stateDirectory, { method: 'POST', path: `/drain?deadline_ms=${deadlineMs}`, timeoutMs: deadlineMs + ANSWER_MS });
}

/** The level of the agent's own log, after it was set if one is wanted. Throws NoAgentError. */
export function askLogLevel(stateDirectory: string, wanted: { readonly level: string; readonly forMs: number | null } | null): Promise<LogLevelDocument> {
  if (wanted === null) return askDocument(stateDirectory, { method: 'GET', path: '/log-level' });
  return askDocument(stateDirectory, { method: 'POST', path: `/log-level?level=${wanted.level}${wanted.forMs === null ? '' : `&for_ms=${wanted.forMs}`}` });
}

/** Lets the agent send again what lies in quarantine. Throws NoAgentError, and RefusedError when it does not. */
export function askReplay(stateDirectory: string, request: ReplayRequest): Promise<ReplayReceipt> {
  return askDocument(stateDirectory, { method: 'POST', path: '/quarantine/replay', body: request, timeoutMs: request.deadlineMs + REPLAY_MS });
}

/** An answer in JSON. A path that is unknown there is one of a later version than the agent that runs. Throws NoAgentError and RefusedError. */
async function askDocument<T>(stateDirectory: string, question: Question): Promise<T> {
  try {
    return JSON.parse(await ask(stateDirectory, question)) as T;
  } catch (error) {
    if (error instanceof SyntaxError) throw new NoAgentError(`${socketName(stateDirectory)}: what answers there is no agent`, error);
    if (error instanceof RefusedError && error.code === 404) throw new NoAgentError(`the agent on ${stateDirectory} knows no ${question.method} ${question.path}: it is of an earlier version than this command; restart it`, error);
    if (error instanceof RefusedError && error.code === 500) throw new NoAgentError(`the agent on ${stateDirectory} cannot answer: ${error.message}`, error);
    throw error;
  }
}
