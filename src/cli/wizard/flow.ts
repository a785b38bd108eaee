import { readableJson } from '../../config/readable-json.ts';
import { countProblems, formatProblems } from '../../config/problem.ts';
import { TIER_BYTES } from '../config/stored-form.ts';
import { bytesText } from '../units.ts';
import { textTable } from '../text-table.ts';
import { ingestionCost } from '../../config/ingestion-cost.ts';
import { askHost } from './agent-questions.ts';
import { askAwslogs } from './awslogs-questions.ts';
import type { ConfigPart } from './config-part.ts';
import type { Conversation } from './conversation.ts';
import type { LogEstimate } from './entry-questions.ts';
import { askFiles } from './file-questions.ts';
import { askJournald } from './journald-questions.ts';
import { usdText } from './log-text.ts';
import type { Machine } from './machine.ts';
import { askMetrics } from './metrics-questions.ts';

/** A finished config. */
export interface Proposed {
  readonly config: ConfigPart;
  /** Readable JSON with a final newline. */
  readonly text: string;
  readonly region: string;
  /** `check` finds errors in it. */
  readonly faulty: boolean;
}

const DAYS_A_MONTH = 30;

/** Asks everything about what is collected; the same for a person, answers and defaults. Nothing is written. */
export async function askConfig(talk: Conversation, machine: Machine, from: ConfigPart): Promise<Proposed> {
  const { host, config: base } = await askHost(talk, machine, from);
  const measured = await askMetrics(talk, host, machine, base);
  const migrated = await askAwslogs(talk, machine, measured);
  const { config: withFiles, estimates } = await askFiles(talk, machine, host, migrated);
  const config = await askJournald(talk, machine, host, withFiles);
  const text = readableJson(config);
  talk.show('The config', text.trimEnd());
  const problems = await machine.problems(text);
  if (problems.length > 0) talk.show(`What \`agent check\` says: ${countProblems(problems)}`, formatProblems(problems, false).trimEnd());
  if (estimates.length > 0) talk.show('Ingestion, estimated', estimateText(estimates, host.region));
  const size = minifiedBytes(config);
  if (size > TIER_BYTES.standard) talk.show('Size', sizeText(size));
  return { config, text, region: host.region, faulty: problems.some(({ severity }) => severity === 'error') };
}

/** Bytes of the config without white space, as a parameter holds it. */
export const minifiedBytes = (config: ConfigPart): number => Buffer.byteLength(JSON.stringify(config));

function sizeText(size: number): string {
  const limit = size > TIER_BYTES.advanced
    ? `more than any SSM parameter holds (${TIER_BYTES.advanced}): below a path (/NAME/) it becomes several; a file has no such limit`
    : `more than a standard SSM parameter holds (${TIER_BYTES.standard}); AWS charges for an advanced one`;
  return `${size} bytes without white space: ${limit}.`;
}

function estimateText(estimates: readonly LogEstimate[], region: string): string {
  const rows = estimates.map(({ pattern, group, groupClass, flow }) => {
    const cost = flow === null ? null : ingestionCost({ ...flow, groupClass, region });
    return { cells: [pattern, group, ...(cost === null ? ['not known yet', ''] : [bytesText(cost.billedBytesPerDay), usdText(cost.usdPerDay * DAYS_A_MONTH)])], cost };
  });
  const total = rows.reduce((sum, { cost }) => ({ bytes: sum.bytes + (cost?.billedBytesPerDay ?? 0), usd: sum.usd + (cost?.usdPerDay ?? 0) * DAYS_A_MONTH }), { bytes: 0, usd: 0 });
  const columns = [{ title: 'log' }, { title: 'group' }, { title: 'a day', align: 'right' as const }, { title: '30 days', align: 'right' as const }];
  const exact = rows.every(({ cost }) => cost?.exact !== false);
  return [
    textTable(columns, [...rows.map(({ cells }) => cells), ...(rows.length > 1 ? [['in all', '', bytesText(total.bytes), usdText(total.usd)]] : [])]).trimEnd().replaceAll(/^ {2}/gm, ''),
    `At the files' pace so far, with 26 bytes for each event; ingestion alone${exact ? '' : ', at the price of us-east-1'}.`,
  ].join('\n');
}
