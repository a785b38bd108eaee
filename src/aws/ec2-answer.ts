// What of EC2's answers the agent reads. They are XML of a fixed form, without attributes on what is read, comments or CDATA.

/** A volume as it is attached to an instance: under the name that was asked for, which need not be the kernel's. */
export interface Attachment { readonly volumeId: string; readonly device: string }

const ENTITIES: Readonly<Record<string, string>> = { amp: '&', lt: '<', gt: '>', quot: '"', apos: "'" };

function unescaped(text: string): string {
  return text.replaceAll(/&(?:#x([0-9a-f]{1,6})|#(\d{1,7})|(\w+));/gi, (whole, hex: string | undefined, decimal: string | undefined, name: string | undefined) => {
    if (name !== undefined) return ENTITIES[name] ?? whole;
    const point = Number.parseInt(hex ?? decimal!, hex === undefined ? 10 : 16);
    return point <= 0x10ffff ? String.fromCodePoint(point) : whole;
  });
}

/** The contents of all elements of a name, outermost first and none inside another; `name` is a word. */
function* contents(xml: string, name: string): Generator<string> {
  const [open, close] = [`<${name}>`, `</${name}>`];
  for (let from = xml.indexOf(open); from >= 0; from = xml.indexOf(open, from)) {
    const to = xml.indexOf(close, from);
    if (to < 0) return;
    yield xml.slice(from + open.length, to);
    from = to + close.length;
  }
}

function textOf(xml: string, name: string): string | null {
  const [text] = contents(xml, name);
  return text === undefined ? null : unescaped(text);
}

/** The value of the tag `key` in an answer of DescribeTags; null: it is not there. */
export function tagIn(xml: string, key: string): string | null {
  for (const item of contents(xml, 'item')) if (textOf(item, 'key') === key) return textOf(item, 'value') || null;
  return null;
}

/** What is attached to the instance, in an answer of DescribeVolumes. */
export function attachmentsIn(xml: string, instanceId: string): readonly Attachment[] {
  return [...contents(xml, 'attachmentSet')].flatMap((set) => [...contents(set, 'item')]).flatMap((item) => {
    const [volumeId, device] = [textOf(item, 'volumeId'), textOf(item, 'device')];
    return volumeId === null || device === null || textOf(item, 'instanceId') !== instanceId ? [] : [{ volumeId, device }];
  });
}

/** Code and message of an error; null where the answer is none of EC2's. */
export function errorIn(xml: string): { readonly code: string; readonly message: string } | null {
  const code = textOf(xml, 'Code');
  return code === null ? null : { code, message: textOf(xml, 'Message') ?? '' };
}
