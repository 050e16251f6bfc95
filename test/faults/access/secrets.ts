import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { demoPerson } from '../../../stand-ins/world/demo-person.ts';
import type { Cluster } from '../cluster.ts';
import type { Secret } from '../invariants-access.ts';
import type { Canary } from './people.ts';

/** What may not be read where. */
export interface Secrets {
  /** In answers for those who may not see the canaries. */
  readonly answers: readonly Secret[];
  /** In answers for those who may. */
  readonly inside: readonly Secret[];
  /** In what the hubs log, and keep for people who run them. */
  readonly logs: readonly Secret[];
}

const ROOT = join(import.meta.dirname, '../../..');

/** Whatever tells of the inside of a house. */
const INSIDE: readonly Secret[] = [
  { name: 'an address', is: /127\.0\.0\.1|localhost:\d/ },
  {
    name: 'a path',
    is: new RegExp([ROOT, `${tmpdir()}/`, 'node_modules'].map((text) => RegExp.escape(text)).join('|')),
  },
  { name: 'a place in the program', is: /\.[cm]?ts:\d+|\bat \S+ \(|"(stack|cause)"/ },
  { name: 'a word of the system', is: /\bE(CONN|PIPE|NOENT|MFILE)\w*|\bER_[A-Z_]+|SQLITE_/ },
  // Which declared table of a system is not as declared, an answer may say: whoever runs the system has to know.
  { name: 'SQL', is: /\bselect\b[^"]+\bfrom\b|\b(audit_group|audit_chain|dossier_view|number_pair)\b/i },
];

export function secretsOf({ environment, landUrl }: Cluster, canaries: readonly Canary[]): Secrets {
  const people: Secret[] = canaries.flatMap(({ number, names }, place) => [
    { name: `the number of stranger ${place}`, is: number },
    ...names.map((name) => ({ name: `the name of stranger ${place}`, is: name })),
  ]);
  const demo: Secret[] = [demoPerson.personalNumber, demoPerson.oldNumber, demoPerson.name].map((is) => ({
    name: 'the demo person',
    is,
  }));
  // The name under which a system knows the hub is called a key, too, and is none.
  const words = Object.entries(environment).filter(
    ([name, value]) => /(?<!CONSUMER_)KEY$|PASSWORD|SECRET|TOKEN/.test(name) && value.length > 7,
  );
  const keys: Secret[] = [
    ...words.map(([name, is]) => ({ name: `the setting ${name}`, is })),
    { name: 'the password of a database', is: new URL(landUrl).password },
    { name: 'a token', is: /\beyJ[\w-]{10,}\.[\w-]{10,}\./ },
  ];
  return {
    answers: [...people, ...INSIDE, ...keys],
    inside: [...INSIDE, ...keys],
    logs: [...people, ...demo, ...keys],
  };
}
