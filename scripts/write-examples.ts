// Writes what `agent check` says of every example config: the .txt files of config-schema/examples and expected.json of the
// CloudWatch agent samples. Run it after a message has changed, and read the difference.
import { rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { formatProblems } from '../src/config/problem.ts';
import { EXAMPLES, KINDS, SAMPLES, checkedExample, namesOf, printedFor, printedPath, saidOf } from '../test/support/examples.ts';

let changed = 0;
for (const kind of KINDS) {
  for (const name of namesOf(EXAMPLES, kind)) {
    const text = formatProblems(checkedExample(EXAMPLES, kind, name).problems, false);
    if (text === printedFor(EXAMPLES, kind, name)) continue;
    changed += 1;
    if (text === '') rmSync(printedPath(EXAMPLES, kind, name));
    else writeFileSync(printedPath(EXAMPLES, kind, name), text);
  }
}

const sections = KINDS.map((kind) => {
  const lines = namesOf(SAMPLES, kind).map((name) => `    ${JSON.stringify(name)}: ${JSON.stringify(saidOf(checkedExample(SAMPLES, kind, name).problems)).replaceAll('","', '", "')}`);
  return `  ${JSON.stringify(kind)}: {\n${lines.join(',\n')}\n  }`;
});
writeFileSync(join(SAMPLES.folder, 'expected.json'), `{\n${sections.join(',\n')}\n}\n`);
console.log(`examples: ${changed} changed; expected.json of the samples written`);
