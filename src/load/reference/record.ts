/** What goes to the reference server and back: a record of 16 bytes, the request's number as a double and eight zeros. */
export const RECORD_BYTES = 16;
