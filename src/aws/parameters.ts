import { DeleteParametersCommand, GetParameterCommand, GetParametersByPathCommand, PutParameterCommand, SSMClient } from '@aws-sdk/client-ssm';
import type { Parameter as SdkParameter, ParameterTier } from '@aws-sdk/client-ssm';
import { connectionTo } from './connection.ts';
import type { Environment } from './connection.ts';
import { parameterFault } from './parameter-faults.ts';
import type { ParameterFault } from './parameter-faults.ts';

/** One version of a parameter of Parameter Store. */
export interface Parameter {
  readonly name: string;
  readonly version: number;
  readonly value: string;
  readonly type: string;
  /** Epoch milliseconds; 0 when the service does not say. */
  readonly modifiedAt: number;
}

export interface NewParameter {
  readonly name: string;
  readonly value: string;
  readonly type: string;
  readonly tier: ParameterTier;
}

export type { ParameterFault, ParameterFaultKind } from './parameter-faults.ts';

/** Where Parameter Store is, and as what environment it is reached. */
export interface ParameterService {
  readonly region: string;
  /** Null for the service's own. */
  readonly endpoint: string | null;
  /** By its endpoint that has IPv6 too. */
  readonly dualStack?: boolean;
  readonly env: Environment;
}

/** Tries of the SDK for one call, as its own default; milliseconds for one of them, and for all with the waits between. */
const ATTEMPTS = 3;
const CONNECT_MS = 3000;
const REQUEST_MS = 10_000;
const DEADLINE_MS = 30_000;
/** Names in one DeleteParameters, parameters in one page of GetParametersByPath: the API's own. */
const PAGE = 10;
/** A config has at most 100 parts, and those of the revision before may still be there: what holds more is no config. */
const MAX_BELOW = 250;

/** Parameter Store, as far as configs need it. What goes wrong is a value that says why. */
export class Parameters {
  readonly region: string;
  readonly #client: SSMClient;
  readonly #abandon: AbortSignal;

  /** Throws when the file that AWS_CA_BUNDLE names cannot be read. Calls under way end with `abandon`. */
  constructor({ region, endpoint, dualStack = false, env }: ParameterService, abandon: AbortSignal) {
    const limits = { connectTimeoutMs: CONNECT_MS, requestTimeoutMs: REQUEST_MS, maxRequests: 1 };
    this.#client = new SSMClient({ ...connectionTo({ region, endpoint, roleArn: null, externalId: null, fips: false, dualStack }, limits, env, abandon), maxAttempts: ATTEMPTS, customUserAgent: 'unified-agent' });
    this.region = region;
    this.#abandon = abandon;
  }

  /** A parameter by name or ARN, with `:version` or `:label` behind it or not. Without `decrypt` the value of a SecureString stays encrypted. */
  async get(reference: string, { decrypt }: { readonly decrypt: boolean }): Promise<Parameter | ParameterFault> {
    return this.#call('ssm:GetParameter', reference, async () => {
      const { Parameter: found } = await this.#client.send(new GetParameterCommand({ Name: reference, WithDecryption: decrypt }));
      return parameterOf(found ?? {});
    });
  }

  /** All parameters below a path, however deep, sorted by name. */
  async below(path: string, { decrypt }: { readonly decrypt: boolean }): Promise<readonly Parameter[] | ParameterFault> {
    return this.#call('ssm:GetParametersByPath', path, async () => {
      const found: Parameter[] = [];
      let token: string | undefined;
      do {
        const page = await this.#client.send(new GetParametersByPathCommand({ Path: path, Recursive: true, WithDecryption: decrypt, MaxResults: PAGE, ...(token === undefined ? {} : { NextToken: token }) }));
        found.push(...(page.Parameters ?? []).map(parameterOf));
        if (found.length > MAX_BELOW) throw Object.assign(new Error(`more than ${MAX_BELOW} parameters are below it`), { name: 'TooManyParameters' });
        token = page.NextToken;
      } while (token !== undefined && token !== '');
      return found.toSorted((a, b) => (a.name < b.name ? -1 : 1));
    });
  }

  /** Writes a new version, the first one or another. `tier` is what the service chose. */
  async put({ name, value, type, tier }: NewParameter): Promise<{ readonly version: number; readonly tier: string } | ParameterFault> {
    return this.#call('ssm:PutParameter', name, async () => {
      const answer = await this.#client.send(new PutParameterCommand({ Name: name, Value: value, Type: type as 'String' | 'SecureString', Tier: tier, Overwrite: true }));
      return { version: answer.Version ?? 0, tier: answer.Tier ?? 'Standard' };
    });
  }

  /** Deletes parameters; one that is not there is no fault. */
  async delete(names: readonly string[]): Promise<null | ParameterFault> {
    for (let from = 0; from < names.length; from += PAGE) {
      const some = names.slice(from, from + PAGE);
      const fault = await this.#call('ssm:DeleteParameters', some[0]!, async () => {
        await this.#client.send(new DeleteParametersCommand({ Names: [...some] }));
        return null;
      });
      if (fault !== null) return fault;
    }
    return null;
  }

  async #call<T>(action: string, reference: string, call: () => Promise<T>): Promise<T | ParameterFault> {
    const late = Promise.withResolvers<never>();
    const deadline = setTimeout(() => { late.reject(Object.assign(new Error(`no answer within ${DEADLINE_MS / 1000} s`), { name: 'TimeoutError' })); }, DEADLINE_MS);
    try {
      return await Promise.race([call(), late.promise]);
    } catch (error) {
      return parameterFault(error, { action, reference, region: this.region, abandoned: this.#abandon.aborted });
    } finally {
      clearTimeout(deadline);
    }
  }
}

function parameterOf({ Name, Version, Value, Type, LastModifiedDate }: SdkParameter): Parameter {
  return { name: Name ?? '', version: Version ?? 0, value: Value ?? '', type: Type ?? 'String', modifiedAt: LastModifiedDate?.getTime() ?? 0 };
}
