/** One line of `patterns doctor`. */

export type Status =
  | 'ok'
  /** It works, with less than it could; `change` says what would. */
  | 'note'
  /** A mode cannot run, or no server of ordinary size can. */
  | 'problem';

export interface Check {
  readonly group: string;
  readonly name: string;
  readonly value: string;
  readonly status: Status;
  /** For a server. */
  readonly means: string;
  readonly change?: string;
}
