// A websocket of graphql-ws, on which Apollo Client and urql build too, through a wire that can be cut.

import { once } from 'node:events';
import { connect, createServer } from 'node:net';
import { createClient } from 'graphql-ws';
import WebSocket from 'ws';

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

  let opened = 0;
  const client = createClient({
    url: `ws://127.0.0.1:${proxy.address().port}/graphql`,
    webSocketImpl: WebSocket,
    connectionParams: { authorization: `Bearer ${token}` },
    lazy: false,
    onNonLazyError: () => {},
    retryWait: async () => {},
    on: { connected: () => (opened += 1) },
  });
  return {
    client,
    opened: () => opened,
    // The client does not know of it before.
    cut: () => wires.forEach((wire) => wire.destroy()),
    close: async () => {
      await client.dispose();
      wires.forEach((wire) => wire.destroy());
      proxy.close();
    },
  };
}
