import { serviceKey } from '../plan.ts';
import type { Reach, ServicePlan } from '../plan.ts';
import type { Agent, Credentials, FileEntry, Logs } from './generated/document.generated.ts';
import { LOOPBACK_REGION, endpointVariable, isLoopback, readEndpoint } from './endpoint-url.ts';
import type { ServiceId } from './endpoint-url.ts';
import { expandEnvironment, type Environment, type HostFacts } from './placeholders.ts';
import type { Reporter } from './reporter.ts';

/** What STS takes as an external id: 2 to 1,224 of these characters. */
const EXTERNAL_ID = /^[\w+=,.@:/-]{2,1224}$/;

/** What every text of a service is read with. */
interface Reading {
  readonly env: Environment;
  readonly report: Reporter;
}

/** `text` with its environment variables filled in; an unset one is an error at `pointer`, and null. */
export function expanded(text: string, env: Environment, pointer: string, report: Reporter): string | null {
  const { text: result, unset } = expandEnvironment(text, env);
  for (const name of unset) {
    report.error(pointer, `the environment variable ${name} is not set`, { expected: `${name} in the environment of the agent, or the value itself in place of \${${name}}` });
  }
  return unset.length === 0 ? result : null;
}

/** An endpoint_override; null when it is wrong (and reported). */
function endpointOf(configured: string, pointer: string, { env, report }: Reading): string | null {
  const text = expanded(configured, env, pointer, report);
  if (text === null) return null;
  const read = readEndpoint(text);
  if ('endpoint' in read) return read.endpoint;
  report.error(pointer, read.fault, { expected: read.expected });
  return null;
}

/** A section of the config with a service of its own. */
export interface ServiceSection extends Pick<Logs, 'endpoint_override' | 'credentials'> {
  readonly name: 'logs' | 'metrics';
}

const SERVICE_IDS = { logs: 'CLOUDWATCH_LOGS', metrics: 'CLOUDWATCH' } as const satisfies Readonly<Record<ServiceSection['name'], ServiceId>>;

/** The endpoint that the environment names; null for none, undefined when it is wrong (and reported). */
function endpointInEnvironment(section: ServiceSection['name'], { env, report }: Reading): string | null | undefined {
  const name = endpointVariable(env, SERVICE_IDS[section]);
  if (name === null) return null;
  const read = readEndpoint(env[name]!);
  if ('endpoint' in read) return read.endpoint;
  report.error(`/${section}`, `the environment variable ${name}: ${read.fault}`, { expected: read.expected });
  return undefined;
}

/** Whether the region can only come from the instance identity document. */
export function asksForRegion(agent: Agent, { name, endpoint_override: override }: ServiceSection, env: Environment): boolean {
  if (agent.region !== undefined || env['AWS_REGION'] || env['AWS_DEFAULT_REGION']) return false;
  const named = override === undefined ? env[endpointVariable(env, SERVICE_IDS[name]) ?? ''] : expandEnvironment(override, env).text;
  return named === undefined || !isLoopback(named);
}

/** A region as configured; null when it is wrong (and reported). */
function namedRegion(configured: string, pointer: string, { env, report }: Reading): string | null {
  const region = expanded(configured, env, pointer, report);
  if (region === null) return null;
  const advice = { expected: 'the name of an AWS region such as eu-central-1', didYouMean: likelyRegion(region) };
  if (/^[a-z0-9-]+$/.test(region)) {
    // Other services have names of their own, so what merely looks odd is no error.
    if (advice.didYouMean !== null) report.warning(pointer, `${JSON.stringify(region)} does not look like a region`, advice);
    return region;
  }
  report.error(pointer, `${JSON.stringify(region)} is not a region`, advice);
  return null;
}

/** The region of AWS that was probably meant: capitals, blanks around it, underscores, or a letter where a digit belongs; null when nothing suggests itself. */
function likelyRegion(region: string): string | null {
  const likely = region.trim().toLowerCase().replaceAll('_', '-').replace(/-[il]$/, '-1').replace(/(?<=[a-z])(?=\d$)/, '-');
  return likely !== region && /^[a-z]{2,4}(?:-[a-z]+)+-\d$/.test(likely) ? likely : null;
}

