// How a job shows who it is and whom it trusts: basic_auth, authorization, bearer_token, tls_config.
import { readFile } from 'node:fs/promises';
import { isAbsolute, join } from 'node:path';
import type { Section } from './yaml-section.ts';

/** A text, or the absolute path of the file that holds it. */
export type Secret = { readonly text: string } | { readonly path: string };

export interface TlsPlan {
  readonly ca: Secret | null;
  readonly cert: Secret | null;
  readonly key: Secret | null;
  readonly serverName: string | null;
  readonly insecure: boolean;
}

export interface Access {
  readonly authorization: { readonly scheme: string; readonly secret: Secret } | { readonly user: Secret; readonly password: Secret } | null;
  readonly tls: TlsPlan;
}

/** A file of the access cannot be read. The message names it, and holds nothing of it. */
export class AccessFault extends Error {
  override readonly name = 'AccessFault';
}

const MAX_SECRET_BYTES = 1024 * 1024;

/** Throws ConfigFault. */
export function readAccess(job: Section, folder: string): Access {
  const basic = job.section('basic_auth');
  const authorization = job.section('authorization');
  const bearer = secretOf(job, 'bearer_token', 'bearer_token_file', folder);
  if ([basic, authorization, bearer].filter((one) => one !== null).length > 1) throw job.fault('basic_auth', 'authorization and bearer_token exclude one another');
  const tls = job.section('tls_config');
  const plan = {
    authorization: basic !== null ? basicOf(basic, folder) : authorization !== null ? authorizationOf(authorization, folder) : bearer === null ? null : { scheme: 'Bearer', secret: bearer },
    tls: {
      ca: tls === null ? null : secretOf(tls, 'ca', 'ca_file', folder), cert: tls === null ? null : secretOf(tls, 'cert', 'cert_file', folder),
      key: tls === null ? null : secretOf(tls, 'key', 'key_file', folder), serverName: tls?.text('server_name') ?? null, insecure: tls?.flag('insecure_skip_verify', false) ?? false,
    },
  };
  if ((plan.tls.cert === null) !== (plan.tls.key === null)) throw job.fault('tls_config', 'needs a certificate and its key together');
  for (const section of [basic, authorization, tls]) {
    const unknown = section?.unread()[0];
    // What is left out here would be less security than was asked for.
    if (unknown !== undefined) throw section!.fault(unknown, 'is not a setting that this agent knows');
  }
  return plan;
}

function basicOf(section: Section, folder: string): Access['authorization'] {
  const none: Secret = { text: '' };
  return { user: secretOf(section, 'username', 'username_file', folder) ?? none, password: secretOf(section, 'password', 'password_file', folder) ?? none };
}

function authorizationOf(section: Section, folder: string): Access['authorization'] {
  const secret = secretOf(section, 'credentials', 'credentials_file', folder);
  const scheme = section.text('type')?.trim() || 'Bearer';
  if (secret === null) throw section.fault('credentials', 'is missing');
  if (scheme.toLowerCase() === 'basic') throw section.fault('type', 'should not be Basic: that is basic_auth');
  return { scheme, secret };
}

function secretOf(section: Section, inline: string, file: string, folder: string): Secret | null {
  const [text, path] = [section.text(inline), section.text(file)];
  if (text && path) throw section.fault(inline, `and ${file} exclude one another`);
  if (path) return { path: isAbsolute(path) ? path : join(folder, path) };
  return text ? { text } : null;
}

/** The text as it is now. Throws AccessFault. */
export async function reveal(secret: Secret): Promise<string> {
  if ('text' in secret) return secret.text;
  try {
    const text = await readFile(secret.path, 'utf8');
    if (text.length <= MAX_SECRET_BYTES) return text;
  } catch (error) {
    throw new AccessFault(`${secret.path} cannot be read (${(error as NodeJS.ErrnoException).code ?? 'unknown error'})`);
  }
  throw new AccessFault(`${secret.path} is larger than ${MAX_SECRET_BYTES} bytes`);
}

/** The value of the header `Authorization`, or null. Throws AccessFault. */
export async function authorizationHeader({ authorization }: Access): Promise<string | null> {
  if (authorization === null) return null;
  if ('scheme' in authorization) return `${authorization.scheme} ${(await reveal(authorization.secret)).trim()}`;
  const [user, password] = [await reveal(authorization.user), await reveal(authorization.password)];
  return `Basic ${Buffer.from(`${user.trim()}:${'path' in authorization.password ? password.trim() : password}`).toString('base64')}`;
}
