// docs/configuration.md, from the JSON Schema of the config.
import type { WrittenSchema as Schema } from './config-schema.ts';

const number = (value: number): string => value.toLocaleString('en-US', { useGrouping: Math.abs(value) >= 10_000 });
const cell = (text: string): string => text.replaceAll('|', String.raw`\|`);
const code = (value: unknown): string => `\`${JSON.stringify(value)}\``;

function kindOf(schema: Schema): string {
  if (schema.enum !== undefined) return schema.enum.map((value) => code(value)).join(', ');
  const words: Readonly<Record<string, string>> = { integer: 'whole number', boolean: 'true or false', array: 'list' };
  const kind = schema.type === undefined ? 'anything' : words[schema.type] ?? schema.type;
  const unit = schema.type === 'string' ? ' characters' : schema.type === 'array' ? ' items' : '';
  const from = schema.minimum ?? schema.minLength ?? schema.minItems;
  const to = schema.maximum ?? schema.maxLength ?? schema.maxItems;
  if (from !== undefined && to !== undefined) return `${kind}, ${number(from)} to ${number(to)}${unit}`;
  if (from !== undefined) return `${kind}, at least ${number(from)}${unit}`;
  return to === undefined ? kind : `${kind}, at most ${number(to)}${unit}`;
}

/** Where most keys are. */
const ENTRY = '/logs/logs_collected/files/collect_list/*';

/** The page: one table per object of the document, the sections that are not run in short, then the table of our own additions. */
export function configurationPage(schema: Schema): string {
  const tables = new Map<Schema, { readonly title: string; readonly pointers: string[]; text: string }>();
  const ours: string[] = [];
  const notRun: string[] = [];
  const resolved = (part: Schema): Schema => (part.$ref === undefined ? part : { ...schema.definitions?.[part.$ref.slice('#/definitions/'.length)], ...part });
  const definitionOf = (part: Schema): Schema => (part.$ref === undefined ? part : schema.definitions?.[part.$ref.slice('#/definitions/'.length)] ?? part);

  /** The object a key leads to: its own value, an item of its list, or the shape of either that is one. */
  function objectIn(property: Schema): Schema | null {
    const target = definitionOf(property);
    const inner = target.items === undefined ? target : definitionOf(target.items);
    const shape = inner.properties === undefined ? inner.anyOf?.map(definitionOf).find(({ properties }) => properties !== undefined) ?? inner : inner;
    return shape.properties === undefined ? null : shape;
  }

  function describe(part: Schema, title: string, pointer: string): void {
    const known = tables.get(part);
    if (known !== undefined) known.pointers.push(pointer);
    const table = known ?? { title, pointers: [pointer], text: '' };
    tables.set(part, table);
    const rows: string[] = [];
    const accepted: string[] = [];
    for (const [key, raw] of Object.entries(part.properties ?? {})) {
      const property = resolved(raw);
      const inner = objectIn(raw);
      const here = `${pointer}/${key}`;
      if (property['x-not-run'] !== undefined) {
        if (inner === null) accepted.push(`\`${key}\``);
        else notRun.push(`| \`${here}\` | ${cell(property['x-not-run'])} | ${Object.keys(inner.properties ?? {}).map((name) => `\`${name}\``).join(', ')} |`);
        continue;
      }
      if (property['x-ours'] === true) ours.push(`| \`${here}\` | \`${extended(property['x-extends'] ?? '', pointer)}\` | ${cell(property.description ?? '')} |`);
      rows.push(rowOf(key, property, part));
      if (inner !== null) describe(inner, inner.title ?? key, definitionOf(raw).items === undefined ? here : `${here}/*`);
    }
    const leftovers = accepted.length === 0 ? '' : `\nAccepted from CloudWatch agent configs, without effect in this version: ${accepted.join(', ')}.\n`;
    table.text = rows.length === 0 ? '' : `| key | value | default | meaning |\n|---|---|---|---|\n${rows.join('\n')}\n${leftovers}\n`;
  }

  function rowOf(key: string, property: Schema, part: Schema): string {
    const examples = property.examples === undefined ? '' : ` Example: ${property.examples.map((example) => code(example)).join(', ')}.`;
    const needed = part.required?.includes(key) === true ? 'required' : property.default === undefined ? '' : code(property.default);
    return `| \`${key}\`${property['x-ours'] === true ? ' (ours)' : ''} | ${cell(kindOf(property))} | ${needed} | ${cell(`${property.description ?? ''}${examples}`)} |`;
  }

  /** Pointer of the CloudWatch agent's key that an addition names: beside it, from the root, or in an entry. Naming none, or one of ours, is an error. */
  function extended(name: string, pointer: string): string {
    for (const candidate of [`${pointer}/${name}`, `/${name.replaceAll(/\.(?=[a-z])/g, '/')}`, `${ENTRY}/${name}`]) {
      const key = keyAt(candidate);
      if (key !== null && key['x-ours'] !== true) return candidate;
    }
    throw new Error(`config-schema: "x-extends": ${JSON.stringify(name)} at ${pointer} names no key of the CloudWatch agent`);
  }

  function keyAt(pointer: string): Schema | null {
    let part: Schema | null = schema;
    let key: Schema | null = null;
    for (const token of pointer.split('/').slice(1)) {
      if (token === '*') continue;
      key = part?.properties?.[token] ?? null;
      if (key === null) return null;
      part = objectIn(key);
      key = resolved(key);
    }
    return key;
  }

  describe(schema, 'Document', '');
  const body = [...tables].filter(([, { text }]) => text !== '').map(([part, { title, pointers, text }]) => {
    const unknown = part['x-unknown-keys'] === 'warning' ? 'Unknown keys are ignored with a warning.' : 'Unknown keys are errors.';
    return `## ${title}\n\n${pointers.map((pointer) => `\`${pointer === '' ? '/' : pointer}\``).join(', ')}: ${part.description} ${unknown}\n\n${text}`;
  }).join('');
  return `<!-- Generated by scripts/generate-config.ts from config-schema/. Do not edit. -->
