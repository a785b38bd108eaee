import type { Report } from '../report/report.ts';
import { readServiceFiles } from './ctl/service-environment.ts';
import { readSideFiles } from './environment.ts';
import type { SideFiles } from './environment.ts';

/** Variables by the file that sets them. */
type Settings = ReadonlyMap<string, Readonly<Record<string, string>>>;

/** Is taken up as the agent runs (live-level.ts). */
const FOLLOWED = new Set(['CWAGENT_LOG_LEVEL']);
const MOST_NAMED = 5;
const SUBJECT = 'environment';

export interface EnvironmentWatchOptions {
  readonly sideFiles: SideFiles;
  /** Whether systemd runs the agent, which then has what the unit's files set. */
  readonly isService: boolean;
  readonly report: Pick<Report, 'trouble' | 'recovered'>;
  /** In front of the paths of the unit's files: empty but in tests. */
  readonly root?: string;
}

/** A process keeps the environment of its start: what was changed since in the files that it is made of needs a start to count, and that is said. */
export class EnvironmentWatch {
  readonly #o: EnvironmentWatchOptions;
  readonly #started: Settings;

  private constructor(options: EnvironmentWatchOptions, started: Settings) {
    this.#o = options;
    this.#started = started;
  }

  /** At the start, so that the files are still as the process has them. */
  static async open(options: EnvironmentWatchOptions): Promise<EnvironmentWatch> {
    return new EnvironmentWatch(options, await settingsNow(options));
  }

  /** What has changed, with the next step; null: nothing. Names of variables, never values. */
  async look(): Promise<string | null> {
    const { report, isService } = this.#o;
    const changes = changesBetween(this.#started, await settingsNow(this.#o));
    if (changes.length === 0) {
      report.recovered(SUBJECT, 'the files of its environment are again as they were when the agent started');
      return null;
    }
    const text = `${changes.join('; ')}: set, changed or taken out after the agent started, which has the environment of its start. Next step: ${isService ? 'systemctl restart unified-agent' : 'stop the agent and start it again'}`;
    report.trouble(SUBJECT, text);
    return text;
  }
}

async function settingsNow({ sideFiles, isService, root = '' }: EnvironmentWatchOptions): Promise<Settings> {
  const settings = new Map(await readSideFiles(sideFiles));
  if (isService) for (const [file, variables] of await readServiceFiles(root)) if (variables !== null) settings.set(file, variables);
  return settings;
}

/** `NAME, NAME of FILE` for each file that says something else now. */
function changesBetween(before: Settings, now: Settings): readonly string[] {
  return [...new Set([...before.keys(), ...now.keys()])].flatMap((file) => {
    const [old, present] = [before.get(file) ?? {}, now.get(file) ?? {}];
    const names = [...new Set([...Object.keys(old), ...Object.keys(present)])].filter((name) => !FOLLOWED.has(name) && old[name] !== present[name]).toSorted();
    if (names.length === 0) return [];
    const more = names.length - MOST_NAMED;
    return [`${names.slice(0, MOST_NAMED).join(', ')}${more > 0 ? ` and ${more} more` : ''} of ${file}`];
  });
}
