import { isEnterpriseCode, parseEnterpriseCode } from './enterprise-code.ts';
import { isPersonalNumber, parsePersonalNumber } from './personal-number.ts';

/** The number under which an applicant is found, however it was typed: people put blanks and dots into numbers. */
export function applicantNumber(typed: string): string {
  if (isEnterpriseCode(typed)) return parseEnterpriseCode(typed).code;
  return isPersonalNumber(typed) ? parsePersonalNumber(typed).number : typed.trim();
}

/** Of what was typed where a number belongs, the numbers, each once: words such as `chưa có` are many people's. */
export function identifyingNumbers(typed: readonly string[]): readonly string[] {
  const numbers = typed.filter((one) => isEnterpriseCode(one) || isPersonalNumber(one));
  return [...new Set(numbers.map(applicantNumber))];
}
