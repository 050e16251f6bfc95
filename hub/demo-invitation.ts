import { sampleCitizen, sampleDossier } from './sample-query.ts';

interface Invited {
  readonly address: string;
  /** Of an officer at a counter; null where none was to be had. */
  readonly token: string | null;
  /** What people type for a token of an account. */
  tokenCommand(account: string): string;
}

/** What the demo tells whoever has just started it: how to ask, and as whom. Every line works as it is printed. */
export function invitation({ address, token, tokenCommand }: Invited): readonly string[] {
  const curl = (account: string, query: string, headers: Readonly<Record<string, string>> = {}): string => {
    const stated = Object.entries(headers).map(([name, value]) => ` -H '${name}: ${value}'`);
    return [
      `  curl -s ${address}/graphql -H 'content-type: application/json'`,
      ` -H "authorization: Bearer $(${tokenCommand(account)})"`,
      ...[...stated, ` --data '${JSON.stringify({ query })}'`],
    ].join('');
  };
  const citizen = `citizen(id: "${sampleCitizen}")`;
  const editor =
    token === null
      ? []
      : [
          '\nAt the counter, about a citizen whose dossier lies there. In the browser, for half an hour, where ▶ asks it:',
          `  ${address}/#token=${token}&purpose=PROCESSING&dossier=${sampleDossier}`,
        ];
  return [
    `\nlienthong answers at ${address}/graphql whoever brings a token and says for what.`,
    ...editor,
    '\nIn another terminal, in this folder:',
    curl('counter', `{ ${citizen} { fullName landParcels { sheet parcel } businesses { name } } }`, {
      'x-purpose': 'PROCESSING',
      'x-dossier': sampleDossier,
    }),
    '\nThe leader sees how work stands, and nobody’s name:',
    curl('leader', '{ portalSync { coverage pending held } dossiers(first: 3) { nodes { code status } } }', {
      'x-purpose': 'SUPERVISION',
    }),
    'The citizen sees their own data, and who looked at it:',
    curl('citizen', `{ ${citizen} { fullName accesses(first: 3) { nodes { at role purpose fields } } } }`),
    'The auditor sees who looked, and nothing else:',
    curl('auditor', `{ accessLog(subject: "${sampleCitizen}", first: 3) { nodes { at actor role purpose } } }`, {
      'x-purpose': 'AUDIT',
    }),
    '',
  ];
}
