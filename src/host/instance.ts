import { request } from 'node:http';

/** What the instance metadata service of EC2 says about this machine; null where it says nothing. */
export interface Instance {
  readonly instanceId: string | null;
  readonly region: string | null;
  readonly accountId: string | null;
  readonly privateIp: string | null;
  readonly hostname: string | null;
  readonly availabilityZone: string | null;
  readonly imageId: string | null;
  readonly instanceType: string | null;
  /** Of the tags that were asked for, those it has. */
  readonly tags: Readonly<Record<string, string>>;
  /** False: tags are not allowed in its metadata, or were not asked for. */
  readonly tagsShown: boolean;
}

/** What of the environment the metadata client honours, named as the AWS SDKs name it. */
export type InstanceEnvironment = Readonly<Record<string, string | undefined>>;

/** The start waits for them, a second each. */
const MOST_ATTEMPTS = 11;
const ENDPOINT = 'http://169.254.169.254';
const ENDPOINT_IPV6 = 'http://[fd00:ec2::254]';
/** A hypervisor answers within a few milliseconds; off EC2 the address leads nowhere. Milliseconds, for one connection and for all requests together. */
const PATIENCE = { connectMs: 300, totalMs: 1000 };
/** Enough for the few requests of one look; the service allows 1 to 21600. */
const TOKEN_TTL_S = '60';
const TOKEN_PATH = '/latest/api/token';
const IDENTITY_PATH = '/latest/dynamic/instance-identity/document';
const HOSTNAME_PATH = '/latest/meta-data/hostname';
/** The list of keys; behind it, the value of each. 404 unless tags are allowed in the metadata. */
const TAGS_PATH = '/latest/meta-data/tags/instance';
/** The identity document has about 500 bytes. */
const MAX_ANSWER_BYTES = 65_536;

interface Answer {
  readonly status: number;
  readonly text: string;
}

/**
 * Asks the instance metadata service (version 2) who this machine is. Null when there is none, when AWS_EC2_METADATA_DISABLED
 * is `true`, or when it does not answer in time; never throws. AWS_EC2_METADATA_SERVICE_ENDPOINT, ..._ENDPOINT_MODE and
 * AWS_METADATA_SERVICE_NUM_ATTEMPTS are honoured.
 * @param tagKeys tags of the instance that are wanted, if any
 */
export async function askInstance(env: InstanceEnvironment, tagKeys: ReadonlySet<string> = new Set(), patience: typeof PATIENCE = PATIENCE): Promise<Instance | null> {
  for (let attempts = attemptsOf(env); attempts > 0; attempts--) {
    const instance = await askOnce(env, tagKeys, patience);
    if (instance !== null) return instance;
  }
  return null;
}

/** AWS_METADATA_SERVICE_NUM_ATTEMPTS, as the AWS CLI has it: 1 unless more are asked for. */
function attemptsOf(env: InstanceEnvironment): number {
  const asked = Number(env['AWS_METADATA_SERVICE_NUM_ATTEMPTS']);
  return Number.isInteger(asked) ? Math.min(Math.max(asked, 1), MOST_ATTEMPTS) : 1;
}

async function askOnce(env: InstanceEnvironment, tagKeys: ReadonlySet<string>, patience: typeof PATIENCE): Promise<Instance | null> {
  if (env['AWS_EC2_METADATA_DISABLED']?.toLowerCase() === 'true') return null;
  const ipv6 = env['AWS_EC2_METADATA_SERVICE_ENDPOINT_MODE']?.toLowerCase() === 'ipv6';
  const endpoint = URL.parse(env['AWS_EC2_METADATA_SERVICE_ENDPOINT'] || (ipv6 ? ENDPOINT_IPV6 : ENDPOINT));
  if (endpoint?.protocol !== 'http:') return null;
  try {
    const metadata = new Metadata(endpoint, patience.connectMs, AbortSignal.timeout(patience.totalMs));
    const identity = await metadata.get(IDENTITY_PATH);
    if (identity === null) return null;
    const hostname = await metadata.get(HOSTNAME_PATH).catch(() => null);
    return instanceOf(identity, hostname, tagKeys.size === 0 ? null : await tagsOf(metadata, tagKeys).catch(() => null));
  } catch {
    return null; // not on EC2, or a hop limit of 1 seen from a container: either way nothing is known
  }
}

