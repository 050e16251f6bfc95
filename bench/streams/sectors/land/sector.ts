import type { Kit, SectorSpec } from '../../../../kit/index.ts';
import land from '../../../../sectors/land/sector.ts';

/** The land sector as it is; only that its changes are taken from the database's log. */
export default (kit: Kit) =>
  land({ ...kit, sector: (spec: SectorSpec) => kit.sector({ ...spec, dossiers: withBinlog(kit, spec.dossiers) }) });

function withBinlog(kit: Kit, dossiers: SectorSpec['dossiers']): SectorSpec['dossiers'] {
  const log = kit.capture.binlog({
    database: 'DATABASE_URL',
    tables: [
      { table: 'HS_HOSO', key: 'SOBIENNHAN' },
      { table: 'HS_LUANCHUYEN', key: 'SOBIENNHAN' },
      { table: 'HS_KETQUA', key: 'SOBIENNHAN' },
    ],
  });
  return dossiers && { ...dossiers, changes: { log } };
}
