import type { OpenSector } from '../core/open-sector.ts';
import type { SourceHealth } from '../core/source.ts';
import { fromStore } from './index-loaders.ts';
import type { Operation } from './operation.ts';
import type { Registry } from './registry.ts';

const WORST_FIRST = ['DOWN', 'DEGRADED', 'UNKNOWN', 'UP'] as const satisfies readonly SourceHealth['status'][];

/** The sectors and how their systems fare, from what the guards have seen: asking costs the systems nothing. */
export function listSectors(registry: Registry): readonly object[] {
  return registry.sectors.map((sector) => {
    const healths = [...sector.sources.values()].map(({ source }) => source.health());
    const latest = healths.reduce<SourceHealth | null>(
      (best, one) => ((one.lastSeenAt ?? 0) > (best?.lastSeenAt ?? 0) ? one : best),
      null,
    );
    return {
      id: sector.id,
      title: sector.declaration.title,
      status: WORST_FIRST.find((status) => healths.some((one) => one.status === status)) ?? 'UNKNOWN',
      lastSeenAt: latest?.lastSeenAt ?? null,
      latencyMs: latest?.latencyMs == null ? null : Math.round(latest.latencyMs),
      capabilities: capabilitiesOf(sector),
    };
  });
}

function capabilitiesOf(sector: OpenSector): readonly object[] {
  return [...sector.sources.values()].map(({ name, capabilities }) => ({
    system: name,
    protocol: capabilities.protocol,
    search: capabilities.search,
    batchSizes: Object.entries(capabilities.batchSizes).map(([lookup, keys]) => ({ lookup, keys })),
  }));
}

/** How changes of the sector's dossiers reach the hub: what each way can see, as declared, and how it fares. */
export async function changesOf({ registry, once }: Operation, id: string): Promise<readonly object[]> {
  const declared = registry.sectors.find((sector) => sector.id === id)?.declaration.dossiers?.changes ?? {};
  const ways = await once('ways of capture', () => fromStore(registry.captureStatus.ways()));
  return Object.entries(declared).map(([way, { capability }]) => {
    const status = ways.find((one) => one.sector === id && one.way === way);
    const failingSince = status?.failingSince ?? null;
    return {
      way,
      ...capability,
      currentUntil: status?.currentUntil ?? null,
      // The reason behind the code is for the log and the operator's tables.
      failing:
        failingSince === null
          ? null
          : { code: /^[A-Z_]+/.exec(status?.failure ?? '')?.[0] ?? 'INTERNAL', since: failingSince },
      heldDeletes: status?.heldDeletes ?? 0,
      quarantined: status?.quarantined ?? 0,
    };
  });
}
