/**
 * Prints an access token of the made-up province's issuer, and nothing else.
 *
 *   npm run --silent token -- counter
 *   npm run --silent token -- app --certificate client.pem
 *
 * It signs with the issuer's own file of keys, so it works while the demo runs and needs no server.
 */

import { createHash, X509Certificate } from 'node:crypto';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { accounts, isAccount } from './accounts.ts';
import { KEYS_FILE } from './keys.ts';
import { type Account, signToken } from './sign.ts';

const USAGE = `usage: token.ts ${Object.keys(accounts).join('|')}
  --data DIR          where the demo keeps its data; data/demo when left out
  --account NAME      another account of the same role
  --client ID         another application
  --as APP            the application acts for the person, as after token exchange
  --unit CODE         another agency
  --number N          a citizen's personal number
  --certificate FILE  PEM: the token is good only with this client certificate
  --minutes N         how long it is good; 30 when left out
`;

async function main(): Promise<number> {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: {
      data: { type: 'string', default: join(process.env.DATA_DIR || 'data', 'demo') },
      account: { type: 'string' },
      client: { type: 'string' },
      as: { type: 'string' },
      unit: { type: 'string' },
      number: { type: 'string' },
      certificate: { type: 'string' },
      minutes: { type: 'string', default: '30' },
    },
  });
  const [name = '', ...more] = positionals;
  const minutes = Number(values.minutes);
  if (!isAccount(name) || more.length > 0 || !(minutes > 0)) {
    process.stderr.write(USAGE);
    return 2;
  }
  if (!existsSync(join(values.data, KEYS_FILE))) {
    process.stderr.write('Start the demo once first: npm start\n');
    return 1;
  }
  const standard: Account = accounts[name];
  const account: Account = {
    ...standard,
    sub: values.account ?? standard.sub,
    client_id: values.as ?? values.client ?? standard.client_id,
    unit: values.unit ?? standard.unit,
    personal_number: values.number ?? standard.personal_number,
    ...(values.as !== undefined && { act: { sub: values.as } }),
    ...(values.certificate !== undefined && { cnf: { 'x5t#S256': thumbprintOf(values.certificate) } }),
  };
  process.stdout.write(`${await signToken(values.data, account, { minutes })}\n`);
  return 0;
}

function thumbprintOf(file: string): string {
  return createHash('sha256')
    .update(new X509Certificate(readFileSync(file)).raw)
    .digest('base64url');
}

process.exitCode = await main();
