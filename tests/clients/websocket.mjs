// A websocket of graphql-ws, on which Apollo Client and urql build too, through a wire that can be cut.

import assert from 'node:assert/strict';
import { once } from 'node:events';
import { connect, createServer } from 'node:net';
import { GraphQLClient } from 'graphql-request';
import { createClient } from 'graphql-ws';
import WebSocket from 'ws';
import { TicketEdit, Tickets } from './documents.mjs';

export async function websocket(url, token) {
  const { hostname, port } = new URL(url);
  const wires = new Set();
  const proxy = createServer((near) => {
    const far = connect(port, hostname);
    for (const [from, to] of [[near, far], [far, near]]) {
      wires.add(from);
      from.pipe(to);
      from.on('error', () => {});
      from.on('close', () => {
        wires.delete(from);
        to.destroy();
      });
    }
  });
  await once(proxy.listen(0, '127.0.0.1'), 'listening');

  // While it is held, nobody gets through.
  let free = Promise.resolve();
  const client = createClient({
    url: `ws://127.0.0.1:${proxy.address().port}/graphql`,
    webSocketImpl: WebSocket,
    connectionParams: { authorization: `Bearer ${token}` },
    retryWait: () => free,
  });
  return {
    client,
    // Loses the connection; the client does not know of it before. It comes back once `meanwhile` is done.
    lose: async (meanwhile = async () => {}) => {
      let release;
      free = new Promise((resolve) => (release = resolve));
      wires.forEach((wire) => wire.destroy());
      await meanwhile();
      release();
    },
    close: async () => {
      await client.dispose();
      wires.forEach((wire) => wire.destroy());
      proxy.close();
    },
  };
}

// What comes, one after the other.
export function inbox() {
  const come = [];
  const waiting = [];
  return {
    put: (message) => (waiting.length ? waiting.shift()(message) : come.push(message)),
    take: () => (come.length ? Promise.resolve(come.shift()) : new Promise((resolve) => waiting.push(resolve))),
  };
}

// Somebody else, who gives the first ticket another subject.
export function editor(url, token) {
  const http = new GraphQLClient(url, { headers: { authorization: `Bearer ${token}` } });
  return async (subject) => {
    const { tickets } = await http.request(Tickets, { first: 1 });
    const { id, version } = tickets.edges[0].node;
    const input = { id, expectedVersion: version, subject };
    assert.deepEqual((await http.request(TicketEdit, { input })).ticketEdit.userErrors, []);
  };
}

// Follows tickets over a lost connection, by what `take` gives: each message of `ticketsChanged`.
export async function follow(wire, edit, take) {
  assert.equal((await take()).reload, true, 'first of all: read anew');
  await edit('Guia 1');
  assert.deepEqual((await take()).changed.map((ticket) => ticket.subject), ['Guia 1']);
  await wire.lose(() => edit('Guia 2'));
  assert.equal((await take()).reload, true, 'it comes back without a cursor, and reads anew');
  await edit('Guia 3');
  assert.deepEqual((await take()).changed.map((ticket) => ticket.subject), ['Guia 3']);
}
