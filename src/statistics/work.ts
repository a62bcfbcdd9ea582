/** What a server says of each of its workers: rows of `server.stats()`. */
export interface WorkerRow {
  /** 0: the main loop. Where it stands beside workers it only reads for them; where it is alone it is the worker. */
  readonly id?: number | undefined;
  readonly messages: number;
}

/** The rows that execute messages, those that got none included. */
export function executing<Row extends WorkerRow>(rows: readonly Row[]): Row[] {
  return rows.length === 1 ? [...rows] : rows.filter(({ id }) => id !== 0);
}
