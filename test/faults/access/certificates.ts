import { createHash, X509Certificate } from 'node:crypto';
import { accounts } from '../../../stand-ins/issuer/accounts.ts';
import { signToken } from '../../../stand-ins/issuer/sign.ts';
import { type Certificate, makeCertificate } from '../../identity/certificates.ts';
import type { HostileRequest } from './strangers.ts';

interface CertificateRequest extends HostileRequest {
  readonly isHonest: boolean;
}

/**
 * An authority with a gateway and a system under it, another system, and another authority.
 *
 * @param directory where the stand-ins keep their data
 */
export async function makeCertificates(
  folder: string,
  directory: string,
): Promise<{
  /** What a gateway is told that asks for certificates. */
  readonly environment: Readonly<Record<string, string>>;
  readonly requests: readonly CertificateRequest[];
}> {
  const authority = await makeCertificate(folder, 'authority');
  const elsewhere = await makeCertificate(folder, 'elsewhere');
  const hub = await makeCertificate(folder, 'hub', authority);
  const system = await makeCertificate(folder, 'system', authority);
  const neighbour = await makeCertificate(folder, 'neighbour', authority);
  const foreign = await makeCertificate(folder, 'foreign', elsewhere);
  const bound = (certificate: Certificate) =>
    signToken(directory, { ...accounts.app, cnf: { 'x5t#S256': thumbprintOf(certificate) } });
  const [own, neighbours, foreigns] = await Promise.all([system, neighbour, foreign].map(bound));
  const unbound = await signToken(directory, accounts.app);
  const request = (name: string, token: string | undefined, certificate: Certificate | null): CertificateRequest => ({
    ...{ name, isHonest: false, body: { query: '{ agencies { code } }' } },
    headers: { authorization: `Bearer ${token}` },
    tls: { ca: authority.cert, ...(certificate !== null && { cert: certificate.cert, key: certificate.key }) },
  });
  return {
    environment: { TLS_CERT_FILE: hub.certFile, TLS_KEY_FILE: hub.keyFile, TLS_CLIENT_CA_FILE: authority.certFile },
    requests: [
      { ...request('a system with its certificate', own, system), isHonest: true },
      request('a bound token without a certificate', own, null),
      request('a bound token with another’s certificate', own, neighbour),
      request('a bound token with a certificate of another authority', own, foreign),
      request('a token bound to a certificate of another authority', foreigns, foreign),
      request('another’s token with one’s own certificate', neighbours, system),
      request('a certificate with a token that is bound to none', unbound, system),
      request('a certificate alone', '', system),
      { ...request('the system once more', own, system), isHonest: true },
    ],
  };
}

function thumbprintOf({ cert }: Certificate): string {
  return createHash('sha256').update(new X509Certificate(cert).raw).digest('base64url');
}
