// Relay: its compiler takes the contract, with connections, refetching by `node` and updates of lists;
// what it makes of them is answered by the server.

import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { GraphQLClient } from 'graphql-request';
import { SignIn } from './documents.mjs';

export const name = 'relay-compiler';

const here = (path) => fileURLToPath(new URL(path, import.meta.url));

// The text of each operation that the compiler made of relay/, by name.
function compile(schema) {
  const folder = mkdtempSync(join(tmpdir(), 'guichet-relay-'));
  try {
    cpSync(here('relay'), join(folder, 'relay'), { recursive: true });
    cpSync(schema, join(folder, 'schema.graphql'));
    writeFileSync(join(folder, 'package.json'), '{}');
    writeFileSync(join(folder, 'operations.json'), '{}');
    mkdirSync(join(folder, 'made'));
    const config = {
      src: './relay',
      schema: './schema.graphql',
      language: 'javascript',
      artifactDirectory: './made',
      eagerEsModules: false,
      persistConfig: { file: './operations.json', algorithm: 'SHA256' },
    };
    writeFileSync(join(folder, 'relay.config.json'), JSON.stringify(config));
    const compiler = createRequire(import.meta.url).resolve('relay-compiler/cli.js');
    execFileSync(process.execPath, [compiler], { cwd: folder, stdio: 'pipe' });
    const texts = Object.values(JSON.parse(readFileSync(join(folder, 'operations.json'), 'utf8')));
    return new Map(texts.map((text) => [/(?:query|mutation) (\w+)/.exec(text)[1], text]));
  } catch (error) {
    throw new Error(`relay-compiler: ${error.stdout ?? ''}${error.stderr ?? error.message}`);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

export async function check({ url, schema, credentials }) {
  const texts = compile(schema);
  const client = new GraphQLClient(url);
  const { signIn } = await client.request(SignIn, { input: credentials });
  client.setHeader('authorization', `Bearer ${signIn.token}`);

  const first = (await client.request(texts.get('TicketListQuery'))).tickets;
  assert.equal(first.edges.length, 2);
  const { endCursor } = first.pageInfo;
  const next = await client.request(texts.get('TicketListPaginationQuery'), { count: 2, cursor: endCursor });
  const seen = [...first.edges, ...next.tickets.edges].map((edge) => edge.node.id);
  assert.equal(new Set(seen).size, 3);

  const input = { idempotencyKey: 'relay', id: seen[0], visibility: 'INTERNAL', body: 'Visto' };
  const posted = await client.request(texts.get('TicketListPostMutation'), { input });
  assert.deepEqual(posted.ticketMessagePost.userErrors, []);
  const again = await client.request(texts.get('TicketViewRefetchQuery'), { id: seen[0], count: 1 });
  assert.equal(again.node.__typename, 'Ticket');
  assert.deepEqual(again.node.conversation.edges.map((edge) => edge.node.body), ['Visto']);
}
