import type { Kit, SectorSpec } from '../../../../kit/index.ts';
import oneStop from '../../../sectors/one-stop/sector.ts';

/** The bench's one-stop software, whose changes are taken from the database's log. */
export default (kit: Kit) =>
  oneStop({ ...kit, sector: (spec: SectorSpec) => kit.sector({ ...spec, dossiers: withBinlog(kit, spec.dossiers) }) });

function withBinlog(kit: Kit, dossiers: SectorSpec['dossiers']): SectorSpec['dossiers'] {
  const log = kit.capture.binlog({ database: 'DATABASE_URL', tables: [{ table: 'MC_HOSO', key: 'MAHOSO' }] });
  return dossiers && { ...dossiers, changes: { log } };
}
