import type { CallbackDelta, CallbackRoute, FollowChanges, PollChanges, PushChanges } from '../core/changes.ts';
import type { Field } from '../core/declaration.ts';
import { FaultyValue } from '../core/faulty-value.ts';
import { textSetting } from '../core/setting.ts';

/**
 * The system is asked again and again what changed; its dossier entity says how (`changes`). Late commits and deletes are
 * found by comparing everything, page by page, so some time later.
 */
export function poll(): PollChanges {
  return {
    way: 'poll',
    capability: { deletes: true, order: true, intermediate: false, initial: true, lateCommits: true },
  };
}

/** The system can only be asked by code: it is asked for every dossier that the counter says is this sector's. */
export function follow(): FollowChanges {
  return {
    way: 'follow',
    capability: { deletes: true, order: true, intermediate: false, initial: true, lateCommits: true },
  };
}

/**
 * The system calls the hub at `/callbacks/{sector}/{route}`. Calls of one dossier are taken in the order in which they
 * are sent one after another; a late one is put where it belongs. While the secret's setting is empty no call is taken.
 */
export function push(options: Pick<PushChanges, 'secret' | 'routes' | 'answer'>): PushChanges {
  const { secret, routes, answer } = options;
  return {
    way: 'push',
    capability: { deletes: false, order: true, intermediate: true, initial: false, lateCommits: true },
    settings: {
      [secret.setting]: textSetting({
        description: `Secret that calls of the sector’s system carry as ${secret.member}; no call is taken when empty`,
        standard: '',
        secret: true,
      }),
    },
    routes,
    secret,
    answer,
  };
}

type ReadFields<F> = { readonly [K in keyof F]: F[K] extends Field<infer T> ? T : never };

/** One kind of call: its members, read as the fields of an entity are, and what they say of a dossier. */
export function callback<F extends Readonly<Record<string, Field>>>(
  members: F,
  tell: (read: ReadFields<F>) => CallbackDelta,
): CallbackRoute {
  return {
    read(body) {
      const read = Object.entries(members).map(([name, field]) => [name, readMember(field, body)] as const);
      return tell(Object.fromEntries(read) as ReadFields<F>);
    },
  };
}

function readMember(field: Field, body: Readonly<Record<string, unknown>>): unknown {
  try {
    return field.read(...field.from.map((name) => body[name]));
  } catch (error) {
    if (!(error instanceof FaultyValue)) throw error;
    throw new FaultyValue(`${error.expected} as ${field.from.join(', ')}`, error.came);
  }
}
