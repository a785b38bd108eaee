import { el } from '../shared/dom.ts';

/** What stands where nothing is yet: why, and what to do next. */
export function empty(title: string, text: string, code: string | null = null): HTMLElement {
  return el('div', { class: 'empty' }, el('h2', {}, title), el('p', {}, text), code === null ? null : el('pre', {}, code));
}

/** How logs get here. */
export function agentConfig(): string {
  return `{ "agent": { "region": "us-east-1" },\n  "logs": { "endpoint_override": "${location.origin}",\n    "logs_collected": { "files": { "collect_list": [\n      { "file_path": "/var/log/syslog", "log_group_name": "syslog" } ] } } } }`;
}

/** How metrics get here. */
export function metricsConfig(): string {
  return `{ "agent": { "region": "us-east-1" },\n  "metrics": { "endpoint_override": "${location.origin}",\n    "metrics_collected": { "cpu": {}, "mem": {} } } }`;
}
