import { resolveEncoding } from '../framing/encodings.ts';
import type { Sound } from './check-metrics.ts';
import { PatternCompiler, compileTimestampPlan } from './compile-framing.ts';
import type { EMFDeclarations, ECSDiscovery, FilterRule, Logs, OpenTelemetry } from './generated/document.generated.ts';
import { isObject } from './json-tree.ts';
import { STANDARD_UNITS, unitAdvice } from './metric-names.ts';
import type { Reporter } from './reporter.ts';

const COLLECTED = '/logs/logs_collected';
const METRICS = '/logs/metrics_collected';
const OTEL_FILES = '/opentelemetry/collect/files/collect_list';

/** What the schema cannot say of the inputs of `logs` besides files, and of the files under `opentelemetry`. */
export class LogInputsCheck {
  readonly #sound: Sound;
  readonly #report: Reporter;
  readonly #patterns: PatternCompiler;

  constructor(sound: Sound, report: Reporter) {
    this.#sound = sound;
    this.#report = report;
    this.#patterns = new PatternCompiler(report);
  }

  logs({ logs_collected: sources, metrics_collected: metrics }: Logs): void {
    const events = `${COLLECTED}/windows_events`;
    if (sources?.windows_events !== undefined && this.#sound(events)) {
      for (const [index, { filters }] of sources.windows_events.collect_list.entries()) this.#filters(filters, `${events}/collect_list/${index}`);
    }
    if (!isObject(metrics)) return;
    if (this.#sound(`${METRICS}/emf`)) this.#emf(metrics);
    if (metrics.prometheus !== undefined && this.#sound(`${METRICS}/prometheus`)) {
      this.#declarations(metrics.prometheus.emf_processor, `${METRICS}/prometheus/emf_processor`);
      this.#discovery(metrics.prometheus.ecs_service_discovery, `${METRICS}/prometheus/ecs_service_discovery`);
    }
  }

  opentelemetry({ collect }: OpenTelemetry): void {
    if (collect?.files === undefined || !this.#sound('/opentelemetry/collect/files')) return;
    for (const [index, entry] of collect.files.collect_list.entries()) {
      const pointer = `${OTEL_FILES}/${index}`;
      compileTimestampPlan(entry, pointer, this.#report);
      const { multi_line_start_pattern: start, encoding } = entry;
      if (start !== undefined && start !== '{timestamp_format}') this.#patterns.compile(start, `${pointer}/multi_line_start_pattern`);
      const resolved = encoding === undefined ? null : resolveEncoding(encoding);
      if (resolved !== null && 'problem' in resolved) this.#report.error(`${pointer}/encoding`, resolved.problem, { didYouMean: resolved.didYouMean });
    }
  }

  #filters(filters: readonly FilterRule[] | undefined, pointer: string): void {
    for (const [index, { expression }] of (filters ?? []).entries()) this.#patterns.compile(expression, `${pointer}/filters/${index}/expression`);
  }

  #emf(metrics: NonNullable<Logs['metrics_collected']>): void {
    if (metrics.structuredlog !== undefined && metrics.emf === undefined) {
      this.#report.warning(`${METRICS}/structuredlog`, 'alone it starts no listener, ignored', { didYouMean: 'emf' });
    }
  }

  #declarations(emf: EMFDeclarations | undefined, pointer: string): void {
    for (const [metric, unit] of Object.entries(emf?.metric_unit ?? {})) {
      if (!STANDARD_UNITS.includes(unit)) this.#report.warning(`${pointer}/metric_unit`, `${JSON.stringify(unit)}, the unit of ${metric}, is no unit of CloudWatch: the metric has none`, unitAdvice(unit));
    }
    for (const [index, declaration] of (emf?.metric_declaration ?? []).entries()) {
      const here = `${pointer}/metric_declaration/${index}`;
      for (const key of ['source_labels', 'metric_selectors'] as const) {
        if ((declaration[key] ?? []).length === 0) this.#report.warning(here, `without "${key}" this declaration is passed over`, { expected: '"source_labels" and "metric_selectors"' });
      }
      if (declaration.label_matcher !== undefined) this.#patterns.compile(declaration.label_matcher, `${here}/label_matcher`);
      for (const [selector, pattern] of (declaration.metric_selectors ?? []).entries()) this.#patterns.compile(pattern, `${here}/metric_selectors/${selector}`);
    }
  }

  #discovery(discovery: ECSDiscovery | undefined, pointer: string): void {
    for (const list of ['task_definition_list', 'service_name_list_for_tasks'] as const) {
      for (const [index, target] of (discovery?.[list] ?? []).entries()) {
        for (const key of ['sd_container_name_pattern', 'sd_task_definition_arn_pattern', 'sd_service_name_pattern'] as const) {
          if (target[key] !== undefined) this.#patterns.compile(target[key], `${pointer}/${list}/${index}/${key}`);
        }
      }
    }
  }
}