function regionOf(agent: Agent, section: ServiceSection['name'], endpoint: string | null, facts: HostFacts, reading: Reading): string | null {
  if (agent.region !== undefined) return namedRegion(agent.region, '/agent/region', reading);
  const { env, report } = reading;
  const known = env['AWS_REGION'] || env['AWS_DEFAULT_REGION'] || facts.instance?.region;
  if (known) return known;
  if (endpoint !== null && isLoopback(endpoint)) {
    report.note(`/${section}/endpoint_override`, `no region is given; ${LOOPBACK_REGION} is used with a service on this machine`);
    return LOOPBACK_REGION;
  }
  report.error('/agent', 'the region is not known: neither the config nor the environment names it, and this machine has no EC2 instance metadata', {
    expected: '"agent": { "region": "eu-central-1" }, or AWS_REGION in the environment of the agent',
  });
  return null;
}

type Role = Pick<Reach, 'roleArn' | 'externalId'>;
const NO_ROLE: Role = { roleArn: null, externalId: null };

/** The role of one `credentials`, which an external id belongs to; null when it is wrong (and reported). */
function roleOf({ role_arn: role, external_id: id }: Credentials, pointer: string, { env, report }: Reading): Role | null {
  if (role === undefined) {
    report.error(`${pointer}/external_id`, 'there is no role_arn beside this external id: it belongs to the trust policy of one role', { expected: '"role_arn" in the same "credentials"' });
    return null;
  }
  const roleArn = expanded(role, env, `${pointer}/role_arn`, report);
  if (roleArn !== null && !/^arn:[^:]+:iam::\d{12}:role\/./.test(roleArn)) {
    report.warning(`${pointer}/role_arn`, 'this does not look like the ARN of a role', { expected: 'arn:aws:iam::123456789012:role/NAME' });
  }
  const externalId = id === undefined ? null : expanded(id, env, `${pointer}/external_id`, report);
  if (externalId !== null && !EXTERNAL_ID.test(externalId)) {
    report.error(`${pointer}/external_id`, 'no role can ask for this external id', { expected: '2 to 1224 letters, digits and characters of _+=,.@:/-' });
    return null;
  }
  return roleArn === null || (id !== undefined && externalId === null) ? null : { roleArn, externalId };
}

const isGiven = (credentials: Credentials | undefined): credentials is Credentials => credentials?.role_arn !== undefined || credentials?.external_id !== undefined;

/** A setting of the SDK's that is `true` or `false`; null for neither. */
const flag = (text: string | undefined): boolean | null => (/^(?:true|false)$/i.test(text ?? '') ? text!.toLowerCase() === 'true' : null);

/** An endpoint of one's own is used as it is. */
function warnOfNoEffect(pointer: string, { endpoint, fips, dualStack }: Pick<Reach, 'endpoint' | 'fips' | 'dualStack'>, report: Reporter): void {
  const idle = [fips === true ? 'use_fips_endpoint' : [], dualStack === true ? 'use_dualstack_endpoint' : []].flat();
  if (endpoint !== null && idle.length > 0) report.warning(pointer, `the endpoint is used as it is: ${idle.join(' and ')} has no effect on it`, { expected: 'the URL of an endpoint of that kind, or none' });
}

