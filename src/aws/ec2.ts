import { CloudWatchClient } from '@aws-sdk/client-cloudwatch';
import type { Reach } from '../plan.ts';
import { connectionTo } from './connection.ts';
import type { Environment } from './connection.ts';
import { attachmentsIn, errorIn, tagIn } from './ec2-answer.ts';
import type { Attachment } from './ec2-answer.ts';
import type { HttpExchange, SignedRequest } from './http-exchange.ts';
import type { Network } from './network.ts';

const CONNECT_MS = 3000;
const REQUEST_MS = 10_000;
/** Of the API (its reference). */
const VERSION = '2016-11-15';
const FORM = 'application/x-www-form-urlencoded; charset=utf-8';
/** The service's own words are cut in case they are not its own. */
const SHOWN = 300;

const DENIED = new Set(['UnauthorizedOperation', 'AccessDenied', 'AccessDeniedException']);
const CREDENTIALS = new Set(['AuthFailure', 'InvalidClientTokenId', 'SignatureDoesNotMatch', 'RequestExpired', 'ExpiredToken', 'CredentialsProviderError', 'TokenProviderError']);

/** Why EC2 gave no answer, and what a person can do. */
export interface Ec2Fault { readonly fault: string; readonly remedy: string }

export interface Ec2Options {
  readonly env: Environment;
  readonly network: Network;
  /** Calls under way end with it. */
  readonly abandon: AbortSignal;
}

/** Of the SDK's resolved settings what is used here; the signature of another service than the client's own is not in its types. */
interface Signing {
  readonly signer: (scheme: { readonly name: 'sigv4'; readonly signingName: string; readonly signingRegion: string; readonly properties: object }) => Promise<{ sign(request: SignedRequest): Promise<SignedRequest> }>;
  readonly endpointProvider: (parameters: { readonly Region: string; readonly UseFIPS: boolean; readonly UseDualStack: boolean }) => { readonly url: URL };
}

/**
 * The two questions that the agent has for the EC2 API. The client of CloudWatch is there already, and has all that they need: credentials,
 * signature, and the endpoints of every partition, in which the service's name is exchanged. EC2's own client is half a megabyte.
 */
export class Ec2 implements Disposable {
  readonly #client: CloudWatchClient;
  readonly #exchange: HttpExchange;
  readonly #reach: Reach;

  /** @param reach whose endpoint is EC2's, or null for that of the region, or that which the environment names */
  constructor(reach: Reach, { env, network, abandon }: Ec2Options) {
    this.#reach = { ...reach, endpoint: reach.endpoint ?? endpointOf(env) };
    const connection = connectionTo(this.#reach, { connectTimeoutMs: CONNECT_MS, requestTimeoutMs: REQUEST_MS, maxRequests: 1 }, env, abandon, network);
    this.#exchange = connection.requestHandler;
    this.#client = new CloudWatchClient(connection);
  }

  /** The value of a tag of the instance, null: it has none. */
  async tag(instanceId: string, key: string): Promise<{ readonly value: string | null } | Ec2Fault> {
    const answer = await this.#ask('DescribeTags', { 'resource-id': instanceId, key });
    return typeof answer === 'string' ? { value: tagIn(answer, key) } : answer;
  }

  /** The volumes of the instance. */
  async attachments(instanceId: string): Promise<readonly Attachment[] | Ec2Fault> {
    const answer = await this.#ask('DescribeVolumes', { 'attachment.instance-id': instanceId });
    return typeof answer === 'string' ? attachmentsIn(answer, instanceId) : answer;
  }

  [Symbol.dispose](): void { this.#client.destroy(); }

  async #ask(action: string, filters: Readonly<Record<string, string>>): Promise<string | Ec2Fault> {
    try {
      const { response: { statusCode, body } } = await this.#exchange.handle(await this.#signed(formOf(action, filters)));
      const text = body.toString();
      if (statusCode === 200 && !text.includes(`<${action}Response`)) return { fault: `what answers in the place of EC2 in ${this.#reach.region} is something else`, remedy: 'the right endpoint, and no proxy that answers itself' };
      return statusCode === 200 ? text : faultOf(action, this.#reach.region, statusCode, errorIn(text));
    } catch (error) {
      const { name, message, code = name } = error as NodeJS.ErrnoException;
      return faultOf(action, this.#reach.region, null, { code: name === 'Error' ? code : name, message });
    }
  }

  async #signed(body: string): Promise<SignedRequest> {
    const { config } = this.#client;
    const { signer, endpointProvider } = config as unknown as Signing;
    const { region, endpoint } = this.#reach;
    const parameters = { Region: region, UseFIPS: await config.useFipsEndpoint(), UseDualStack: await config.useDualstackEndpoint() };
    const url = new URL(endpoint ?? endpointProvider(parameters).url.href.replace('//monitoring', '//ec2'));
    const { protocol, hostname, port, host, pathname: path } = url;
    const signing = await signer({ name: 'sigv4', signingName: 'ec2', signingRegion: region, properties: {} });
    return signing.sign({
      method: 'POST', protocol, hostname, ...(port === '' ? {} : { port: Number(port) }), path, query: {},
      headers: { host, 'content-type': FORM, 'content-length': String(Buffer.byteLength(body)) }, body,
    });
  }
}

/** The variables that tell every SDK where EC2 is. */
function endpointOf(env: Environment): string | null {
  if (env['AWS_IGNORE_CONFIGURED_ENDPOINT_URLS']?.toLowerCase() === 'true') return null;
  return env['AWS_ENDPOINT_URL_EC2'] || env['AWS_ENDPOINT_URL'] || null;
}

function formOf(action: string, filters: Readonly<Record<string, string>>): string {
  const form = new URLSearchParams({ Action: action, Version: VERSION });
  for (const [index, [name, value]] of Object.entries(filters).entries()) {
    form.set(`Filter.${index + 1}.Name`, name);
    form.set(`Filter.${index + 1}.Value.1`, value);
  }
  return form.toString();
}

/** @param status null: no answer came */
function faultOf(action: string, region: string, status: number | null, error: { readonly code: string; readonly message: string } | null): Ec2Fault {
  const { code = 'no words', message = '' } = error ?? {};
  // What is encoded is another text each time, and nobody can read it.
  const [shown = ''] = message.split(/ *Encoded authorization failure message/);
  const words = `${code}${shown === '' ? '' : `: ${shown.slice(0, SHOWN)}`}`;
  if (DENIED.has(code)) return { fault: `this role may not ec2:${action} (${words})`, remedy: `allow this role ec2:${action} (agent iam-policy prints all it needs)` };
  if (CREDENTIALS.has(code)) return { fault: `there are no credentials that EC2 takes (${words})`, remedy: `give this machine a role that may ec2:${action}` };
  if (status === null) return { fault: `EC2 in ${region} does not answer (${words})`, remedy: 'a way to it from this machine (network, proxy, VPC endpoint)' };
  return { fault: `EC2 in ${region} refuses ec2:${action} (HTTP ${status} ${words})`, remedy: `see whether this role may ec2:${action}` };
}
