import type { FeedChanges } from '../core/changes.ts';
import type { EntityDeclaration, Field, SourceDeclaration } from '../core/declaration.ts';
import { textSetting } from '../core/setting.ts';
import { ANY_BATCH_SIZE } from '../core/source.ts';
import { nameOf, type SettingName } from './setting-name.ts';
import { toldSource } from './told-source.ts';
import type { ColumnKind } from './topic/column.ts';
import { openTopicFeed } from './topic/feed.ts';

export interface TopicOptions {
  /** Setting that holds the brokers of the system's Kafka, host:port separated by commas. */
  readonly brokers: SettingName;
  /**
   * Topics of the system's tables, and the column of each that holds the dossier's code. The first is the dossiers' own;
   * others can only be followed where dossiers are read from the system itself.
   */
  readonly tables: readonly [TopicTable, ...TopicTable[]];
  /** What columns hold where the events bring no schema (`value.converter.schemas.enable = false`). */
  readonly columns?: Readonly<Record<string, ColumnKind>> | undefined;
  /** How the hub's consumer groups begin, where rights are given by it. Standard: lienthong. */
  readonly group?: string | undefined;
}

export interface TopicTable {
  readonly topic: string;
  readonly key: string;
}

/** The dossiers in the events' rows, under the names of their columns. */
export interface TopicEntity {
  readonly type: string;
  readonly identity: readonly string[];
  /** Must have `code`. */
  readonly fields: Readonly<Record<string, Field>>;
}

export interface TopicChanges extends FeedChanges {
  /** To be listed in the sector's `sources` where an entity is declared here. It cannot be asked. */
  readonly source: SourceDeclaration;
  /**
   * Declares that the events are the dossiers. Without it they only say which dossier changed, and it is read from the
   * system. @throws Error for a specification that cannot be, or a second one
   */
  entity(spec: TopicEntity): EntityDeclaration;
}

/**
 * Follows the topics of an existing Kafka Connect with Debezium's MySQL connector: its change events, its snapshot, its
 * deletes with their tombstones. Places are kept by the hub and not in Kafka; where records between its place and what
 * a topic holds are gone, it stops and says so.
 *
 * Decimals are read exactly as `precise` bytes with their schema or as `string`; in `double` mode Connect has already
 * rounded what does not fit, so that mode must not be used for amounts.
 *
 * @example
 * const stream = kit.capture.topic({
 *   brokers: 'KAFKA_BROKERS', tables: [{ topic: 'hoso.hoso.HS_HOSO', key: 'SOBIENNHAN' }],
 * });
 * const dossier = stream.entity({ type: 'Dossier', identity: ['code'], fields: { code: fields.code('SOBIENNHAN'), … } });
 */
export function topic(options: TopicOptions): TopicChanges {
  const { brokers, tables } = options;
  const setting = typeof brokers === 'string' ? {} : brokers;
  const settings = {
    [nameOf(brokers)]: textSetting({ description: 'Kafka of the system: host:port, separated by commas', ...setting }),
  };
  const source = toldSource('topic', settings);
  let declared: TopicEntity | undefined;
  return {
    way: 'topic',
    // Rows hold every state; codes are read after the fact. Which it is stands when the sector is declared.
    get capability() {
      return { deletes: true, order: true, intermediate: declared !== undefined, initial: true, lateCommits: true };
    },
    settings,
    source,
    entity(spec) {
      if (declared !== undefined) throw new Error(`${spec.type}: this topic holds ${declared.type} already`);
      if (tables.length > 1) throw new Error(`${spec.type}: rows of ${tables.length} topics are no single entity`);
      if (spec.fields.code === undefined) throw new Error(`${spec.type}: the field code is missing`);
      declared = spec;
      const { type, identity, fields } = spec;
      return {
        source,
        type,
        identity,
        fields,
        lookups: { code: { batchSize: ANY_BATCH_SIZE, binding: null } },
        binding: null,
      };
    },
    open: (context) => openTopicFeed(context, options, declared !== undefined),
  };
}
