const ZERO = 0x30;
const PLUS = 0x2b;
const MINUS = 0x2d;
const POINT = 0x2e;

/** Decimal digits whose number a double holds exactly. */
const EXACT_DIGITS = 15;
/** Powers of ten that a double holds exactly: a quotient of two exact numbers is the double nearest to the true one (IEEE 754). */
const POWERS = Array.from({ length: 23 }, (_, power) => Number(`1e${power}`));
/** Longer ones are no measurement. */
const MAX_LENGTH = 400;
const DECIMAL = /^[+-]?(?:\d+(?:\.\d*)?|\.\d+)(?:[eE][+-]?\d+)?$/;

/** The double nearest to the decimal number in [from, to): `12`, `-0.5`, `.5`, `1e3`. NaN when there is none, or something else besides. */
export function decimal(bytes: Buffer, from: number, to: number): number {
  let at = from;
  const sign = bytes[at];
  if (sign === MINUS || sign === PLUS) at++;
  const first = at;
  let [mantissa, digits, point] = [0, 0, -1];
  for (; at < to; at++) {
    const digit = bytes[at]! - ZERO;
    if (digit >= 0 && digit <= 9) {
      mantissa = mantissa * 10 + digit;
      if (mantissa !== 0) digits++;
    } else if (bytes[at] === POINT && point < 0) point = at;
    else return careful(bytes, from, to);
  }
  const places = point < 0 ? 0 : to - point - 1;
  if (digits > EXACT_DIGITS || places >= POWERS.length) return careful(bytes, from, to);
  if (to - first - (point < 0 ? 0 : 1) <= 0) return NaN;
  const size = mantissa / POWERS[places]!;
  return sign === MINUS && size !== 0 ? -size : size;
}

/** Any decimal number, and whatever is none. */
function careful(bytes: Buffer, from: number, to: number): number {
  if (to - from > MAX_LENGTH) return NaN;
  const text = bytes.toString('latin1', from, to);
  return DECIMAL.test(text) ? Number(text) + 0 : NaN;
}
