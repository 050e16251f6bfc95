/** `000.00.06.H56` of the older order (QCVN 102), `H15.50.05.13` of the newer (QĐ 20/2020). */
const UNIT = String.raw`(?:\d{3}\.\d{2}\.\d{2}\.[A-Z]\d{2}|[A-Z]\d{2}(?:\.\d{2}){0,3})`;
/** Unit, day of receipt, sequence of that unit on that day: six or seven digits where a ministry's system issues it. */
const ISSUED_CODE = new RegExp(`^${UNIT}-\\d{6}-(?:\\d{4}|\\d{6,7})$`);

/**
 * A dossier's code in the form in which units issue them, in which no name and no number of a person can stand. Systems
 * hold some of other forms too: see `isDossierCode` for what can be one at all.
 *
 * @param text as somebody typed it
 * @returns the code in capitals; null for what has another form
 */
export function issuedCode(text: string): string | null {
  const code = text.trim().normalize('NFC').toUpperCase();
  return ISSUED_CODE.test(code) ? code : null;
}
