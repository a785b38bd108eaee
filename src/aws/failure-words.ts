import type { Failure } from './classify.ts';

/** What the SDK adds for those who debug it; nothing an operator can do. */
const FOR_SDK_AUTHORS = /\s*Deserialization error: to see the raw response[^]*$/;

/**
 * What failed, in one line: the error's name, what it says, and for the errors of networks and credentials that say nothing
 * but their code, what that means and where to look.
 */
export function failureWords({ name, message, status }: Pick<Failure, 'name' | 'message' | 'status'>): string {
  const text = message.replace(FOR_SDK_AUTHORS, '').replace(/\s*[\r\n]+\s*/g, ' ').trim();
  if (status !== null) return `${name} (HTTP ${status}): ${text}`;
  return `${name}: ${meaningOf(name, text) ?? text}`;
}

function meaningOf(name: string, text: string): string | null {
  // Node writes `connect ECONNREFUSED 10.0.0.1:443` and `getaddrinfo ENOTFOUND logs.example.com`.
  const peer = /^(?:connect|getaddrinfo) \S+ (\S+)$/.exec(text)?.[1];
  switch (name) {
    case 'ECONNREFUSED': return peer === undefined ? null : `nothing listens at ${peer}; check endpoint_override, the proxy and that service`;
    case 'ENOTFOUND': return peer === undefined ? null : `no name server knows ${peer}; check the region, endpoint_override and the DNS of this host`;
    case 'EAI_AGAIN': return peer === undefined ? null : `the name ${peer} cannot be looked up, no name server answers; check the DNS of this host`;
    case 'EPROTO': return /wrong version number/.test(text) ? 'what answers there does not speak TLS; an endpoint without TLS begins with http://' : null;
    case 'CredentialsProviderError': return /Could not load credentials from any providers/.test(text)
      ? `${text}; give this host an instance profile, or that file keys, which the agent takes up as it runs; or its environment AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or common-config.toml a profile, which it has after: systemctl restart unified-agent` : null;
    default: return null;
  }
}
