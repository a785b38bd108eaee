import { readFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';

type Environment = Readonly<Record<string, string | undefined>>;

/**
 * The region of the profile that AWS_PROFILE names, as it stands in the SDK's config file, else in the file of credentials; null without a
 * profile, a file or a region. An unreadable file has none.
 */
export function profileRegion(env: Environment): string | null {
  const profile = env['AWS_PROFILE'];
  if (!profile) return null;
  const home = env['HOME'] || homedir();
  const config = env['AWS_CONFIG_FILE'] || join(home, '.aws', 'config');
  const credentials = env['AWS_SHARED_CREDENTIALS_FILE'] || join(home, '.aws', 'credentials');
  return regionIn(textOf(config), profile === 'default' ? ['default', 'profile default'] : [`profile ${profile}`]) ?? regionIn(textOf(credentials), [profile]);
}

function regionIn(text: string, sections: readonly string[]): string | null {
  let inside = false;
  for (const line of text.split('\n')) {
    const header = /^\s*\[\s*([^\]]*?)\s*\]/.exec(line)?.[1];
    if (header !== undefined) inside = sections.includes(header.replaceAll(/\s+/g, ' '));
    const region = inside ? /^\s*region\s*=\s*([a-z0-9-]+)\s*(?:[#;].*)?$/.exec(line)?.[1] : undefined;
    if (region !== undefined) return region;
  }
  return null;
}

function textOf(file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    return '';
  }
}
