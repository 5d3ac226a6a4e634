// A day at the desk in a few lines: signs in, follows the tickets, attaches a file to one and changes its
// status while the connection is gone. What happened meanwhile comes when it is back.
//
//   node build/desk.js http://127.0.0.1:8080 <email> <password>
import { randomUUID } from 'node:crypto';
import { Api, done, there } from './api.js';
import * as documents from './generated/contract.js';

const api = await Api.signIn();
const desk = api.follow(documents.TicketsChangedDocument, (data) => data.ticketsChanged);
await desk.until((told) => told.reload);
const ticket = there((await api.ask(documents.OpenTicketDocument, {})).tickets.nodes[0], 'open ticket');
console.log(`follows the tickets; works on #${ticket.number}, ${ticket.status}`);

const receipt = { name: 'recibo.csv', contentType: 'text/csv', text: 'data;valor\n2026-03-20;1250,00\n' };
const file = there((await api.upload([receipt]))[0], 'file');
const attached = await api.ask(documents.AttachDocument, { key: randomUUID(), ticket: ticket.id, file });
done(attached.ticketFileAttach);
await desk.until((told) =>
  told.changed.some(
    (one) =>
      one.id === ticket.id &&
      one.attachments.some(({ file }) => file.name === receipt.name && file.state === 'STORED'),
  ),
);
console.log(`attached ${receipt.name}: verified and stored`);

desk.cut();
const status = ticket.status === 'WAITING' ? 'IN_ANALYSIS' : 'WAITING';
const change = { key: randomUUID(), ticket: ticket.id, status } as const;
const changed = done((await api.ask(documents.ChangeStatusDocument, change)).ticketStatusChange);
console.log(
  `changed to ${status} while the connection was gone: ${changed.outcome}, mail ${changed.mail?.state}`,
);
const event = await desk.until((told) =>
  told.changed.some((one) => one.id === ticket.id && one.status === status),
);
if (event.reload) throw new Error('it had to begin anew');
console.log(`told of it over connection ${desk.connections}`);
process.exit(0);
