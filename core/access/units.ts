/** The agencies as a tree, as far as access asks. Codes are taken in either order, newer or older. */
export interface AgencyTree {
  /** The agency itself and all above it, nearest first, in the newer order; empty for an agency that nobody knows. */
  ancestorsOf(code: string): readonly string[];
  /** The code in the newer order; null for an agency that nobody knows. */
  newerCode(code: string): string | null;
  /** The agency to which a unit belongs: the nearest one, itself included, that is no office and no one-stop unit. */
  agencyOf(unit: string): string;
  /** The agency and all below it, each by its newer and its older code, since the index keeps codes as they were stated. */
  codesBelow(code: string): readonly string[];
}