# Configuration

One JSON document, the CloudWatch agent's own; \`agent check --config FILE\` prints every problem in it, or what it compiles to.
Several files are merged: objects key by key, \`collect_list\`s one after the other; two different values for one key are an error.

In \`log_group_name\` and \`log_stream_name\` these placeholders are filled in. \`{word|text}\` is the text wherever the value is not known. Without it the
first six have the CloudWatch agent's own stand-in, with a warning; for the others a value that is not known is an error, and the entry does not run. A word in
braces that is no placeholder is an error too. In a value, characters that the name may not have become \`_\`; one made of a path that has more than 512 characters is cut and ends in a hash.

| placeholder | value | when unknown |
|---|---|---|
| \`{instance_id}\` | id of the EC2 instance | \`i-UNKNOWN\` |
| \`{hostname}\` | host name in the EC2 metadata, else of the system | \`UNKNOWN-HOST\` |
| \`{local_hostname}\` | host name of the system | \`UNKNOWN-HOST\` |
| \`{ip_address}\` | private address of the EC2 instance, else the first IPv4 address that is not loopback | \`UNKNOWN-IP\` |
| \`{aws_region}\` | the region the logs go to | \`UNKNOWN-REGION\` |
| \`{account_id}\` | account of the EC2 instance | \`UNKNOWN-ACCOUNT\` |
| \`{availability_zone}\` | of the EC2 instance | error |
| \`{tag:KEY}\` | tag of the EC2 instance, if it shows its tags in its metadata (\`aws ec2 modify-instance-metadata-options --instance-id ID --instance-metadata-tags enabled\`) | error |
| \`{env:NAME}\` | environment variable of the agent | error |
| \`{file_name}\`, \`{directory}\` | of the file's path | |
| \`{path:NAME}\`, \`{path:1}\` | what a group of the entry's \`path_pattern\` finds in the path | the file is skipped, and \`status\` says why |
| \`{date}\`, \`{year}\`, \`{month}\`, \`{day}\`, \`{hour}\` | of each event, as 2026-01-31 and so on, in the entry's \`timezone\` (default: local time); in streams only. A group may have \`{date}\`: the local date on which the config is loaded | |

\`\${NAME}\` of an environment variable is filled in there and in \`file_path\`, \`region\`, \`role_arn\`, \`endpoint_override\`, \`service.name\` and \`deployment.environment\`;
of metrics in \`namespace\`, \`metric_namespace\`, \`hostname\`, \`service_address\`, \`resources\`, \`append_dimensions\`, \`pid_file\`, \`exe\` and \`pattern\`, and in the names of collectd's files and its prefix.

${body}## Accepted, not run

Sections of the CloudWatch agent that this version does not run. Each is answered with one line; mistakes inside are said, and stop
nothing else. \`agent check --strict\` takes the line for an error.

| section | answer | its keys |
|---|---|---|
${notRun.join('\n')}

## Our additions

Keys the CloudWatch agent does not have, and the key of it each one extends.

| key | extends | meaning |
|---|---|---|
${ours.join('\n')}
`;
}
