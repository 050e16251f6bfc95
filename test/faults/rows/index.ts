import type { FaultRow } from '../row.ts';
import { accessLogHarmed } from './access-log.ts';
import { logPurged } from './binlog.ts';
import { damagedFiles } from './files.ts';
import { gatewayEnded, gatewayKilled } from './gateway.ts';
import { abused, strangersAtTheDoor } from './hostile.ts';
import { captureKilled, databaseKilled, delivererKilled, projectorKilled } from './kills.ts';
import { clocksWrong, descriptorsShort, diskFull } from './limits.ts';
import { offsetsLost, topicLost } from './log-lost.ts';
import { randomMix } from './mix.ts';
import { answerSwallowed, poisonDossier, portalDown, refusalStorm } from './portal.ts';
import { sourceDrips, sourceSilent, sourceSlow } from './slow-systems.ts';
import {
  brokenConnections,
  formChanged,
  lateCommits,
  rightsRevoked,
  scatteredDeletes,
  sourceDown,
  tableEmptied,
} from './systems.ts';
import { kafkaFrozen, kafkaKilled, rebalances, slowHandler, twoDeliverers, workerFrozen } from './workers.ts';

/** Rows of the fault matrix that run on one province, in the order in which they do. */
export const ROWS: readonly FaultRow[] = [
  gatewayKilled,
  captureKilled,
  projectorKilled,
  delivererKilled,
  answerSwallowed,
  refusalStorm,
  poisonDossier,
  portalDown,
  workerFrozen,
  twoDeliverers,
  kafkaFrozen,
  kafkaKilled,
  offsetsLost,
  rebalances,
  slowHandler,
  databaseKilled,
  sourceDown,
  rightsRevoked,
  logPurged,
  lateCommits,
  tableEmptied,
  scatteredDeletes,
  formChanged,
  sourceSilent,
  sourceDrips,
  sourceSlow,
  clocksWrong,
  brokenConnections,
  damagedFiles,
  diskFull,
  descriptorsShort,
  abused,
  strangersAtTheDoor,
  accessLogHarmed,
  gatewayEnded,
  randomMix,
  topicLost,
];
