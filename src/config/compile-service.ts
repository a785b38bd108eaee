import type { Entity, ServicePlan } from '../plan.ts';
import type { Agent, Logs } from './generated/document.generated.ts';
import { expandEnvironment, type Environment, type HostFacts } from './placeholders.ts';
import type { Reporter } from './reporter.ts';

/** Region of a service on this machine, which does not care. */
const LOOPBACK_REGION = 'us-east-1';

/** `text` with its environment variables filled in; an unset one is an error at `pointer`, and null. */
export function expanded(text: string, env: Environment, pointer: string, report: Reporter): string | null {
  const { text: result, unset } = expandEnvironment(text, env);
  for (const name of unset) {
    report.error(pointer, `the environment variable ${name} is not set`, { expected: `${name} in the environment of the agent, or the value itself in place of \${${name}}` });
  }
  return unset.length === 0 ? result : null;
}

/** The endpoint as a URL without a trailing slash; null when none is given, undefined when it is wrong (and reported). */
function endpointOf(logs: Logs, env: Environment, report: Reporter): string | null | undefined {
  const pointer = '/logs/endpoint_override';
  if (logs.endpoint_override === undefined) return null;
  const text = expanded(logs.endpoint_override, env, pointer, report);
  if (text === null) return undefined;
  const url = endpointUrl(text);
  const expected = 'a URL such as https://logs.eu-central-1.amazonaws.com or http://127.0.0.1:4588';
  if (url === null || url.hostname === '') report.error(pointer, 'this is not a URL', { expected });
  else if (url.protocol !== 'https:' && url.protocol !== 'http:') report.error(pointer, `${url.protocol}// is not a protocol the service speaks`, { expected });
  else if (url.username !== '' || url.password !== '') report.error(pointer, 'a URL with a user name or password is not accepted', { expected: 'credentials in the AWS SDK\'s own places (environment, profile, role)' });
  else if (url.search !== '' || url.hash !== '') report.error(pointer, 'a URL with ? or # is not accepted', { expected });
  else return url.origin + url.pathname.replace(/\/+$/, '');
  return undefined;
}

/** The URL an endpoint_override means: `https://` is implied. */
const endpointUrl = (text: string): URL | null => URL.parse(/^[a-z][a-z0-9+.-]*:\/\//i.test(text) ? text : `https://${text}`);

const isLoopback = (url: URL | null): boolean => url !== null && /^(?:localhost|127(?:\.\d+){3}|\[::1\])$/.test(url.hostname);

/** Whether the region can only come from the instance identity document. */
export function asksForRegion(agent: Agent, logs: Logs, env: Environment): boolean {
  if (agent.region !== undefined || env['AWS_REGION'] || env['AWS_DEFAULT_REGION']) return false;
  return logs.endpoint_override === undefined || !isLoopback(endpointUrl(expandEnvironment(logs.endpoint_override, env).text));
}

function regionOf(agent: Agent, endpoint: string | null, facts: HostFacts, env: Environment, report: Reporter): string | null {
  if (agent.region !== undefined) {
    const region = expanded(agent.region, env, '/agent/region', report);
    if (region === null || /^[a-z0-9-]+$/.test(region)) return region;
    report.error('/agent/region', `${JSON.stringify(region)} is not a region`, { expected: 'the name of an AWS region such as eu-central-1' });
    return null;
  }
  const known = env['AWS_REGION'] || env['AWS_DEFAULT_REGION'] || facts.instance?.region;
  if (known) return known;
  if (endpoint !== null && isLoopback(URL.parse(endpoint))) {
    report.note('/logs/endpoint_override', `no region is given; ${LOOPBACK_REGION} is used with a service on this machine`);
    return LOOPBACK_REGION;
  }
  report.error('/agent', 'the region is not known: neither the config nor the environment names it, and this machine has no EC2 instance metadata', {
    expected: '"agent": { "region": "eu-central-1" }, or AWS_REGION in the environment of the agent',
  });
  return null;
}

/** Where the logs go and as whom, or null when that is not sure: then nothing may be sent. */
export function compileService(agent: Agent, logs: Logs, facts: HostFacts, env: Environment, report: Reporter): ServicePlan | null {
  const endpoint = endpointOf(logs, env, report);
  const region = regionOf(agent, endpoint ?? null, facts, env, report);
  const section = logs.credentials?.role_arn === undefined ? 'agent' : 'logs';
  const configured = logs.credentials?.role_arn ?? agent.credentials?.role_arn;
  const pointer = `/${section}/credentials/role_arn`;
  const roleArn = configured === undefined ? null : expanded(configured, env, pointer, report);
  if (roleArn !== null && !/^arn:[^:]+:iam::\d{12}:role\/./.test(roleArn)) {
    report.warning(pointer, 'this does not look like the ARN of a role', { expected: 'arn:aws:iam::123456789012:role/NAME' });
  }
  if (endpoint === undefined || region === null || (configured !== undefined && roleArn === null)) return null;
  return { region, endpoint, roleArn };
}

/** The names an entity is made of, as configured closest to the entry. */
export interface EntityNames {
  readonly service: string | null;
  readonly environment: string | null;
}

/**
 * The CloudWatch entity of these names, or null when none is configured or the account id is not known: the service
 * refuses an entity without one. Keys and values are those the CloudWatch agent sends.
 */
export function compileEntity({ service, environment }: EntityNames, facts: HostFacts): Entity | null {
  const accountId = facts.instance?.accountId ?? null;
  if ((service === null && environment === null) || accountId === null) return null;
  const instanceId = facts.instance?.instanceId ?? null;
  const place = environment ?? (instanceId === null ? null : 'ec2:default');
  return {
    keyAttributes: { Type: 'Service', Name: service ?? 'unknown_service', ...(place === null ? {} : { Environment: place }), AwsAccountId: accountId },
    attributes: {
      ...(instanceId === null ? {} : { PlatformType: 'AWS::EC2', 'EC2.InstanceId': instanceId }),
      'AWS.ServiceNameSource': service === null ? 'Unknown' : 'UserConfiguration',
    },
  };
}
