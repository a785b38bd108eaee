/** What the instance metadata service of EC2 says about this machine. */
export interface InstanceFacts {
  readonly instanceId: string | null;
  readonly region: string | null;
  readonly accountId: string | null;
  readonly privateIp: string | null;
  readonly hostname: string | null;
}

/** Facts about this machine as plain values; null where they are not known. */
export interface HostFacts {
  /** The system's host name. */
  readonly hostname: string | null;
  /** First IPv4 address that is not loopback. */
  readonly ipAddress: string | null;
  /** Null off EC2, or when nothing in the config needs it. */
  readonly instance: InstanceFacts | null;
  /** Name of the task or pod this container belongs to; null outside of containers. */
  readonly containerName: string | null;
  /** IANA name of the zone the machine's clock is shown in. */
  readonly localZone: string;
  /** Local date as YYYY-MM-DD. */
  readonly date: string;
}

/** The environment: only what a config names is read from it. */
export type Environment = Readonly<Record<string, string | undefined>>;

export type Placeholder = 'instance_id' | 'hostname' | 'local_hostname' | 'ip_address' | 'aws_region' | 'account_id' | 'date';

/** What stands for a fact that is not known; the CloudWatch agent's own words, so that streams keep their names. */
const FALLBACKS: Readonly<Record<Placeholder, string>> = {
  instance_id: 'i-UNKNOWN',
  hostname: 'UNKNOWN-HOST',
  local_hostname: 'UNKNOWN-HOST',
  ip_address: 'UNKNOWN-IP',
  aws_region: 'UNKNOWN-REGION',
  account_id: 'UNKNOWN-ACCOUNT',
  date: 'UNKNOWN-DATE',
};

export const PLACEHOLDERS = Object.keys(FALLBACKS) as readonly Placeholder[];

/** Placeholders only the instance metadata can fill (or fills better than the system). */
const OF_INSTANCE = /\{(?:instance_id|hostname|ip_address|account_id)\}/;

/** Whether filling `text` asks for the instance metadata. */
export const asksForInstance = (text: string): boolean => OF_INSTANCE.test(text);

function valueOf(placeholder: Placeholder, facts: HostFacts, region: string): string | null {
  switch (placeholder) {
    case 'instance_id': return facts.instance?.instanceId ?? null;
    case 'hostname': return facts.instance?.hostname ?? facts.hostname;
    case 'local_hostname': return facts.hostname;
    case 'ip_address': return facts.instance?.privateIp ?? facts.ipAddress;
    case 'aws_region': return region;
    case 'account_id': return facts.instance?.accountId ?? null;
    case 'date': return facts.date;
    default: return placeholder satisfies never;
  }
}

export interface Filled {
  readonly text: string;
  /** Placeholders whose fact is not known, with what stands in for it. */
  readonly fallbacks: readonly { readonly placeholder: string; readonly used: string }[];
  /** Names in braces that are no placeholders; they stay as they are. */
  readonly unknown: readonly string[];
}

/** Fills in `{name}`s. */
export function fillPlaceholders(template: string, facts: HostFacts, region: string): Filled {
  const fallbacks: { placeholder: string; used: string }[] = [];
  const unknown: string[] = [];
  const text = template.replaceAll(/\{([^{}]*)\}/g, (whole, name: string) => {
    if (!Object.hasOwn(FALLBACKS, name)) {
      unknown.push(name);
      return whole;
    }
    const value = valueOf(name as Placeholder, facts, region);
    if (value !== null) return value;
    const used = FALLBACKS[name as Placeholder];
    fallbacks.push({ placeholder: whole, used });
    return used;
  });
  return { text, fallbacks, unknown };
}

/** Fills in `${NAME}`s of environment variables; `unset` names those that are not set or empty. */
export function expandEnvironment(template: string, env: Environment): { readonly text: string; readonly unset: readonly string[] } {
  const unset: string[] = [];
  const text = template.replaceAll(/\$\{([A-Za-z_]\w*)\}/g, (whole, name: string) => {
    const value = env[name];
    if (value !== undefined && value !== '') return value;
    unset.push(name);
    return whole;
  });
  return { text, unset };
}
