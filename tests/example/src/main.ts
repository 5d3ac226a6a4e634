// A day at the desk in a few lines: signs in, follows the tickets, attaches a file to one and changes its
// status while the connection is gone. What happened meanwhile comes when it is back.
//
//   node build/main.js http://127.0.0.1:8080 <email> <password>
import { createHash, randomUUID } from 'node:crypto';
import type { TypedDocumentNode } from '@graphql-typed-document-node/core';
import { print } from 'graphql';
import { createClient } from 'graphql-ws';
import WebSocket from 'ws';
import * as api from './generated/contract.js';

const [url, email, password] = process.argv.slice(2);
if (!url || !email || !password) throw new Error('node build/main.js <url> <email> <password>');

let token: string | undefined;

/** Asks by HTTP; the types of variables and answer are those of the document. */
async function ask<T, V>(document: TypedDocumentNode<T, V>, variables: V): Promise<T> {
  const headers: Record<string, string> = { 'content-type': 'application/json' };
  if (token) headers['authorization'] = `Bearer ${token}`;
  const body = JSON.stringify({ query: print(document), variables });
  const response = await fetch(`${url}/graphql`, { method: 'POST', headers, body });
  const answer = (await response.json()) as { data?: T; errors?: { message: string }[] };
  if (answer.errors || !answer.data) throw new Error(answer.errors?.[0]?.message ?? response.statusText);
  return answer.data;
}

/** What was done; throws what the user is told where it was not. */
function done<P extends { userErrors: { message: string }[] }>(payload: P): P {
  if (payload.userErrors.length) throw new Error(payload.userErrors.map((one) => one.message).join(' '));
  return payload;
}

function there<T>(value: T | null | undefined, what: string): T {
  if (value === null || value === undefined) throw new Error(`no ${what}`);
  return value;
}

type Told = api.TicketsChangedSubscription['ticketsChanged'];

/** Follows the tickets over lost connections: each new one goes on from the last message's cursor. */
class Desk {
  // Read anew at each reconnect.
  private readonly variables: api.TicketsChangedSubscriptionVariables = { after: null };
  private readonly told: Told[] = [];
  private socket: WebSocket | undefined;
  private wake = () => {};
  connections = 0;

  constructor(token: string) {
    const client = createClient({
      url: `${url}/graphql`.replace(/^http/, 'ws'),
      webSocketImpl: WebSocket,
      connectionParams: { authorization: `Bearer ${token}` },
      shouldRetry: () => true,
      on: {
        connected: (socket) => {
          this.socket = socket as WebSocket;
          this.connections += 1;
        },
      },
    });
    const query = print(api.TicketsChangedDocument);
    client.subscribe<api.TicketsChangedSubscription>(
      { query, variables: this.variables },
      {
        next: ({ data, errors }) => {
          if (!data) throw new Error(errors?.[0]?.message);
          this.variables.after = data.ticketsChanged.cursor;
          this.told.push(data.ticketsChanged);
          this.wake();
        },
        error: (error) => {
          console.error(error);
          process.exit(1);
        },
        complete: () => {},
      },
    );
  }

  /** Waits for a message as wanted; those before it are not looked at again. */
  async until(wanted: (told: Told) => boolean): Promise<Told> {
    for (;;) {
      for (let told = this.told.shift(); told; told = this.told.shift()) if (wanted(told)) return told;
      await new Promise<void>((wake) => (this.wake = wake));
    }
  }

  /** Loses the connection without a word, as in a tunnel. */
  cut() {
    this.socket?.terminate();
  }
}

const signedIn = done((await ask(api.SignInDocument, { email, password })).signIn);
token = there(signedIn.token, 'token');
console.log(`signed in as ${email}`);

const desk = new Desk(token);
await desk.until((told) => told.reload);
const ticket = there((await ask(api.OpenTicketDocument, {})).tickets.nodes[0], 'open ticket');
console.log(`follows the tickets; works on #${ticket.number}, ${ticket.status}`);

const bytes = new TextEncoder().encode('data;valor\n2026-03-20;1250,00\n');
const upload = done(
  (
    await ask(api.UploadBeginDocument, {
      key: randomUUID(),
      file: {
        name: 'recibo.csv',
        contentType: 'text/csv',
        size: bytes.length,
        sha256: createHash('sha256').update(bytes).digest('hex'),
      },
    })
  ).fileUploadCreate,
).uploads[0];
const { file, address } = done(there(upload, 'upload'));
const { method, url: to, headers } = there(address, 'address');
const put = await fetch(new URL(to, url), {
  method,
  body: bytes,
  headers: headers.map(({ name, value }): [string, string] => [name, value]),
});
if (!put.ok) throw new Error(`the bytes were refused: ${put.status} ${await put.text()}`);
const id = there(file, 'file').id;
for (const result of done((await ask(api.UploadEndDocument, { file: id })).fileUploadComplete).results)
  done(result);
done((await ask(api.AttachDocument, { key: randomUUID(), ticket: ticket.id, file: id })).ticketFileAttach);
await desk.until((told) =>
  told.changed.some(
    (one) =>
      one.id === ticket.id &&
      one.attachments.some(({ file }) => file.name === 'recibo.csv' && file.state === 'STORED'),
  ),
);
console.log('attached recibo.csv: verified and stored');

desk.cut();
const status = ticket.status === 'WAITING' ? 'IN_ANALYSIS' : 'WAITING';
const changed = done(
  (await ask(api.ChangeStatusDocument, { key: randomUUID(), ticket: ticket.id, status })).ticketStatusChange,
);
console.log(
  `changed to ${status} while the connection was gone: ${changed.outcome}, mail ${changed.mail?.state}`,
);
const event = await desk.until((told) =>
  told.changed.some((one) => one.id === ticket.id && one.status === status),
);
if (event.reload) throw new Error('it had to begin anew');
console.log(`told of it over connection ${desk.connections}`);
process.exit(0);
