import { randomBytes } from 'node:crypto';

/** No nine digits in a row: then nobody's number can stand where an id is written down. */
const VISIT_ID = /^(?!.*\d{9})[\w-]{22}$/;

/** Whether a text that somebody stated can be the id of a visit. */
export function isVisitId(text: string): boolean {
  return VISIT_ID.test(text);
}

/** 16 random bytes in base64url; of the few with nine digits in a row the ninth gives way. */
export function newVisitId(): string {
  return visitIdOf(randomBytes(16));
}

export function visitIdOf(bytes: Buffer): string {
  return bytes.toString('base64url').replaceAll(/(\d{8})\d/g, '$1_');
}
