/**
 * Encodings a source may declare. `tcvn3` is ABC, `vni` is VNI-Windows: both are fonts' own use of Windows' bytes and so
 * occur as bytes and as text in Unicode columns alike. `latin1` is ISO 8859-1: byte n is character n.
 */
export const TEXT_ENCODINGS = ['utf-8', 'utf-16le', 'utf-16be', 'cp1258', 'tcvn3', 'vni', 'viqr', 'latin1'] as const;
export type TextEncodingName = (typeof TEXT_ENCODINGS)[number];

export function isTextEncoding(name: string): name is TextEncodingName {
  return TEXT_ENCODINGS.some((encoding) => encoding === name);
}
