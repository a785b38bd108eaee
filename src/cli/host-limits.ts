import type { LimitsStatus } from '../control/status-document.ts';
import { limitsOf } from '../host/cgroup.ts';
import type { HostLimits } from '../host/cgroup.ts';
import type { Report } from '../report/report.ts';
import { bytesText } from './units.ts';

/** What the process takes beside the budget for events, bytes: docs/decisions/concurrency-and-memory.md. */
const PROCESS_BYTES = 85 << 20;
const SUBJECT = 'memory limit';

/** Why a budget for events does not fit below the limits of the host, with what to change; or null. */
export function misfit({ memoryMax, memoryHigh }: HostLimits, budgetBytes: number): string | null {
  const needed = PROCESS_BYTES + budgetBytes;
  const [limit, what, then] = memoryMax !== null && memoryMax < needed ? [memoryMax, 'MemoryMax', 'the kernel kills the agent when a destination fails for long'] as const
    : memoryHigh !== null && memoryHigh < needed ? [memoryHigh, 'MemoryHigh', 'the kernel slows the agent down when a destination fails for long'] as const : [null, '', ''] as const;
  if (limit === null) return null;
  return `the control group allows ${bytesText(limit)} of memory (${what}), and the agent may take ${bytesText(needed)}: ${bytesText(PROCESS_BYTES)} for itself and ${bytesText(budgetBytes)} for events. ${then}: raise ${what}, or lower logs.memory_budget`;
}

/** The limits as they are now, said where the budget does not fit. */
export function lookAtLimits(budgetBytes: number, report: Pick<Report, 'trouble' | 'recovered'>, limits = limitsOf()): LimitsStatus {
  const problem = misfit(limits, budgetBytes);
  if (problem === null) report.recovered(SUBJECT, 'the budget for events fits below the memory limit again');
  else report.trouble(SUBJECT, problem);
  return { memoryMaxBytes: limits.memoryMax, memoryHighBytes: limits.memoryHigh, cpus: limits.cpus, problem };
}
