import { execFile } from 'node:child_process';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';

/** A certificate and its key, PEM. */
export interface Certificate {
  readonly cert: string;
  readonly key: string;
  readonly certFile: string;
  readonly keyFile: string;
}

const run = promisify(execFile);

export async function hasOpenssl(): Promise<boolean> {
  return run('openssl', ['version']).then(
    () => true,
    () => false,
  );
}

/** Makes a certificate in a folder; of an authority where `signedBy` is absent. */
export async function makeCertificate(folder: string, name: string, signedBy?: Certificate): Promise<Certificate> {
  const [certFile, keyFile, extensions] = [`${name}.pem`, `${name}.key`, `${name}.ext`].map((one) => join(folder, one));
  if (certFile === undefined || keyFile === undefined || extensions === undefined) throw new Error('unreachable');
  const subject = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes', '-keyout', keyFile];
  if (signedBy === undefined) {
    await run('openssl', ['req', '-x509', ...subject, '-out', certFile, '-days', '2', '-subj', `/CN=${name}`]);
  } else {
    const request = join(folder, `${name}.csr`);
    await writeFile(extensions, 'subjectAltName=IP:127.0.0.1,DNS:localhost\n');
    await run('openssl', ['req', '-new', ...subject, '-out', request, '-subj', `/CN=${name}`]);
    const authority = ['-CA', signedBy.certFile, '-CAkey', signedBy.keyFile, '-CAcreateserial', '-extfile', extensions];
    await run('openssl', ['x509', '-req', '-in', request, ...authority, '-out', certFile, '-days', '2']);
  }
  const [cert, key] = await Promise.all([readFile(certFile, 'utf8'), readFile(keyFile, 'utf8')]);
  return { cert, key, certFile, keyFile };
}
