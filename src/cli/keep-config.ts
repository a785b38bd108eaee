import { readFileSync } from 'node:fs';
import type { Agent } from '../agent/agent.ts';
import { globFault } from '../agent/file-lookup.ts';
import { documentOf } from '../config/document.ts';
import type { Environment } from '../config/placeholders.ts';
import { USUAL } from '../config/source.ts';
import { countProblems, formatProblem, type Problem } from '../config/problem.ts';
import { ConfigKeeper } from '../fleet/config-keeper.ts';
import type { ConfigPorts, ReadConfig } from '../fleet/config-ports.ts';
import { LastGood } from '../fleet/last-good.ts';
import { isEc2Machine } from '../host/ec2-machine.ts';
import { systemHostname } from '../host/hostname.ts';
import { steadyInstance } from '../host/steady-instance.ts';
import type { AskInstance } from '../host/steady-instance.ts';
import type { AgentReport } from '../report/agent-report.ts';
import type { OwnLog } from '../report/own-log.ts';
import { planOf } from './load-plan.ts';
import { loadSources, remoteVersions } from './load-sources.ts';
import type { ParameterAccess } from './parameter-access.ts';

export interface KeptConfigOptions {
  /** The words that name the config. */
  readonly sources: readonly string[];
  readonly stateDir: string;
  readonly env: Environment;
  readonly report: AgentReport;
  readonly log: OwnLog;
  readonly access: ParameterAccess;
}

/** The config of a running agent: its keeper, and what a person is told of the config that was read last. */
export class KeptConfig {
  readonly keeper: ConfigKeeper;
  readonly #o: KeptConfigOptions;
  #agent: Agent | null = null;
  /** Of the sources as they were read last. */
  problems: readonly Problem[] = [];
  unreadable = false;
  readonly #ask: AskInstance;
  #isInstanceMissing = false;
  #names: readonly string[] = [];
  /** Of the sources as a whole, as they were read last: which they are, and what is passed over. */
  #notes: readonly Problem[] = [];

  constructor(options: KeptConfigOptions) {
    this.#o = options;
    const { sources, stateDir, env, report, log, access } = options;
    this.#ask = steadyInstance();
    const ask: AskInstance = async (...asked) => {
      const found = await this.#ask(...asked);
      this.#isInstanceMissing = found === null && isEc2Machine(env);
      return found;
    };
    const ports: ConfigPorts = {
      read: () => this.#read(),
      look: async () => {
        const versions = await remoteVersions(sources, access);
        return 'fault' in versions ? { unreachable: versions.message } : versions;
      },
      compile: async ({ texts }) => {
        this.#isInstanceMissing = false;
        try {
          const { plan, problems } = await planOf(documentOf(texts), env, globFault, ask);
          this.problems = [...this.#notes, ...problems];
          return { plan, errors: errorsIn(problems) };
        } catch (error) {
          // A defect of the compiler must not end every agent of a fleet at once; at a start there is nothing to go on with.
          if (this.#agent === null) throw error;
          return { plan: null, errors: `a defect of the agent keeps it from reading this config: ${(error as Error).message}` };
        }
      },
      apply: (plan) => {
        log.follow(plan.log);
        return this.agent.apply(plan);
      },
      health: () => this.agent.health,
    };
    this.keeper = new ConfigKeeper({ ports, memory: new LastGood(stateDir, sources, report), hostId: hostId(stateDir), report, now: Date.now, random: Math.random });
  }

  /** The config that was compiled last needs the metadata of this EC2 instance, and they were silent. */
  get isInstanceMissing(): boolean { return this.#isInstanceMissing; }

  /** The id of this instance, when its metadata answer now. */
  async instanceId(): Promise<string | null> { return (await this.#ask(this.#o.env))?.instanceId ?? null; }

  /** The words that name the config; for `usual` the places that were read last. */
  get sources(): readonly string[] { return this.#o.sources.flatMap((word) => (word === USUAL && this.#names.length > 0 ? this.#names : [word])); }

  get agent(): Agent {
    if (this.#agent === null) throw new Error('the config was looked after before the agent ran');
    return this.#agent;
  }
  set agent(agent: Agent) { this.#agent = agent; }

  async #read(): Promise<ReadConfig> {
    const { root, texts, remote, problems, unreadable } = await loadSources(this.#o.sources, this.#o.access);
    this.problems = problems;
    this.unreadable = unreadable;
    this.#notes = problems.filter(({ severity, line }) => severity === 'note' && line === null);
    if (texts.length > 0) this.#names = texts.map(({ name }) => name);
    // Broken JSON is read all right: it is refused for its errors, like any other mistake.
    if (root === null && (unreadable || texts.length === 0)) return { kind: 'unreadable', reason: errorsIn(problems) ?? 'nothing is there' };
    return { kind: 'read', copy: { texts, remote } };
  }
}

/** The first error and how many there are, or null. */
function errorsIn(problems: readonly Problem[]): string | null {
  const errors = problems.filter(({ severity }) => severity === 'error');
  if (errors.length === 0) return null;
  const first = formatProblem(errors[0]!, false).split('\n')[0]!;
  return errors.length === 1 ? first : `${countProblems(errors)}, the first: ${first}`;
}

/**
 * What tells this agent from all others of the fleet, for as long as it lives. Machines made from one image may share their
 * machine id, hence the host name; one host may run several agents, hence the state directory.
 */
function hostId(stateDir: string): string {
  let machine = '';
  try {
    machine = readFileSync('/etc/machine-id', 'utf8').trim();
  } catch { /* containers have none */ }
  return [machine, systemHostname() ?? '', stateDir].join('\n');
}
