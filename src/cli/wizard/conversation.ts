import type { Answers } from './answers.ts';
import { QUESTIONS, type Choice, type ChoiceQuestion, type IdOf, type ManyQuestion, type Question, type QuestionId, type TextQuestion, type YesNoQuestion } from './question.ts';

/** What is known about a question only when it is asked. */
export interface Posed<Value> {
  /** The default. */
  readonly usual: Value;
  /** What it is asked for: the pattern of a log. */
  readonly subject?: string;
  /** Not asked unless an answer was given: the default stands. */
  readonly quiet?: boolean;
  /** What makes the default worth changing; a line or two. */
  readonly note?: string;
  /** It was asked before, and the answer was not to be had: one given beforehand does not count again. */
  readonly again?: boolean;
  /** What is wrong with an answer, beyond what the question itself knows. */
  readonly fault?: (value: string) => string | null;
}

/** As Posed, for a choice among what was found. */
export interface PosedAmong<Value> extends Posed<Value> { readonly among?: readonly Choice[] }

/** Whoever answers the questions that no answer was given for: a person at a terminal, or nobody (the defaults). */
export interface Voice {
  /** A person answers: asking again makes sense. */
  readonly interactive: boolean;
  yesNo(question: YesNoQuestion, posed: Posed<boolean>): Promise<boolean>;
  choice(question: ChoiceQuestion, posed: PosedAmong<string>): Promise<string>;
  text(question: TextQuestion, posed: Posed<string>): Promise<string>;
  list(question: ManyQuestion, posed: PosedAmong<readonly string[]>): Promise<readonly string[]>;
  /** A block of text under a title. */
  show(title: string, body: string): void;
  /** Work that takes a moment, with what it is. */
  during<Result>(what: string, work: () => Promise<Result>): Promise<Result>;
}

/** Asks: an answer given beforehand counts, else the voice is asked. */
export class Conversation {
  readonly #answers: Answers;
  readonly #voice: Voice;

  constructor(answers: Answers, voice: Voice) {
    this.#answers = answers;
    this.#voice = voice;
  }

  get interactive(): boolean { return this.#voice.interactive; }

  /** Whether an answer was given for this subject, or for all. */
  isGiven(id: QuestionId, subject: string): boolean { return this.#answers.has(id, subject); }

  async yesNo(id: IdOf<'yes or no'>, posed: Posed<boolean>): Promise<boolean> {
    const given = this.#given(id, posed, QUESTIONS[id]);
    if (given !== undefined) return given as boolean;
    return posed.quiet === true ? posed.usual : this.#voice.yesNo(QUESTIONS[id], posed);
  }

  async choice(id: IdOf<'choice'>, posed: PosedAmong<string>): Promise<string> {
    const question: ChoiceQuestion = posed.among === undefined ? QUESTIONS[id] : { ...QUESTIONS[id], choices: posed.among };
    const given = this.#given(id, posed, question);
    if (given !== undefined) return given as string;
    return posed.quiet === true ? posed.usual : this.#voice.choice(question, posed);
  }

  async text(id: IdOf<'text'>, posed: Posed<string>): Promise<string> {
    const { fault } = posed;
    const question: TextQuestion = fault === undefined ? QUESTIONS[id] : { ...QUESTIONS[id], fault: (value) => QUESTIONS[id].fault(value) ?? fault(value) };
    const given = this.#given(id, posed, question);
    if (given !== undefined) return given as string;
    return posed.quiet === true ? posed.usual : this.#voice.text(question, posed);
  }

  async list(id: IdOf<'list'>, posed: PosedAmong<readonly string[]>): Promise<readonly string[]> {
    const { fault } = posed;
    const question: ManyQuestion = fault === undefined ? QUESTIONS[id] : { ...QUESTIONS[id], fault: (value) => QUESTIONS[id].fault(value) ?? fault(value) };
    const given = this.#given(id, posed, question);
    if (given !== undefined) return given as readonly string[];
    return posed.quiet === true ? posed.usual : this.#voice.list(question, posed);
  }

  /** A question that only a person can answer; nobody gives the default. */
  async agreed(text: string, usual: boolean): Promise<boolean> {
    return this.#voice.yesNo({ kind: 'yes or no', text, usual: usual ? 'yes' : 'no', when: null, each: null }, { usual });
  }

  #given(id: QuestionId, { subject, again }: Posed<unknown>, question: Question): ReturnType<Answers['take']> {
    return again === true ? undefined : this.#answers.take(id, subject ?? null, question);
  }

  show(title: string, body: string): void { this.#voice.show(title, body); }
  during<Result>(what: string, work: () => Promise<Result>): Promise<Result> { return this.#voice.during(what, work); }
}

/** Nobody is asked: every question has its default. What is shown goes to `out`. */
export function defaultsVoice(out: (text: string) => void): Voice {
  return {
    interactive: false,
    yesNo: async (_, { usual }) => usual,
    choice: async (_, { usual }) => usual,
    text: async (_, { usual }) => usual,
    list: async (_, { usual }) => usual,
    show: (title, body) => out(`${title}\n${body.replaceAll(/^(?=.)/gm, '  ')}\n`),
    during: (_, work) => work(),
  };
}
