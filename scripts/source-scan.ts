// Reads TypeScript just well enough to check who imports whom: what is code, what is text, and which modules are named.

export interface ModuleImport {
  readonly specifier: string;
  /** 1-based line of the specifier. */
  readonly line: number;
  /** `import type` and `export type`: gone at run time. */
  readonly typeOnly: boolean;
  /** Names between the braces of the statement, as exported by the module; empty for `import()` and namespace imports. */
  readonly names: readonly string[];
}

/** Before one of these a slash begins a regular expression; after a value it divides. */
const REGEXP_MAY_FOLLOW = /(?:^|[(,=:[!&|?{};+\-*%<>~^\n]|\b(?:return|typeof|case|in|of|do|else|void|await|yield))\s*$/;

/** Index just after the string or regular expression that begins at `start`; a class `[/]` does not end an expression. */
function endOfQuoted(source: string, start: number, quote: string): number {
  let inClass = false;
  for (let i = start + 1; i < source.length; i++) {
    const c = source[i];
    if (c === '\\') i++;
    else if (c === '\n') return i;
    else if (quote === '/' && c === '[') inClass = true;
    else if (quote === '/' && c === ']') inClass = false;
    else if (c === quote && !inClass) return i + 1;
  }
  return source.length;
}

/**
 * The source with the contents of comments, strings, templates and regular expressions replaced by spaces; quotes, line
 * breaks and every offset stay, and so does the code inside `${…}`.
 */
export function codeOnly(source: string): string {
  const out = source.split('');
  const blank = (from: number, to: number): void => {
    for (let i = from; i < to; i++) if (out[i] !== '\n') out[i] = ' ';
  };
  const templateDepth: number[] = []; // open braces inside each `${` we are in
  const template = (start: number): number => {
    let i = start;
    for (; i < source.length && source[i] !== '`'; i++) {
      if (source[i] === '\\') i++;
      else if (source[i] === '$' && source[i + 1] === '{') {
        blank(start, i);
        templateDepth.push(0);
        return i + 2;
      }
    }
    blank(start, i);
    return i + 1;
  };
  for (let i = 0; i < source.length;) {
    const c = source[i]!;
    const depth = templateDepth.at(-1);
    if (source.startsWith('//', i) || (i === 0 && source.startsWith('#!'))) {
      const end = source.indexOf('\n', i);
      blank(i, end < 0 ? source.length : end);
      i = end < 0 ? source.length : end;
    } else if (source.startsWith('/*', i)) {
      const end = source.indexOf('*/', i + 2);
      blank(i, end < 0 ? source.length : end + 2);
      i = end < 0 ? source.length : end + 2;
    } else if (c === '"' || c === "'") {
      const end = endOfQuoted(source, i, c);
      blank(i + 1, end - 1);
      i = end;
    } else if (c === '`') {
      i = template(i + 1);
    } else if (c === '/' && REGEXP_MAY_FOLLOW.test(out.slice(Math.max(0, i - 40), i).join(''))) {
      const end = endOfQuoted(source, i, '/');
      blank(i + 1, end - 1);
      i = end;
    } else if (c === '}' && depth === 0) {
      templateDepth.pop();
      i = template(i + 1);
    } else {
      if (depth !== undefined && (c === '{' || c === '}')) templateDepth[templateDepth.length - 1] = depth + (c === '{' ? 1 : -1);
      i++;
    }
  }
  return out.join('');
}

/** 1-based line of an offset. */
export function lineOf(source: string, offset: number): number {
  return source.slice(0, offset).split('\n').length;
}

/** Every module a file names: `import … from`, `export … from`, `import '…'`, `import('…')`. */
export function importsOf(source: string): readonly ModuleImport[] {
  const code = codeOnly(source);
  const found: ModuleImport[] = [];
  for (const match of code.matchAll(/\b(?:from|import)\s*\(?\s*(['"])( *)\1/g)) {
    const to = match.index + match[0].length - 1;
    const from = to - match[2]!.length;
    const head = code.slice(0, match.index);
    const statement = head.slice(Math.max(head.lastIndexOf('import'), head.lastIndexOf('export'), 0));
    const braces = match[0].startsWith('from') ? /\{([^}]*)\}\s*$/.exec(statement)?.[1] ?? '' : '';
    found.push({
      specifier: source.slice(from, to),
      line: lineOf(source, from),
      typeOnly: match[0].startsWith('from') && /^(?:import|export)\s+type\b/.test(statement),
      names: braces.split(',').map((name) => name.replace(/^\s*type\s+/, '').replace(/\s+as\s.*/s, '').trim()).filter((name) => name !== ''),
    });
  }
  return found;
}
