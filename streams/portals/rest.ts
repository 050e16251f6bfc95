import type { HttpClient, HttpRequest } from '../../drivers/http.ts';
import { judge } from './judge.ts';
import { bodyOf, JSON_HEADERS, type PortalAccount, type PortalWire, type WireCall, wireBoolean } from './wire.ts';

const ROOT = '/SynsTTHCC/';

/**
 * The newer generation: a path for each service, dossiers as a bare array. Only the path and the parameters of
 * DongBoHoSoMC were seen; those of the others, and how the hub shows who it is, are assumed.
 */
export function restWire(http: HttpClient, account: PortalAccount): PortalWire {
  const headers = { ...JSON_HEADERS, ...authorization(account) };
  return {
    protocol: 'rest',
    ask: async (call, signal) => judge(await http.request({ ...requestOf(call), headers, signal })),
  };
}

function requestOf(call: WireCall): Pick<HttpRequest, 'method' | 'path' | 'query' | 'body'> {
  const path = ROOT + call.service;
  const MaDinhDanhDV = call.agency;
  switch (call.service) {
    case 'DongBoHoSoMC': {
      const query = { MaDinhDanhDV, isUpdating: wireBoolean(call.update) };
      return { method: 'POST', path, query, body: bodyOf(call.data) };
    }
    case 'CapNhatTienDoHoSoMC':
      return { method: 'POST', path, query: { MaDinhDanhDV }, body: bodyOf(call.data) };
    case 'TraCuuHoSo':
      return { method: 'GET', path, query: { MaDinhDanhDV, mahoso: call.code } };
  }
}

/** A password without a name is a token. Without either the portal is one that knows its senders by their place. */
function authorization({ username, password }: PortalAccount): Record<string, string> {
  if (username !== '') {
    return { authorization: `Basic ${Buffer.from(`${username}:${password}`).toString('base64')}` };
  }
  return password === '' ? {} : { authorization: `Bearer ${password}` };
}
