/** What stands on every answer, whatever it answers. The query editor's pages say more of their own. */
export function securityHeaders({ secured }: { readonly secured: boolean }): Readonly<Record<string, string>> {
  return {
    'x-content-type-options': 'nosniff',
    // Answers hold personal data: nothing between the hub and who asked may keep them.
    'cache-control': 'no-store',
    'referrer-policy': 'no-referrer',
    'x-frame-options': 'DENY',
    'content-security-policy': "default-src 'none'; frame-ancestors 'none'",
    'cross-origin-resource-policy': 'same-origin',
    'cross-origin-opener-policy': 'same-origin',
    ...(secured && { 'strict-transport-security': `max-age=${A_YEAR_S}` }),
  };
}

const A_YEAR_S = 31_536_000;
