import type { FilterPattern } from './filter-pattern.ts';
import { Regex } from './regex.ts';
import { Scanner } from './scanner.ts';

type Test = (message: string) => boolean;

/** What needs no quotation marks. */
const WORD = /[\p{L}\p{N}_]+/uy;

function readTest(scanner: Scanner): Test {
  if (scanner.peek === '"') {
    const phrase = scanner.quoted();
    return (message) => message.includes(phrase);
  }
  if (scanner.peek === '%') {
    const offset = scanner.at + 1;
    const regex = new Regex(scanner.regexSource(), offset);
    return (message) => regex.test(message);
  }
  const word = scanner.run(WORD);
  if (word === '') throw scanner.fail(`'${scanner.peek}' needs quotation marks around its term`);
  return (message) => message.includes(word);
}

/**
 * Terms: all plain ones must occur, none of the `-` ones may; `?` terms count only when there is nothing else, and then
 * one is enough. A bare term is found inside longer words too: the service's documentation leaves that open.
 */
export function parseTermPattern(text: string): FilterPattern {
  const scanner = new Scanner(text);
  const wanted: Test[] = [];
  const unwanted: Test[] = [];
  const any: Test[] = [];
  while (!scanner.done) {
    if (scanner.take('-')) unwanted.push(readTest(scanner));
    else if (scanner.take('?')) any.push(readTest(scanner));
    else wanted.push(readTest(scanner));
    if (!scanner.done && !/\s/.test(scanner.peek)) throw scanner.fail(`'${scanner.peek}' needs quotation marks around its term`);
    scanner.skipSpace();
  }
  const matches = wanted.length + unwanted.length === 0
    ? (message: string): boolean => any.some((test) => test(message))
    : (message: string): boolean => wanted.every((test) => test(message)) && !unwanted.some((test) => test(message));
  return { matches, extract: () => ({}) };
}
