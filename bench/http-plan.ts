/** What a client of an HTTP suite is told. */
export interface HttpPlan {
  /** Default GET. With a body: POST. */
  readonly path: string;
  readonly connections: number;
  /** Requests in flight on each connection. */
  readonly pipeline: number;
  /** Of a POST's body; 0: GET. */
  readonly bodyBytes: number;
  readonly warmUpSeconds: number;
  readonly seconds: number;
}
