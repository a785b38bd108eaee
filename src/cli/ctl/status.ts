import { agentVersion } from '../version.ts';
import type { DropInHost } from './host.ts';
import { isConfigured, runs } from './service.ts';

/** What `-a status` prints: the CloudWatch agent's four values in its order. @param workloads the fifth, which is empty: nothing is looked for */
export async function ctlStatus(host: DropInHost, { workloads }: { readonly workloads: boolean }): Promise<string> {
  const running = await runs(host);
  const started = running ? await host.unit.startedAt() : null;
  return `${JSON.stringify({
    status: running ? 'running' : 'stopped',
    starttime: started === null ? '' : new Date(started).toISOString().replace(/\.\d+Z$/, '+00:00'),
    configstatus: (await isConfigured(host)) ? 'configured' : 'not configured',
    version: agentVersion,
    ...(workloads ? { workloads: [] } : {}),
  }, null, 2)}\n`;
}
