import type { FaultRow } from '../row.ts';
import { logPurged } from './binlog.ts';
import { damagedFiles } from './files.ts';
import { captureKilled, databaseKilled, delivererKilled, projectorKilled } from './kills.ts';
import { clocksWrong, descriptorsShort, diskFull } from './limits.ts';
import { offsetsLost, topicLost } from './log-lost.ts';
import { randomMix } from './mix.ts';
import { answerSwallowed, poisonDossier, portalDown, refusalStorm } from './portal.ts';
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
  clocksWrong,
  brokenConnections,
  damagedFiles,
  diskFull,
  descriptorsShort,
  randomMix,
  topicLost,
];
