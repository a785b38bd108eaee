// The CloudWatch agent's env-config.json: variables that are set before the agent begins.
import { placeOf, pointerToken } from './json-tree.ts';
import { parseJson } from './parse-json.ts';
import type { Problem } from './problem.ts';
import { sideProblem, type SideFile } from './side-file.ts';

/** A flat object of texts, or nothing; anything else is an error, because what was meant would be missing in silence. */
export function parseEnvConfig(file: string, text: string): SideFile {
  if (text.trim() === '') return { variables: {}, problems: [] };
  const { root, problems: syntax } = parseJson(file, text);
  if (root === null) return { variables: {}, problems: syntax };
  const problems: Problem[] = [...syntax];
  const variables: Record<string, string> = {};
  if (root.kind !== 'object') return { variables, problems: [...problems, sideProblem('error', file, { line: 1, column: 1 }, 'this is no object of variables', '{ "NAME": "value" }')] };
  for (const [name, { node }] of root.members) {
    const place = placeOf(root, `/${pointerToken(name)}`, 'key');
    const at = place.line === null || place.column === null ? null : { line: place.line, column: place.column };
    if (name === '' || /[=\0]/.test(name)) problems.push(sideProblem('error', file, at, `${JSON.stringify(name)} cannot be the name of a variable`, 'a name such as HTTPS_PROXY'));
    else if (node.kind !== 'scalar' || typeof node.value !== 'string') problems.push(sideProblem('error', file, at, `the value of ${name} is no text`, 'a text in double quotes'));
    else if (node.value.includes('\0')) problems.push(sideProblem('error', file, at, `the value of ${name} holds a NUL character`, 'a text without it'));
    else variables[name] = node.value;
  }
  return { variables, problems };
}
