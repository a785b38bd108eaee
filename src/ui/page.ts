import { createHash } from 'node:crypto';

/** An answer: of a page, of its facts, or in their place. */
export interface Page {
  readonly status: number;
  readonly body: string;
  readonly headers: Readonly<Record<string, string>>;
}

/** Set by the build to the pages as one HTML text each; without a build there are none. */
declare const CONSOLE_PAGE: string | undefined;
declare const AGENT_PAGE: string | undefined;

/** What every answer has: kept nowhere, shown in no frame, taken for nothing else, used by no other site. */
const CLOSED = {
  'cache-control': 'no-store',
  'x-content-type-options': 'nosniff',
  'x-frame-options': 'DENY',
  'referrer-policy': 'no-referrer',
  'cross-origin-resource-policy': 'same-origin',
} as const;

export const TEXT = { ...CLOSED, 'content-type': 'text/plain; charset=utf-8' } as const;
export const JSON_TYPE = { ...CLOSED, 'content-type': 'application/json' } as const;

/** The page of `agent endpoint`; null where the sources run without a build. */
export function consolePage(): Page | null {
  return typeof CONSOLE_PAGE === 'string' ? pageOf(CONSOLE_PAGE) : null;
}

/** The page of `agent ui`; null where the sources run without a build. */
export function agentPage(): Page | null {
  return typeof AGENT_PAGE === 'string' ? pageOf(AGENT_PAGE) : null;
}

/**
 * A page that runs its own script and style and nothing else: each is allowed by its hash, nothing comes from anywhere, and
 * no text can become HTML (Trusted Types without a policy).
 */
export function pageOf(html: string): Page {
  const allowed = (element: 'script' | 'style'): string => {
    const text = new RegExp(`<${element}>([^]*?)</${element}>`).exec(html)?.[1] ?? '';
    return `'sha256-${createHash('sha256').update(text).digest('base64')}'`;
  };
  const policy = [
    "default-src 'none'", `script-src ${allowed('script')}`, `style-src ${allowed('style')}`, "connect-src 'self'", 'img-src data:',
    "base-uri 'none'", "form-action 'none'", "frame-ancestors 'none'", "require-trusted-types-for 'script'", "trusted-types 'none'",
  ].join('; ');
  return { status: 200, body: html, headers: { ...CLOSED, 'content-type': 'text/html; charset=utf-8', 'content-security-policy': policy, 'cross-origin-opener-policy': 'same-origin' } };
}
