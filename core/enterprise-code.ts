import { FaultyValue, shapeOf } from './faulty-value.ts';

/**
 * Enterprise codes (mã số doanh nghiệp, which is the tax code as well): nine digits and a check digit; a branch adds
 * `-NNN`. Household businesses (hộ kinh doanh) have a code of their own, assumed to be two digits of province, one or
 * two letters of district, `8`, six digits; it has no check digit.
 */
export type EnterpriseCodeKind = 'enterprise' | 'branch' | 'household';

export interface EnterpriseCode {
  readonly kind: EnterpriseCodeKind;
  /** '0100233488', '0314409058-002' or '41A8000123'. */
  readonly code: string;
  /** The enterprise's own ten digits; for a household the code itself. */
  readonly root: string;
}

const EXPECTED =
  'an enterprise code of 10 digits with a right check digit, a branch as 10 digits and -NNN, or a household code such as NNA8NNNNNN';
const WEIGHTS = [31, 29, 23, 19, 17, 13, 7, 5, 3] as const;
const ENTERPRISE = /^(\d{10})(?:-?(\d{3}))?$/;
const HOUSEHOLD = /^\d{2}[A-Z]{1,2}8\d{6}$/;

/**
 * Reads a code with spaces around or in it, with or without the dash of a branch, household letters in either case.
 *
 * @throws FaultyValue for anything whose check digit or form is wrong
 */
export function parseEnterpriseCode(text: string): EnterpriseCode {
  const bare = bareOf(text);
  const code = codeIn(bare);
  if (code !== null) return code;
  throw new FaultyValue(EXPECTED, ENTERPRISE.test(bare) ? `${shapeOf(text)} that fail the check` : shapeOf(text));
}

export function isEnterpriseCode(text: string): boolean {
  return codeIn(bareOf(text)) !== null;
}

function bareOf(text: string): string {
  return text.replace(/\s+/g, '').replace(/^['’]/, '').toUpperCase();
}

function codeIn(bare: string): EnterpriseCode | null {
  const [, root, branch] = ENTERPRISE.exec(bare) ?? [];
  if (root !== undefined && isChecked(root)) {
    if (branch === undefined) return { kind: 'enterprise', code: root, root };
    if (branch !== '000') return { kind: 'branch', code: `${root}-${branch}`, root };
  }
  return HOUSEHOLD.test(bare) ? { kind: 'household', code: bare, root: bare } : null;
}

/**
 * Gives a code that went through a spreadsheet its leading zero back ("100233488.0" → "0100233488"). Nine digits only,
 * as no code starts with two zeros, and only when the check digit of the restored code is right. Whole codes pass.
 *
 * @throws FaultyValue where the check digit does not prove it
 */
export function restoreEnterpriseCode(text: string): EnterpriseCode {
  const bare = text.trim().replace(/^(\d+)\.0+$/, '$1');
  return parseEnterpriseCode(/^[1-9]\d{8}$/.test(bare) ? `0${bare}` : bare);
}

/** Check digit = 10 − (Σ weight × digit mod 11); where that is 10 the number was never issued. */
function isChecked(root: string): boolean {
  // Sequence zero is never issued, and would let text of nothing but zeros look like a code.
  if (root.startsWith('0000000', 2)) return false;
  let sum = 0;
  for (let place = 0; place < 9; place++) sum += (WEIGHTS[place] ?? 0) * (root.charCodeAt(place) - 48);
  return 10 - (sum % 11) === root.charCodeAt(9) - 48;
}
