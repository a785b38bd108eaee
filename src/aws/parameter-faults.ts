/** What kind of trouble it was: what a person must change, what time may heal (`throttled`, `unreachable`), or the end of the process. */
export type ParameterFaultKind = 'missing' | 'denied' | 'key' | 'credentials' | 'refused' | 'throttled' | 'unreachable' | 'abandoned';

/** Why a call to Parameter Store failed, in words for the person who gave the name. */
export interface ParameterFault {
  readonly fault: ParameterFaultKind;
  readonly message: string;
  /** The next step. */
  readonly expected: string;
}

/** What was asked for. */
export interface ParameterCall {
  /** As IAM names it, such as `ssm:GetParameter`. */
  readonly action: string;
  readonly reference: string;
  readonly region: string;
  readonly abandoned: boolean;
}

const MISSING = new Set(['ParameterNotFound', 'ParameterNotFoundException']);
const NO_VERSION = new Set(['ParameterVersionNotFound', 'ParameterVersionNotFoundException']);
const DENIED = new Set(['AccessDeniedException', 'AccessDenied', 'NotAuthorized']);
const CREDENTIALS = new Set(['CredentialsProviderError', 'TokenProviderError', 'UnrecognizedClientException', 'InvalidSignatureException', 'SignatureDoesNotMatch', 'ExpiredToken', 'ExpiredTokenException',
  'InvalidClientTokenId', 'MissingAuthenticationToken', 'MissingAuthenticationTokenException', 'IncompleteSignature', 'RequestExpired', 'OptInRequired']);
const THROTTLED = new Set(['ThrottlingException', 'Throttling', 'TooManyRequestsException', 'RequestLimitExceeded', 'TooManyUpdates']);
/** The service's own words are cut in case they are not its own. */
const SHOWN = 300;

/** What an error of the SDK means here. Decided by its name and status; its text is only shown, and tells whose permission is missing. */
export function parameterFault(error: unknown, { action, reference, region, abandoned }: ParameterCall): ParameterFault {
  const e = error as { readonly name?: string; readonly code?: string; readonly message?: string; readonly $metadata?: { readonly httpStatusCode?: number } };
  const name = e.name !== undefined && e.name !== 'Error' ? e.name : (e.code ?? 'Error');
  const status = e.$metadata?.httpStatusCode ?? null;
  const words = (e.message ?? '').slice(0, SHOWN) || name;
  const fault = (kind: ParameterFaultKind, message: string, expected: string): ParameterFault => ({ fault: kind, message, expected });
  const [parameter, selector] = splitReference(reference);

  if (abandoned) return fault('abandoned', 'the agent is being ended', 'another try');
  if (MISSING.has(name)) return fault('missing', `there is no such parameter in ${region}${selector === '' ? '' : `, or none with the version or label ${JSON.stringify(selector)}`}`, `the name of a parameter of this account and region (aws ssm describe-parameters lists them)${reference.startsWith('/') ? `, or ssm:${parameter}/ for all below that path` : ''}`);
  if (NO_VERSION.has(name)) return fault('missing', `the parameter has no version or label ${JSON.stringify(selector)}`, `one that ${parameter} has, or the name alone for its latest version`);
  if (name === 'InvalidKeyId' || name.startsWith('KMS') || (DENIED.has(name) && /\bkms\b|ciphertext|master key/i.test(words))) {
    return fault('key', `its value cannot be decrypted or encrypted (${words})`, 'kms:Decrypt (to write: kms:Encrypt) on the key of the parameter, for this role');
  }
  if (DENIED.has(name)) return fault('denied', `this role may not ${action} it (${words})`, `${action} on ${arnOf(parameter, region)}`);
  if (CREDENTIALS.has(name) || status === 401 || status === 403) return fault('credentials', `there are no credentials that the service takes (${words})`, 'a role of this machine, or AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or AWS_PROFILE');
  if (THROTTLED.has(name) || status === 429) return fault('throttled', `Parameter Store refuses more calls for now (${name})`, 'another try in a minute; 40 calls a second are shared by the whole account');
  if (name === 'TooManyParameters') return fault('refused', words, 'a path that holds a config and nothing else');
  if (status === null || status >= 500) return fault('unreachable', `Parameter Store in ${region} does not answer (${status === null ? `${name}: ${words}` : `HTTP ${status} ${name}`})`, 'a way to it from this machine (network, proxy, VPC endpoint), or another try');
  if (status < 300) return fault('unreachable', `what answers in the place of Parameter Store is something else (${name})`, 'the right endpoint, and no proxy that answers itself');
  return fault('refused', `Parameter Store refuses it (${name}: ${words})`, 'a call that it takes');
}

/** The name without, and the selector behind the colon; the colons of an ARN are part of the name. */
function splitReference(reference: string): readonly [name: string, selector: string] {
  const from = reference.startsWith('arn:') ? reference.indexOf(':parameter') + 1 : 0;
  const colon = reference.indexOf(':', from);
  return colon < 0 ? [reference, ''] : [reference.slice(0, colon), reference.slice(colon + 1)];
}

function arnOf(name: string, region: string): string {
  if (name.startsWith('arn:')) return name;
  const partition = region.startsWith('cn-') ? 'aws-cn' : region.startsWith('us-gov-') ? 'aws-us-gov' : 'aws';
  return `arn:${partition}:ssm:${region}:*:parameter${name.startsWith('/') ? '' : '/'}${name}`;
}
