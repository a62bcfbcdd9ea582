/**
 * The contract of a bus: what carries published messages from one loop to the others. Each loop has one of its own; what
 * lies between them (the server's main loop, a broker) is the bus's affair.
 *
 * A bus MUST keep the order in which one loop published to one topic, MUST NOT give a loop its own messages back, and
 * delivers a message at most once: past a limit of its own it drops and counts, so that a loop that is slow holds up
 * nobody and fills no memory.
 */
export interface Bus {
  /** Messages that were not carried. */
  readonly dropped: number;
  /** Called once: `receive` takes what other loops publish to the topics that this one has joined. */
  connect(receive: (topic: string, message: unknown) => void): void;
  /**
   * The topic has its first subscriber here. What another loop publishes after somebody was told of the subscription
   * SHOULD arrive: so this is not put off to the end of the turn.
   */
  join(topic: string): void;
  /** The last one has gone. Messages of the topic may still come for a while. */
  leave(topic: string): void;
  /** To every other loop that has joined the topic. @throws TypeError if the message cannot be carried */
  publish(topic: string, message: unknown): void;
}

/** For a loop without others. */
export const NO_BUS: Bus = Object.freeze({
  dropped: 0,
  connect() {},
  join() {},
  leave() {},
  publish() {},
});
