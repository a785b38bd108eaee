import assert from 'node:assert/strict';
import { test } from 'node:test';
import { compilePrometheus } from '../../../src/config/compile-prometheus.ts';
import type { PrometheusToEMF } from '../../../src/config/generated/document.generated.ts';
import { parseJson } from '../../../src/config/parse-json.ts';
import { Reporter } from '../../../src/config/reporter.ts';
import type { PrometheusPlan } from '../../../src/metrics-plan.ts';
import { pattern } from '../../support/prometheus.ts';

function compile(section: PrometheusToEMF, env: Readonly<Record<string, string>> = {}): { readonly plan: PrometheusPlan | null; readonly said: readonly string[] } {
  const { root } = parseJson('test.json', JSON.stringify({ logs: { metrics_collected: { prometheus: section } } }));
  const report = new Reporter(root!);
  const plan = compilePrometheus(section, env, report);
  return { plan, said: report.problems.map(({ severity, pointer, message }) => `${severity} ${pointer}: ${message}`) };
}

const AT = '/logs/metrics_collected/prometheus';
const GROUP = { log_group_name: '/prometheus' };

test('a section with a log group alone has the CloudWatch agent\'s defaults', () => {
  assert.deepEqual(compile(GROUP), {
    plan: { pointer: AT, config: { path: '/etc/cwagentconfig/prometheus.yaml' }, logGroup: '/prometheus', cluster: null, extraction: { namespace: 'CWAgent/Prometheus', units: {}, declarations: [], dedup: false } },
    said: [],
  });
});

test('declarations keep what they say; those without source labels or selectors, and units that are none, are left out', () => {
  const { plan } = compile({
    ...GROUP, cluster_name: 'blue',
    emf_processor: {
      metric_namespace: 'N', metric_declaration_dedup: true, metric_unit: { a: 'Count', b: 'Counts' },
      metric_declaration: [
        { source_labels: ['job'], metric_selectors: ['^a$'], dimensions: [['job']] },
        { source_labels: ['job', 'x'], label_matcher: '^a,b$', label_separator: ',', metric_selectors: ['a', 'b'] },
        { source_labels: ['job'] }, { metric_selectors: ['a'] }, { source_labels: ['job'], metric_selectors: ['('] },
      ],
    },
  });
  assert.equal(plan?.cluster, 'blue');
  assert.deepEqual(plan.extraction, {
    namespace: 'N', dedup: true, units: { a: 'Count' },
    declarations: [
      { sourceLabels: ['job'], separator: ';', matcher: pattern('.*'), selectors: [pattern('^a$')], dimensions: [['job']] },
      { sourceLabels: ['job', 'x'], separator: ',', matcher: pattern('^a,b$'), selectors: [pattern('a'), pattern('b')], dimensions: [] },
    ],
  });
  assert.equal(compile({ ...GROUP, disable_metric_extraction: true }).plan!.extraction, null);
});

test('in a container of ECS or Kubernetes the group and the namespace follow from the cluster; on a host a group is needed', () => {
  for (const [env, group, namespace] of [
    [{ ECS_CONTAINER_METADATA_URI_V4: 'http://x' }, '/aws/ecs/containerinsights/blue/prometheus', 'ECS/ContainerInsights/Prometheus'],
    [{ KUBERNETES_SERVICE_HOST: '10.0.0.1' }, '/aws/containerinsights/blue/prometheus', 'ContainerInsights/Prometheus'],
  ] as const) {
    const { plan } = compile({ cluster_name: 'blue' }, env);
    assert.deepEqual([plan?.logGroup, plan?.extraction?.namespace], [group, namespace]);
    assert.deepEqual(compile({}, env), { plan: null, said: [`error ${AT}: without "log_group_name" and "cluster_name" it is not known where the events go`] });
  }
  assert.deepEqual(compile({ cluster_name: 'blue' }), { plan: null, said: [`error ${AT}: without "log_group_name" it is not known where the events go`] });
});

test('the scrape config is a file, with or without file: before it, or the text of a variable', () => {
  const of = (path: string, env = {}): unknown => { const { plan, said } = compile({ ...GROUP, prometheus_config_path: path }, env); return plan?.config ?? said; };
  assert.deepEqual(of('/a/b.yaml'), { path: '/a/b.yaml' });
  assert.deepEqual(of('file:/a/b.yaml'), { path: '/a/b.yaml' });
  assert.deepEqual(of('file:///a/b.yaml'), { path: '/a/b.yaml' });
  assert.deepEqual(of('${D}/b.yaml', { D: '/a' }), { path: '/a/b.yaml' });
  assert.deepEqual(of('env:P', { P: 'scrape_configs: []' }), { variable: 'P', text: 'scrape_configs: []' });
  assert.deepEqual(of('env:P'), [`error ${AT}/prometheus_config_path: the environment variable P is not set`]);
  assert.deepEqual(of('b.yaml'), [`error ${AT}/prometheus_config_path: "b.yaml" is no absolute path`]);
});

test('the discovery of ECS is said not to be run', () => {
  assert.deepEqual(compile({ ...GROUP, ecs_service_discovery: {} }).said, [`note ${AT}/ecs_service_discovery: not run by this agent: targets come from the static_configs and file_sd_configs of the scrape config`]);
});
