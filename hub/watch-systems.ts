import type { Registry } from '../resolvers/registry.ts';

/**
 * Asks every system from time to time whether it is there, so that `sectors` knows of one that nobody has asked for. A
 * system that was asked meanwhile, or that is still being asked, is left alone.
 */
export function watchSystems(registry: Registry, intervalMs: number): { close(): void } {
  const stopping = new AbortController();
  const running = new Set<unknown>();
  const caller = { actor: 'hub', purpose: 'health check', requestId: 'health' };

  function look(): void {
    for (const sector of registry.sectors) {
      for (const { source } of sector.sources.values()) {
        const { lastSeenAt, status } = source.health();
        if (running.has(source)) continue;
        if (status === 'UP' && lastSeenAt !== null && registry.now() - lastSeenAt < intervalMs) continue;
        running.add(source);
        source
          .check({ caller, signal: stopping.signal })
          // The guard has noted the failure; `sectors` shows it.
          .catch(() => undefined)
          .finally(() => running.delete(source));
      }
    }
  }

  look();
  const timer = setInterval(look, intervalMs);
  timer.unref();
  return {
    close() {
      clearInterval(timer);
      stopping.abort();
    },
  };
}
