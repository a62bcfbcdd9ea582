/** An Express application behind a mode: each loop has one of its own. */
import { createServer } from 'node:http';
import express from 'express';
import { fromHttpServer } from 'patterns-runtime';

const app = express();

app.use(express.json());
app.get('/', (_request, response) => {
  response.json({ hello: 'world', pid: process.pid });
});
app.post('/sum', (request, response) => {
  const numbers = request.body as number[];
  response.json({ sum: numbers.reduce((a, b) => a + b, 0) });
});

export default fromHttpServer(createServer(app));
