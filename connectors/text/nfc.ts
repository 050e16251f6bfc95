/** Beyond these lies text that is NFC already: letters without combining marks, dashes and quotes of running text. */
const MAY_NEED_NFC = /[\u0300-\u1dff\u1f00-\u200f\u2028-\uffff]/;
const BEYOND_ASCII = /[\u0080-\uffff]/;

/** NFC, at half the cost of normalize() for the text that nearly every row holds. */
export function toNfc(text: string): string {
  return MAY_NEED_NFC.test(text) ? text.normalize('NFC') : text;
}

export function isAsciiText(text: string): boolean {
  return !BEYOND_ASCII.test(text);
}
