import { resolveEncoding } from '../framing/encodings.ts';

/** Python's names of encodings (in its own spelling) whose usual name is not made by turning _ into -. */
const USUAL: Readonly<Record<string, string>> = {
  ascii: 'ascii', us_ascii: 'ascii', utf_8: 'utf-8', u8: 'utf-8', utf: 'utf-8', utf_8_sig: 'utf-8', latin: 'latin1', latin_1: 'latin1', l1: 'latin1', l2: 'iso-8859-2', l5: 'iso-8859-9',
  utf_16_be: 'utf-16be', utf_16_le: 'utf-16le', u16: 'utf-16', eucjp: 'euc-jp', ujis: 'euc-jp', euckr: 'euc-kr', sjis: 'shift_jis', s_jis: 'shift_jis', shiftjis: 'shift_jis', shift_jis: 'shift_jis',
  iso2022_jp: 'iso-2022-jp', iso2022jp: 'iso-2022-jp', big5_tw: 'big5', mac_roman: 'macintosh', mac_cyrillic: 'x-mac-cyrillic', tis_620: 'windows-874', uhc: 'euc-kr', chinese: 'gb2312', gb18030_2000: 'gb18030',
};

/** The label this agent takes for an encoding as Python names it, or null when it has none. */
export function labelOfPython(name: string): string | null {
  const python = name.trim().toLowerCase().replaceAll(/[-\s.]+/g, '_');
  const page = /^(?:cp|windows_)(\d+)$/.exec(python)?.[1];
  const latin = /^(?:iso_?8859|8859|latin)_?(\d{1,2})$/.exec(python)?.[1];
  const candidates = [
    ...(Object.hasOwn(USUAL, python) ? [USUAL[python]!] : []),
    ...(page === undefined ? [] : [`windows-${page}`, `cp${page}`]),
    ...(latin === undefined || python.startsWith('latin') ? [] : [`iso-8859-${latin}`]),
    python.replaceAll('_', '-'), python,
  ];
  return candidates.find((label) => !('problem' in resolveEncoding(label))) ?? null;
}
