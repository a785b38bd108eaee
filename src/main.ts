// Every command.
import { DAEMON } from './daemon-commands.ts';
import { main } from './program.ts';

main({
  ...DAEMON,
  check: { summary: 'Print every problem of a config, or what it compiles to and which files match now', load: async () => (await import('./cli/check.ts')).checkCommand() },
  preview: { summary: 'Show what would be sent of a file: events, times, filters, destination, cost of a day', load: async () => (await import('./cli/preview.ts')).previewCommand() },
  wizard: { summary: 'Make a config: finds the logs of this host, asks, shows what it costs, and writes it', load: async () => (await import('./cli/wizard.ts')).wizardCommand() },
  config: { summary: 'Show, compare, fetch and push configs; take over those of other agents, with their positions', load: async () => (await import('./cli/config/config.ts')).configCommand() },
  status: { summary: 'Say what the running agent does: files, destinations, counters, troubles', load: async () => (await import('./cli/status.ts')).statusCommand() },
  reload: { summary: 'Let the running agent read its config again and apply what changed, without a stop', load: async () => (await import('./cli/reload.ts')).reloadCommand() },
  drain: { summary: 'Deliver everything that was written before now, at once, and say what became of it', load: async () => (await import('./cli/drain.ts')).drainCommand() },
  doctor: { summary: 'Try what the agent stands on, and say what to do: credentials, permissions, clock, files, limits', load: async () => (await import('./cli/doctor.ts')).doctorCommand() },
  'iam-policy': { summary: 'Print the least IAM policy that a config needs', load: async () => (await import('./cli/iam-policy.ts')).iamPolicyCommand() },
  quarantine: { summary: 'List, show and send again the events that could not be delivered', load: async () => (await import('./cli/quarantine/quarantine.ts')).quarantineCommand() },
  audit: { summary: 'Say which bytes of a file went where and when, were acknowledged, or dropped and why', load: async () => (await import('./cli/audit.ts')).auditCommand() },
  'log-level': { summary: 'Show or set the level of the running agent\'s own log', load: async () => (await import('./cli/log-level.ts')).logLevelCommand() },
  ui: { summary: 'Serve a read-only page about the running agent on this machine', load: async () => (await import('./cli/ui.ts')).uiCommand() },
  endpoint: { summary: 'Run a CloudWatch-compatible server on this machine, to try the agent without AWS', load: async () => (await import('./cli/endpoint.ts')).endpointCommand() },
  demo: { summary: 'Follow logs of this machine and a rotating writer for a while, and prove that all of it arrives', load: async () => (await import('./cli/demo.ts')).demoCommand() },
  ctl: { summary: 'Take the place of amazon-cloudwatch-agent-ctl: same actions, flags, output and exit codes', load: async () => (await import('./cli/ctl.ts')).ctlCommand() },
  compat: { summary: 'Put amazon-cloudwatch-agent-ctl where scripts look for it, or take it away again', load: async () => (await import('./cli/compat.ts')).compatCommand() },
  takeover: { summary: 'Take over config, positions and service of the CloudWatch agent of this host, or give them back', load: async () => (await import('./cli/takeover.ts')).takeoverCommand() },
  version: { summary: 'Print the version of the agent and of its runtime', load: async () => (await import('./cli/version.ts')).versionCommand() },
});
