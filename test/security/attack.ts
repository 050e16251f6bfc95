import type { AccountName } from '../../stand-ins/issuer/accounts.ts';

/** What is sent, and how it has to end. */
export interface Attack {
  readonly name: string;
  /** Nobody: without a token. An officer of the whole province where nothing is said. */
  readonly as?: AccountName | 'nobody';
  readonly method?: string;
  readonly path?: string;
  readonly headers?: Readonly<Record<string, string>>;
  /** As JSON, unless it is a text or bytes. */
  readonly body?: unknown;
  /** Codes with which it may be refused; an empty list: nothing may be served, nor need that be told. */
  readonly refused: readonly string[];
  /** Fields of the root that may be answered beside those that are refused. */
  readonly mayServe?: number;
}

/** As an attack, with what it needs to know of the province. */
export interface Known {
  /** A dossier of the demo person. */
  readonly own: string;
  /** One of another commune than the officer of `commune` is of, and about somebody else. */
  readonly foreign: string;
  /** Another person's number, and name. */
  readonly stranger: string;
  readonly strangersName: string;
  /** Where a page of a list of the whole province ends. */
  readonly cursor: string;
  /** An open visit of the officer of the whole province. */
  readonly visit: string;
  /** More people than one visit takes. */
  readonly many: readonly string[];
  /** By what is wrong with them, values of `authorization` that must not be believed, where there is a key to make them. */
  readonly tokens?: Readonly<Record<string, string>>;
}

export function query(text: string, variables?: unknown): { query: string; variables?: unknown } {
  return variables === undefined ? { query: text } : { query: text, variables };
}

export function times(count: number, text: string | ((at: number) => string)): string {
  return Array.from({ length: count }, (_, at) => (typeof text === 'string' ? text : text(at))).join(' ');
}

/** Thirty fragments, each spreading the next one twice. */
export function doubling(innermost: string, type = 'Query'): string {
  return `${times(30, (at) => `fragment F${at} on ${type} { ...F${at + 1} ...F${at + 1} }`)} fragment F30 on ${type} { ${innermost} }`;
}
