import { X509Certificate } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { createSecureContext, getCACertificates, rootCertificates } from 'node:tls';
import type { SecureContext } from 'node:tls';
import type { Environment } from './connection.ts';
import { NetworkError } from './network-error.ts';

const CERTIFICATE = /-----BEGIN (?:TRUSTED )?CERTIFICATE-----[\s\S]*?-----END (?:TRUSTED )?CERTIFICATE-----/g;

/** Which certificates are trusted: those the runtime brings, and those of a bundle, or else of the system. */
export class Trust {
  readonly #hasBundle: boolean;
  /** Those beside the runtime's, in PEM. */
  #added: readonly string[];
  #context: SecureContext | undefined;
  #withSystem = false;

  /** @param bundle certificates in PEM; null: none of one's own. */
  constructor(bundle: readonly string[] | null) {
    this.#hasBundle = bundle !== null;
    this.#added = bundle ?? [];
  }

  /**
   * Undefined for the runtime's own. Made once: reading 150 certificates for each connection would take longer than the rest of
   * it. And when it is first asked for: it takes 2 MiB that an agent which speaks plain http needs not.
   */
  get context(): SecureContext | undefined {
    if (this.#added.length === 0) return undefined;
    return this.#context ??= createSecureContext({ ca: [...rootCertificates, ...this.#added] });
  }

  /** How many certificates are trusted beside the runtime's: it changes when more of them are. */
  get added(): number { return this.#added.length; }

  /**
   * Trusts what the system trusts as well (SSL_CERT_FILE, /etc/ssl/certs), as the CloudWatch agent does where no bundle is
   * named. Only when a certificate was found unknown: it takes 60 ms and some MiB. False when that changes nothing.
   */
  addSystem(): boolean {
    if (this.#hasBundle || this.#withSystem) return false;
    this.#withSystem = true;
    const system = getCACertificates('system');
    if (system.length === 0) return false;
    this.#added = system;
    return true;
  }
}

/** What AWS_CA_BUNDLE makes trusted. Throws a NetworkError when the file cannot be read, or holds no certificates. */
export function trustOf(env: Environment): Trust {
  const file = env['AWS_CA_BUNDLE'] ?? '';
  return new Trust(file === '' ? null : bundleOf(file));
}

function bundleOf(file: string): readonly string[] {
  const found = textOf(file).match(CERTIFICATE) ?? [];
  if (found.length === 0) throw new NetworkError(`AWS_CA_BUNDLE names ${file}, which holds no certificate: name a file with "-----BEGIN CERTIFICATE-----" in it (PEM)`);
  for (const [index, pem] of found.entries()) {
    if (!isCertificate(pem)) throw new NetworkError(`AWS_CA_BUNDLE names ${file}, whose certificate number ${index + 1} cannot be read: replace or remove it`);
  }
  return found;
}

function isCertificate(pem: string): boolean {
  try {
    return new X509Certificate(pem).raw.length > 0;
  } catch {
    return false;
  }
}

function textOf(file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch (error) {
    throw new NetworkError(`AWS_CA_BUNDLE names ${file}, which cannot be read (${(error as NodeJS.ErrnoException).code ?? 'unknown reason'}): name a file of PEM certificates that this user may read, or unset the variable`);
  }
}
