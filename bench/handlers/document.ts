/** What every server of the suite `http` answers with for /json: made into 1,024 bytes of JSON for each request. */

const ROWS = 16;
const FIRST_ID = 1_000_000;

export const document = {
  n: 1,
  rows: Array.from({ length: ROWS }, (_, i) => ({
    id: FIRST_ID + i,
    name: `item ${i + 10}`,
    price: 19.99,
    tags: ['x', 'y'],
  })),
};
