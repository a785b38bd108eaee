// Whether the services let the agent in: credentials, clock, and each permission, tried.
import { Prober } from '../../aws/probe.ts';
import type { CredentialsFound, Probe } from '../../aws/probe.ts';
import { policiesFor, statementFor } from '../../config/iam-policy.ts';
import type { PolicyOptions } from '../../config/iam-policy.ts';
import type { Environment } from '../../config/placeholders.ts';
import { serviceKey } from '../../plan.ts';
import type { Plan, Reach } from '../../plan.ts';
import { failed, note, ok, warning } from './finding.ts';
import type { Finding } from './finding.ts';

/** Of a service's groups, as many are tried: a policy rarely tells more of them apart. */
const MOST_GROUPS = 20;
const MOST_NAMED = 5;
/** The service refuses signatures that are five minutes off (SigV4); events beyond half a minute already look wrong. */
const WRONG_CLOCK_MS = 240_000;
const ODD_CLOCK_MS = 30_000;
/** Credentials that end so soon are renewed by now where anything renews them. */
const SOON_MS = 5 * 60_000;

interface Wanted {
  readonly reach: Reach;
  readonly label: string;
  readonly groups: { readonly name: string; readonly stream: string | null; readonly retention: boolean }[];
  readonly namespaces: string[];
}

function wantedOf(plan: Plan): readonly Wanted[] {
  const wanted = new Map<string, Wanted>();
  const at = (reach: Reach, label: string | null): Wanted => {
    const key = serviceKey(reach);
    const known = wanted.get(key) ?? { reach, label: `${reach.endpoint ?? reach.region}${label === null ? '' : ` (${label})`}`, groups: [], namespaces: [] };
    wanted.set(key, known);
    return known;
  };
  const literal = (parts: Plan['entries'][number]['naming']['group']): string | null => (parts.every(({ kind }) => kind === 'text') ? parts.map((part) => (part.kind === 'text' ? part.text : '')).join('') : null);
  for (const { service, naming } of [...plan.entries, ...plan.journald]) {
    const name = literal(naming.group);
    const { groups } = at(service, service.label);
    if (name !== null && !groups.some((group) => group.name === name)) groups.push({ name, stream: literal(naming.stream), retention: naming.retentionDays !== null });
  }
  if (plan.metrics !== null && plan.metrics.destinations.cloudwatch) at(plan.metrics.service, plan.metrics.service.label).namespaces.push(plan.metrics.namespace);
  return [...wanted.values()];
}

/** @param write also tries what leaves something behind: groups, streams, one sample. */
export async function serviceFindings(plan: Plan, env: Environment, { policy, write, now }: { readonly policy: PolicyOptions; readonly write: boolean; readonly now: number }): Promise<readonly Finding[]> {
  const policies = policiesFor(plan, policy);
  const findings: Finding[] = [];
  for (const wanted of wantedOf(plan)) {
    const prober = new Prober(wanted.reach, env, new AbortController().signal);
    try {
      const credentials = await prober.credentials();
      findings.push(credentialsFinding(credentials, wanted.label, now));
      if ('fault' in credentials) continue;
      const probes = await probesOf(prober, wanted, write);
      findings.push(...probeFindings(probes, (action) => statementFor(policies.get(wanted.reach.roleArn), action), wanted.label));
      if (prober.aheadMs !== null) findings.push(clockFinding(prober.aheadMs));
    } finally {
      prober.close();
    }
  }
  if (!write && findings.length > 0) findings.push(note('permissions', 'those to create groups and streams and to publish metrics were not tried', 'agent doctor --write tries them; it leaves behind what the agent would create, and one sample of agent_doctor'));
  return findings;
}

async function probesOf(prober: Prober, { groups, namespaces }: Wanted, write: boolean): Promise<readonly Probe[]> {
  const tries = [
    ...groups.slice(0, MOST_GROUPS).flatMap(({ name, stream, retention }) => [
      ...(write ? [() => prober.createLogGroup(name), ...(stream === null ? [] : [() => prober.createLogStream(name, stream)])] : []),
      () => prober.putLogEvents(name),
      ...(retention ? [() => prober.describeLogGroups(name)] : []),
    ]),
    ...namespaces.map((namespace) => () => (write ? prober.putMetricData(namespace) : prober.reachMetrics(namespace))),
  ];
  const probes: Probe[] = [];
  for (const once of tries) {
    const probe = await once();
    probes.push(probe);
    // The others would only wait as long.
    if (probe.verdict === 'unreachable') break;
  }
  return probes;
}

function credentialsFinding(found: CredentialsFound, where: string, now: number): Finding {
  if ('fault' in found) return failed('credentials', `${where}: ${found.fault}`, 'attach an instance profile, or set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY in /etc/default/unified-agent (/etc/sysconfig/unified-agent of the .rpm), or a profile in common-config.toml; then: systemctl restart unified-agent');
  const { source, accountId, expiresAt } = found;
  const text = `${where}: from ${source}${accountId === null ? '' : `, account ${accountId}`}`;
  if (expiresAt === null) return ok('credentials', `${text}; they do not expire`);
  const left = expiresAt - now;
  if (left <= 0) return failed('credentials', `${text}; they expired ${minutes(-left)} ago`, 'renew them where they come from');
  return left < SOON_MS ? warning('credentials', `${text}; they expire in ${minutes(left)}`, 'see that they are renewed where they come from') : ok('credentials', `${text}; they expire in ${minutes(left)}`);
}

const minutes = (ms: number): string => (ms < 120 * 60_000 ? `${Math.round(ms / 60_000)} min` : `${Math.round(ms / 3_600_000)} h`);

function probeFindings(probes: readonly Probe[], statement: (action: string) => unknown, where: string): readonly Finding[] {
  return [...Map.groupBy(probes, ({ action, verdict }) => `${verdict} ${action}`).values()].map((alike) => {
    const { action, verdict, words } = alike[0]!;
    const targets = `${alike.slice(0, MOST_NAMED).map(({ target }) => target).join(', ')}${alike.length > MOST_NAMED ? ` and ${alike.length - MOST_NAMED} more` : ''}`;
    switch (verdict) {
      case 'allowed': return ok('permissions', `${where}: ${action} on ${targets}`);
      case 'denied': return failed('permissions', `${action} on ${targets} is missing: ${words}`, `allow it: ${JSON.stringify(statement(action) ?? { Effect: 'Allow', Action: [action], Resource: ['*'] })}`);
      case 'unreachable': return failed('endpoint', `${where} is not reached: ${words}`, 'see the route, the security group, the proxy and the name servers of this host; for a private subnet, a VPC endpoint of the service');
      case 'reached': return ok('endpoint', `${where}: the service of metrics answers (for ${targets})`);
      case 'unknown': return warning('permissions', `${action} on ${targets}: ${words}`, 'see whether it goes away; the agent goes on trying');
      default: return verdict satisfies never;
    }
  });
}

function clockFinding(aheadMs: number): Finding {
  const seconds = Math.round(Math.abs(aheadMs) / 1_000);
  const text = `this host is ${seconds} s ${aheadMs > 0 ? 'ahead of' : 'behind'} the service`;
  if (Math.abs(aheadMs) >= WRONG_CLOCK_MS) return failed('clock', `${text}: requests with its time are refused, and events carry it`, 'set the clock: timedatectl set-ntp true (chronyd, systemd-timesyncd)');
  return Math.abs(aheadMs) >= ODD_CLOCK_MS ? warning('clock', text, 'set the clock: timedatectl set-ntp true (chronyd, systemd-timesyncd)') : ok('clock', 'agrees with the service\'s');
}
