/** Fastify, without its log. */
import type { AddressInfo } from 'node:net';
import Fastify from 'fastify';
import { document } from '../handlers/document.ts';
import { announce, HOST } from './announce.ts';

const app = Fastify();
app.get('/', (_request, reply) => reply.type('text/plain').send('hello'));
app.get('/json', () => document);
await app.listen({ host: HOST, port: 0 });
announce((app.server.address() as AddressInfo).port);
