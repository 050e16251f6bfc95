import { pino } from 'pino';
import { readSettings } from '../../core/setting.ts';
import { addCallbackRoute, type CallbackTaker } from '../../gateway/callback-route.ts';
import { createGateway } from '../../gateway/gateway.ts';
import { gatewaySettings } from '../../gateway/settings.ts';
import { OPEN_GATE } from '../gateway/support.ts';

/** A process of the hub that takes calls over HTTP and does nothing else. */
export interface CallbackGateway {
  /** What sectors and routes are put behind. */
  readonly url: string;
  /** Of every answer so far. */
  readonly statuses: readonly number[];
  close(): Promise<void>;
}

export async function openCallbackGateway(taker: CallbackTaker): Promise<CallbackGateway> {
  const gateway = await createGateway({
    schema: null,
    ...OPEN_GATE,
    settings: { ...readSettings(gatewaySettings, {}, []), PORT: 0 },
    logger: pino({ level: 'silent' }),
    ready: async () => ({ ready: true, parts: {} }),
  });
  const statuses: number[] = [];
  gateway.fastify.addHook('onResponse', async (_, reply) => {
    statuses.push(reply.statusCode);
  });
  addCallbackRoute(gateway.fastify, taker);
  await gateway.listen();
  return { url: `${gateway.address()}/callbacks`, statuses, close: gateway.close };
}
