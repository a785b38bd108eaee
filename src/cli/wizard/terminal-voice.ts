import * as clack from '@clack/prompts';
import type { Voice } from './conversation.ts';

/** The person pressed Ctrl-C or Escape. */
export class CancelledError extends Error {}

/** Rows of a list shown at once. */
const SHOWN_ROWS = 12;
/** Items typed one by one: more is a key that is stuck. */
const MOST_ITEMS = 200;
const DIM = '\u001b[2m';
const PLAIN = '\u001b[22m';

/** A person at this terminal. */
export function terminalVoice(): Voice {
  return {
    interactive: true,
    yesNo: async (question, { usual, note }) => answered(await clack.confirm({ message: message(question.text, note), initialValue: usual })),
    choice: async (question, { usual, note }) => answered(await clack.select({
      message: message(question.text, note), initialValue: usual, maxItems: SHOWN_ROWS,
      options: question.choices.map(({ value, label, hint }) => ({ value, label, ...(hint !== undefined && { hint }) })),
    })),
    text: async ({ text, fault }, { usual, note, subject }) => answered(await clack.text({
      message: line(text, note),
      // What is changed is edited; a default is taken or replaced.
      ...(subject === undefined ? { placeholder: usual, defaultValue: usual } : { initialValue: usual, defaultValue: '' }),
      validate: (value) => (subject === undefined && (value ?? '') === '' ? undefined : fault(value ?? '') ?? undefined),
    })),
    list: async ({ text, fault }, { usual, note, among }) => {
      if (among !== undefined) {
        return answered(await clack.multiselect({
          message: message(text, note), required: false, maxItems: SHOWN_ROWS, initialValues: [...usual],
          options: among.map(({ value, label, hint }) => ({ value, label, ...(hint !== undefined && { hint }) })),
        }));
      }
      const items: string[] = [];
      while (items.length < MOST_ITEMS) {
        const item = answered(await clack.text({ message: line(text, note), defaultValue: '', validate: (value) => ((value ?? '') === '' ? undefined : fault(value ?? '') ?? undefined) }));
        if (item === '') break;
        items.push(item);
      }
      return items;
    },
    show: (title, body) => clack.note(body, title, { format: (line) => line }),
    during: async (what, work) => {
      const spinner = clack.spinner();
      spinner.start(what);
      try {
        return await work();
      } finally {
        spinner.stop(what);
      }
    },
  };
}

/** A text prompt indents only its first line. */
const line = (text: string, note: string | undefined): string => (note === undefined ? text : `${text} ${DIM}${note}${PLAIN}`);
const message = (text: string, note: string | undefined): string => (note === undefined ? text : `${text}\n${DIM}${note}${PLAIN}`);

function answered<Value>(value: Value | typeof clack.CANCEL_SYMBOL): Value {
  if (clack.isCancel(value)) throw new CancelledError();
  return value;
}

/** Opens and closes the conversation on the screen. */
export const begin = (title: string): void => clack.intro(title);
export const end = (text: string): void => clack.outro(text);
export const cancelled = (text: string): void => clack.cancel(text);
