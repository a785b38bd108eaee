import { join } from 'node:path';

/** The folder of the CloudWatch agent on Linux. */
const HOME = '/opt/aws/amazon-cloudwatch-agent';

/** Where the CloudWatch agent has what it is controlled by, and this agent what goes before it. */
export interface Places {
  /** In front of every path: empty but in tests. */
  readonly root: string;
  readonly home: string;
  readonly bin: string;
  readonly etc: string;
  /** The config of an operator's own making, which is read beside those that ctl writes. */
  readonly config: string;
  /** What ctl writes, one file for each source. */
  readonly folder: string;
  /** Configs that were taken away and are nobody's copy. */
  readonly backups: string;
  readonly commonConfig: string;
  readonly envConfig: string;
  /** There while a package is exchanged, if the agent ran before. */
  readonly restart: string;
  /** Its positions in log files. */
  readonly state: string;
  /** This agent's own config: where there is one, the CloudWatch agent's is not read. */
  readonly own: { readonly config: string; readonly folder: string };
}

export function placesBelow(root: string): Places {
  const home = join(root === '' ? '/' : root, HOME);
  const etc = join(home, 'etc');
  return {
    root, home, etc,
    bin: join(home, 'bin'),
    config: join(etc, 'amazon-cloudwatch-agent.json'),
    folder: join(etc, 'amazon-cloudwatch-agent.d'),
    backups: join(etc, 'backup-configs'),
    commonConfig: join(etc, 'common-config.toml'),
    envConfig: join(etc, 'env-config.json'),
    restart: join(etc, 'restart'),
    state: join(home, 'logs/state'),
    own: { config: join(root, '/etc/unified-agent/agent.json'), folder: join(root, '/etc/unified-agent/agent.d') },
  };
}
