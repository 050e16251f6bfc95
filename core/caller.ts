/**
 * Who asks. Every read carries a Caller down to the sector's system, because some systems demand to be told, because
 * the access log needs it, and because nothing may be shared between callers who may see different things.
 */
export interface Caller {
  /** The account that asks: an officer, a client system, a citizen. */
  readonly actor: string;
  /** The person for whom the actor asks, if not for itself. */
  readonly onBehalfOf?: string | undefined;
  /** Identifier of the actor's agency, such as H41.12. */
  readonly unit?: string | undefined;
  /** Why personal data is read; demanded by law. */
  readonly purpose?: string | undefined;
  /** The dossier the officer is working on. */
  readonly dossier?: string | undefined;
  /** One request to the hub; on every log line and every onward call. */
  readonly requestId: string;
}
