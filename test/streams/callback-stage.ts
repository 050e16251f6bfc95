import { pino } from 'pino';
import { readSettings } from '../../core/setting.ts';
import { createPresenter } from '../../gateway/authenticate.ts';
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

/** @param perMinute most calls a minute */
export async function openCallbackGateway(taker: CallbackTaker, perMinute = 1_000_000): Promise<CallbackGateway> {
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
  addCallbackRoute(gateway.fastify, taker, { perMinute, presentedBy: createPresenter({ behindProxy: false }) });
  await gateway.listen();
  return { url: `${gateway.address()}/callbacks`, statuses, close: gateway.close };
}
