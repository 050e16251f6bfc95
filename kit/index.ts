import { binlog } from '../connectors/binlog.ts';
import { changeTable } from '../connectors/change-table.ts';
import { csv, file, xlsx, xml } from '../connectors/file.ts';
import { files } from '../connectors/files.ts';
import { rest } from '../connectors/rest.ts';
import { soap } from '../connectors/soap.ts';
import { sql } from '../connectors/sql.ts';
import { topic } from '../connectors/topic.ts';
import type { SectorDeclaration } from '../core/declaration.ts';
import { parseEnterpriseCode, restoreEnterpriseCode } from '../core/enterprise-code.ts';
import { FaultyValue } from '../core/faulty-value.ts';
import { parsePersonalNumber, restoreLeadingZeros } from '../core/personal-number.ts';
import { choiceSetting, integerSetting, textSetting, urlSetting } from '../core/setting.ts';
import { formatVietnameseInstant } from '../core/time.ts';
import { callback, follow, poll, push } from './capture.ts';
import * as fields from './fields.ts';

/** A sector as its engineer writes it: what is empty may be left out. */
export type SectorSpec = Pick<SectorDeclaration, 'title' | 'sources' | 'entities'> & Partial<SectorDeclaration>;

/**
 * Everything a sector's declaration is made of. A sector imports nothing else of the hub, and of this only the type:
 * `export default (kit: Kit) => kit.sector({ … })`. So a sector can live outside the repository.
 */
export const kit = {
  sector(spec: SectorSpec): SectorDeclaration {
    return { settings: {}, queries: {}, links: {}, identity: [], ...spec };
  },
  sql,
  rest,
  soap,
  file,
  csv,
  xlsx,
  xml,
  fields,
  /** How changes are captured: `dossiers: { …, changes: { poll: kit.capture.poll() } }`. */
  capture: { poll, follow, push, callback, files, topic, binlog, changeTable },
  /** Instants as systems write them, in Vietnamese time. */
  times: { vietnamese: formatVietnameseInstant },
  settings: { text: textSetting, integer: integerSetting, url: urlSetting, choice: choiceSetting },
  numbers: {
    personal: parsePersonalNumber,
    restorePersonal: restoreLeadingZeros,
    enterprise: parseEnterpriseCode,
    restoreEnterprise: restoreEnterpriseCode,
  },
  FaultyValue,
};

export type Kit = typeof kit;