/** Where the logs of entries without settings of their own go, or metrics, and as whom; or null when that is not sure: then nothing may be sent. */
export function compileService(agent: Agent, section: ServiceSection, facts: HostFacts, env: Environment, report: Reporter): ServicePlan | null {
  const reading = { env, report };
  const pointer = `/${section.name}/endpoint_override`;
  const endpoint = section.endpoint_override === undefined ? endpointInEnvironment(section.name, reading) : endpointOf(section.endpoint_override, pointer, reading) ?? undefined;
  const region = regionOf(agent, section.name, endpoint ?? null, facts, reading);
  const [holder, credentials] = isGiven(section.credentials) ? [section.name, section.credentials] as const : ['agent', agent.credentials] as const;
  const role = isGiven(credentials) ? roleOf(credentials, `/${holder}/credentials`, reading) : NO_ROLE;
  const fips = agent.use_fips_endpoint ?? flag(env['AWS_USE_FIPS_ENDPOINT']);
  const dualStack = agent.use_dualstack_endpoint ?? flag(env['AWS_USE_DUALSTACK_ENDPOINT']);
  if (endpoint === undefined || region === null || role === null) return null;
  warnOfNoEffect(pointer, { endpoint, fips, dualStack }, report);
  return { label: null, region, endpoint, ...role, fips, dualStack };
}

/** The service of each entry: the plan's own, with what the entry says of itself. Equal ones are one object. */
export class EntryServices {
  readonly #base: ServicePlan;
  readonly #reading: Reading;
  readonly #known = new Map<string, ServicePlan>();

  constructor(base: ServicePlan, env: Environment, report: Reporter) {
    this.#base = base;
    this.#reading = { env, report };
    this.#known.set(serviceKey(base), base);
  }

  /** What is wrong is reported; the caller leaves out entries with errors. */
  of(entry: FileEntry, pointer: string): ServicePlan {
    const base = this.#base;
    const region = entry.region === undefined ? base.region : namedRegion(entry.region, `${pointer}/region`, this.#reading) ?? base.region;
    const role = isGiven(entry.credentials) ? roleOf(entry.credentials, `${pointer}/credentials`, this.#reading) : null;
    const reach: Reach = {
      region,
      endpoint: this.#endpointOf(entry, region, pointer),
      ...(role ?? { roleArn: base.roleArn, externalId: base.externalId }),
      fips: entry.use_fips_endpoint ?? base.fips,
      dualStack: entry.use_dualstack_endpoint ?? base.dualStack,
    };
    if (entry.endpoint_override !== undefined || entry.use_fips_endpoint === true || entry.use_dualstack_endpoint === true) {
      warnOfNoEffect(entry.endpoint_override === undefined ? pointer : `${pointer}/endpoint_override`, reach, this.#reading.report);
    }
    const key = serviceKey(reach);
    const service = this.#known.get(key) ?? { label: labelOf(reach, base), ...reach };
    this.#known.set(key, service);
    return service;
  }

  /** The endpoint under `logs` is that of its region, unless it is on this machine: that one is for all, as is one that the environment names. */
  #endpointOf(entry: FileEntry, region: string, pointer: string): string | null {
    const { endpoint, region: itsRegion } = this.#base;
    if (entry.endpoint_override !== undefined) return endpointOf(entry.endpoint_override, `${pointer}/endpoint_override`, this.#reading);
    if (endpoint === null || region === itsRegion || isLoopback(endpoint)) return endpoint;
    const variable = endpointVariable(this.#reading.env);
    const named = variable === null ? null : readEndpoint(this.#reading.env[variable]!);
    if (named !== null && 'endpoint' in named) return named.endpoint;
    this.#reading.report.note(`${pointer}/region`, `the endpoint_override under logs belongs to ${itsRegion}; this entry goes to the AWS endpoint of ${region}`);
    return null;
  }
}

/** In the words of `check` and `status`: what a service has other than `base`. */
function labelOf(one: Reach, base: Reach): string {
  const differs = (key: keyof Reach): boolean => one[key] !== base[key];
  return [
    differs('region') ? one.region : [],
    differs('endpoint') ? one.endpoint ?? 'its AWS endpoint' : [],
    differs('roleArn') ? `as ${one.roleArn}` : differs('externalId') ? 'with another external id' : [],
    differs('fips') ? `${one.fips === true ? '' : 'not '}FIPS` : [],
    differs('dualStack') ? `${one.dualStack === true ? '' : 'not '}dual-stack` : [],
  ].flat().join(', ');
}
