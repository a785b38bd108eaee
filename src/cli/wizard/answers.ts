// Answers given beforehand: by a file, or by flags.
import { nearest } from '../../config/nearest.ts';
import { QUESTIONS, type Question, type QuestionId } from './question.ts';

/** An answer that cannot be used, in words for the person who gave it. */
export class AnswerError extends Error {}

interface Given {
  readonly value: unknown;
  /** Where it was given, for messages. */
  readonly from: string;
}

/** One key of an answers file, or the left side of --answer: `id`, or `id[subject]`. */
const KEY = /^([^[\]]+)(?:\[(.*)\])?$/s;

export class Answers {
  readonly #given = new Map<string, Given>();
  readonly #used = new Set<string>();

  /** Adds an answer; a later one replaces an earlier one. Throws an AnswerError where there is no such question. */
  add(key: string, value: unknown, from: string): void {
    const [, id = '', subject] = KEY.exec(key) ?? [];
    if (!Object.hasOwn(QUESTIONS, id)) {
      const meant = nearest(id, Object.keys(QUESTIONS));
      throw new AnswerError(`${from}: there is no question ${JSON.stringify(id === '' ? key : id)}${meant === null ? '' : `; did you mean ${JSON.stringify(meant)}?`}\n    expected an id that \`agent wizard --print-questions\` lists`);
    }
    if (subject !== undefined && QUESTIONS[id as QuestionId].each === null) throw new AnswerError(`${from}: ${id} is asked only once, so ${JSON.stringify(`[${subject}]`)} has no meaning\n    expected ${JSON.stringify(id)}`);
    this.#given.set(key, { value, from });
  }

  /** Whether there is an answer for this subject, or one for all. */
  has(id: QuestionId, subject: string): boolean {
    return this.#given.has(`${id}[${subject}]`) || this.#given.has(id);
  }

  /** The answer as the question wants it, or undefined where none was given. Throws an AnswerError for one of another kind. */
  take(id: QuestionId, subject: string | null, question: Question): boolean | string | readonly string[] | undefined {
    const key = subject !== null && this.#given.has(`${id}[${subject}]`) ? `${id}[${subject}]` : id;
    const given = this.#given.get(key);
    if (given === undefined) return undefined;
    this.#used.add(key);
    return checked(given, key, question);
  }

  /** Keys of answers that no question asked for. */
  get unused(): readonly string[] {
    return [...this.#given.keys()].filter((key) => !this.#used.has(key));
  }
}

function checked({ value, from }: Given, key: string, question: Question): boolean | string | readonly string[] {
  const wrong = (message: string, expected: string): AnswerError => new AnswerError(`${from}: ${key}: ${message}\n    expected ${expected}`);
  switch (question.kind) {
    case 'yes or no': {
      if (typeof value === 'boolean') return value;
      const word = wordOf(value).toLowerCase();
      if (word === 'yes' || word === 'true') return true;
      if (word === 'no' || word === 'false') return false;
      throw wrong(`${JSON.stringify(value)} is neither yes nor no`, 'yes or no, true or false');
    }
    case 'choice': {
      const found = question.choices.find((choice) => choice.value.toLowerCase() === wordOf(value).toLowerCase());
      if (found !== undefined) return found.value;
      throw wrong(`${JSON.stringify(value)} is not valid to this question`, `one of ${question.choices.map((choice) => choice.value).join(', ')}`);
    }
    case 'text': {
      if (typeof value !== 'string' && typeof value !== 'number') throw wrong('this is no text', 'a text');
      const fault = question.fault(wordOf(value));
      if (fault !== null) throw wrong(`${JSON.stringify(wordOf(value))} is not valid to this question`, fault);
      return wordOf(value);
    }
    case 'list': {
      const list = typeof value === 'string' ? value.split(',').map((item) => item.trim()).filter((item) => item !== '') : value;
      if (!Array.isArray(list) || !list.every((item) => typeof item === 'string')) throw wrong('this is no list of texts', 'a list of texts');
      const texts: readonly string[] = list;
      for (const item of texts) {
        const fault = question.fault(item);
        if (fault !== null) throw wrong(`${JSON.stringify(item)} is not valid to this question`, fault);
      }
      return texts;
    }
    default: return question satisfies never;
  }
}

/** As a person would have typed it: lists and objects are no answers, and say so as they stand. */
function wordOf(value: unknown): string { return typeof value === 'string' ? value : JSON.stringify(value) ?? ''; }
