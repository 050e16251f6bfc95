/**
 * Who asks. Every read carries a Caller down to the sector's system, because some systems demand to be told, because
 * the access log needs it, and because nothing may be shared between callers who may see different things.
 */
export interface Caller {
  /** Who asks: the account of an officer, a citizen or a system; through token exchange the application that acts. */
  readonly actor: string;
  /** The account of the person for whom an application asks through token exchange. */
  readonly onBehalfOf?: string | undefined;
  /** The registered application through which the question came. */
  readonly client?: string | undefined;
  /** Identifier of the actor's agency, such as H41.12. */
  readonly unit?: string | undefined;
  /** Why personal data is read; demanded by law. */
  readonly purpose?: string | undefined;
  /** The dossier the officer is working on. */
  readonly dossier?: string | undefined;
  /** The visit in which somebody stands at the counter, before there is a dossier. */
  readonly visit?: string | undefined;
  /** One request to the hub; on every log line and every onward call. */
  readonly requestId: string;
}
