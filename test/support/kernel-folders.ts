import { copyFileSync, cpSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { KernelFolders } from '../../src/metrics/sampler.ts';
import { atEnd } from './at-end.ts';
import type { Owner } from './at-end.ts';

const FIXTURES = join(import.meta.dirname, '../fixtures/proc');

/** A copy of a host's files as the kernel would show them. */
export interface FixtureHost extends KernelFolders {
  readonly run: string;
  readonly dev: string;
  /** Time passes: `file` becomes what the fixture has as `file-suffix`, in place, as the kernel does it. */
  pass(file: string, suffix: string): void;
}

/** The fixture host's own copy for a test. */
export function fixtureHost(t: Owner, host: 'small-vm' | 'metal-96' | 'container'): FixtureHost {
  const folder = mkdtempSync(join(tmpdir(), 'kernel-'));
  atEnd(t, () => { rmSync(folder, { recursive: true, force: true }); });
  cpSync(join(FIXTURES, host), folder, { recursive: true });
  return {
    proc: folder, sys: join(folder, 'sys'), run: join(folder, 'run'), dev: join(folder, 'dev'),
    pass: (file, suffix) => { copyFileSync(join(FIXTURES, host, `${file}-${suffix}`), join(folder, file)); },
  };
}