/** The wanted tags, as far as the instance has them; null when it does not show any. */
async function tagsOf(metadata: Metadata, keys: ReadonlySet<string>): Promise<Readonly<Record<string, string>> | null> {
  const list = await metadata.get(TAGS_PATH);
  if (list === null) return null;
  const present = list.split('\n').filter((key) => keys.has(key));
  const values = await Promise.all(present.map((key) => metadata.get(`${TAGS_PATH}/${pathSegment(key)}`)));
  return Object.fromEntries(present.map((key, index) => [key, values[index] ?? '']));
}

/** Written as RFC 3986 allows it in a path: the metadata service takes a colon as it stands. */
const pathSegment = (key: string): string => encodeURIComponent(key).replaceAll(/%(?:3A|40|2B|3D|2C)/g, decodeURIComponent);

function instanceOf(identity: string, hostname: string | null, tags: Readonly<Record<string, string>> | null): Instance | null {
  const document: unknown = JSON.parse(identity);
  if (typeof document !== 'object' || document === null) return null;
  const text = (key: string): string | null => {
    const value = (document as Readonly<Record<string, unknown>>)[key];
    return typeof value === 'string' && value !== '' ? value : null;
  };
  return {
    instanceId: text('instanceId'), region: text('region'), accountId: text('accountId'), privateIp: text('privateIp'), hostname: hostname?.trim() || null,
    availabilityZone: text('availabilityZone'), imageId: text('imageId'), instanceType: text('instanceType'), tags: tags ?? {}, tagsShown: tags !== null,
  };
}

class Metadata {
  readonly #endpoint: URL;
  readonly #connectMs: number;
  readonly #signal: AbortSignal;
  #token: string | null = null;

  constructor(endpoint: URL, connectMs: number, signal: AbortSignal) {
    this.#endpoint = endpoint;
    this.#connectMs = connectMs;
    this.#signal = signal;
  }

  /** The text at a path; null when there is none. A token that is no longer taken (401) is renewed once. */
  async get(path: string): Promise<string | null> {
    this.#token ??= await this.#newToken();
    let answer = await this.#get(path, this.#token);
    if (answer.status === 401) {
      this.#token = await this.#newToken();
      answer = await this.#get(path, this.#token);
    }
    return answer.status === 200 ? answer.text : null;
  }

  #get(path: string, token: string): Promise<Answer> {
    return this.#ask('GET', path, { 'x-aws-ec2-metadata-token': token });
  }

  async #newToken(): Promise<string> {
    const { status, text } = await this.#ask('PUT', TOKEN_PATH, { 'x-aws-ec2-metadata-token-ttl-seconds': TOKEN_TTL_S });
    if (status !== 200) throw new Error(`the instance metadata service answers ${status} to a request for a token`);
    return text;
  }

  /** One request, without proxies: the address is the machine's own. Rejects on a broken or late connection. */
  #ask(method: string, path: string, headers: Readonly<Record<string, string>>): Promise<Answer> {
    const { promise, resolve, reject } = Promise.withResolvers<Answer>();
    const call = request(new URL(path, this.#endpoint), { method, headers: { ...headers, 'content-length': '0' }, signal: this.#signal, agent: false }, (response) => {
      let text = '';
      response.setEncoding('utf8');
      response.on('data', (part: string) => {
        text += part;
        if (text.length > MAX_ANSWER_BYTES) response.destroy(new Error('the answer is too long'));
      });
      response.on('end', () => resolve({ status: response.statusCode ?? 0, text }));
      response.on('error', reject);
    });
    const connecting = setTimeout(() => call.destroy(new Error('nobody answers')), this.#connectMs);
    call.on('socket', (socket) => socket.on('connect', () => clearTimeout(connecting)));
    call.on('error', reject);
    call.on('close', () => clearTimeout(connecting));
    call.end();
    return promise;
  }
}
