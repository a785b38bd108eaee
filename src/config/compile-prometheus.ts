import { posix } from 'node:path';
import type { EmfDeclarationPlan, EmfExtractionPlan, PrometheusPlan } from '../metrics-plan.ts';
import type { PatternPlan } from '../plan.ts';
import { compilePattern, isProblem } from '../records/pattern.ts';
import { isLegalName } from './compile-name.ts';
import { expanded } from './compile-service.ts';
import type { EMFDeclaration, EMFDeclarations, PrometheusToEMF } from './generated/document.generated.ts';
import { STANDARD_UNITS } from './metric-names.ts';
import type { Environment } from './placeholders.ts';
import type { Reporter } from './reporter.ts';

const POINTER = '/logs/metrics_collected/prometheus';
/** Defaults of the CloudWatch agent. */
const CONFIG_PATH = '/etc/cwagentconfig/prometheus.yaml';
const SEPARATOR = ';';
const ANYTHING = '.*';

/** Where the agent runs, by what the container's own environment says. */
type Surroundings = 'ecs' | 'kubernetes' | 'host';
const NAMESPACES: Readonly<Record<Surroundings, string>> = { ecs: 'ECS/ContainerInsights/Prometheus', kubernetes: 'ContainerInsights/Prometheus', host: 'CWAgent/Prometheus' };

/** The plan of the section; null when it is not known where its events go, or what is scraped (and that is reported). Patterns and units that are none were reported by the check. */
export function compilePrometheus(section: PrometheusToEMF, env: Environment, report: Reporter): PrometheusPlan | null {
  const surroundings = surroundingsOf(env);
  const cluster = filled(section.cluster_name, 'cluster_name', env, report);
  const logGroup = logGroupOf(section, cluster, surroundings, env, report);
  const config = configOf(section.prometheus_config_path ?? CONFIG_PATH, env, report);
  if (section.ecs_service_discovery !== undefined) report.notRun(`${POINTER}/ecs_service_discovery`, 'not run by this agent: targets come from the static_configs and file_sd_configs of the scrape config');
  const namespace = expanded(section.emf_processor?.metric_namespace || NAMESPACES[surroundings], env, `${POINTER}/emf_processor/metric_namespace`, report);
  if (logGroup === null || config === null || namespace === null) return null;
  return { pointer: POINTER, config, logGroup, cluster, extraction: section.disable_metric_extraction === true ? null : extractionOf(section.emf_processor ?? {}, namespace) };
}

function surroundingsOf(env: Environment): Surroundings {
  if (env['ECS_CONTAINER_METADATA_URI_V4'] !== undefined || env['ECS_CONTAINER_METADATA_URI'] !== undefined) return 'ecs';
  return env['KUBERNETES_SERVICE_HOST'] === undefined ? 'host' : 'kubernetes';
}

/** Null for an empty text, and for one whose variables are not set (which is reported). */
function filled(text: string | undefined, key: string, env: Environment, report: Reporter): string | null {
  return text === undefined || text === '' ? null : expanded(text, env, `${POINTER}/${key}`, report);
}

function logGroupOf(section: PrometheusToEMF, cluster: string | null, surroundings: Surroundings, env: Environment, report: Reporter): string | null {
  const legal = (name: string | null, key: string): string | null => name === null || !isLegalName(name, { kind: 'group', pointer: `${POINTER}/${key}` }, report) ? null : name;
  if (section.log_group_name !== undefined && section.log_group_name !== '') return legal(filled(section.log_group_name, 'log_group_name', env, report), 'log_group_name');
  if (surroundings !== 'host' && cluster !== null) return legal(`/aws/${surroundings === 'ecs' ? 'ecs/' : ''}containerinsights/${cluster}/prometheus`, 'cluster_name');
  report.error(POINTER, `without "log_group_name"${surroundings === 'host' ? '' : ' and "cluster_name"'} it is not known where the events go`, { expected: '"log_group_name"' });
  return null;
}

function configOf(written: string, env: Environment, report: Reporter): PrometheusPlan['config'] | null {
  const pointer = `${POINTER}/prometheus_config_path`;
  if (written.startsWith('env:')) {
    const variable = written.slice('env:'.length);
    const text = env[variable];
    if (text !== undefined && text !== '') return { variable, text };
    report.error(pointer, `the environment variable ${variable} is not set`, { expected: 'a variable that holds the scrape config, or the path of a file' });
    return null;
  }
  const path = expanded(written.replace(/^file:(?:\/\/(?=\/))?/, ''), env, pointer, report);
  if (path === null) return null;
  if (posix.isAbsolute(path)) return { path: posix.normalize(path) };
  report.error(pointer, `${JSON.stringify(path)} is no absolute path`, { expected: CONFIG_PATH });
  return null;
}

function extractionOf(emf: EMFDeclarations, namespace: string): EmfExtractionPlan {
  return {
    namespace,
    units: Object.fromEntries(Object.entries(emf.metric_unit ?? {}).filter(([, unit]) => STANDARD_UNITS.includes(unit))),
    declarations: (emf.metric_declaration ?? []).flatMap((declaration) => declarationOf(declaration) ?? []),
    dedup: emf.metric_declaration_dedup ?? false,
  };
}

/** Null for one that is passed over. */
function declarationOf(declaration: EMFDeclaration): EmfDeclarationPlan | null {
  const { source_labels: sourceLabels = [], metric_selectors: sources = [], dimensions = [] } = declaration;
  const matcher = patternOf(declaration.label_matcher || ANYTHING);
  const selectors = sources.flatMap((source) => patternOf(source) ?? []);
  if (sourceLabels.length === 0 || selectors.length === 0 || matcher === null) return null;
  return { sourceLabels, separator: declaration.label_separator || SEPARATOR, matcher, selectors, dimensions };
}

function patternOf(source: string): PatternPlan | null {
  const compiled = compilePattern(source);
  return isProblem(compiled) ? null : compiled;
}
