// What a nested list costs where Node answers it: the same query over the same tables, with the usual means
// (GraphQL Yoga, DataLoader, node-postgres with named statements). It asks nobody who they are, which saves it a
// statement; `bench nested-list` measures against it.
//
//   npm ci && node server.mjs <database url>
//
// Prints its address as a line of JSON, and serves until it is killed.

import { createServer } from 'node:http';
import DataLoader from 'dataloader';
import { createSchema, createYoga } from 'graphql-yoga';
import pg from 'pg';

const pool = new pg.Pool({ connectionString: process.argv[2], max: 16 });

const statements = {
  tickets: `SELECT id, number, subject, status, updated_at, client_id, assignee_id FROM tickets
            WHERE client_id = ANY ($1::uuid[]) ORDER BY updated_at DESC, id DESC LIMIT $2`,
  clients: 'SELECT id, name FROM clients WHERE id = ANY ($1::uuid[])',
  staff: 'SELECT id, name FROM staff_members WHERE id = ANY ($1::uuid[])',
  messages: `SELECT message.* FROM unnest($1::uuid[]) AS ticket (id) CROSS JOIN LATERAL (
                 SELECT id, subject_id, seq, visibility, body, created_at FROM messages
                 WHERE subject_id = ticket.id ORDER BY seq DESC LIMIT $2) AS message`,
};

async function rows(name, values) {
  return (await pool.query({ name, text: statements[name], values })).rows;
}

function byId(name) {
  return new DataLoader(async (ids) => {
    const found = new Map((await rows(name, [ids])).map((row) => [row.id, row]));
    return ids.map((id) => found.get(id) ?? null);
  });
}

function lastMessages() {
  return new DataLoader(
    async (wanted) => {
      const [{ last }] = wanted;
      const of = new Map(wanted.map(({ id }) => [id, []]));
      for (const row of await rows('messages', [[...of.keys()], last])) of.get(row.subject_id).push(row);
      return wanted.map(({ id }) => of.get(id).sort((one, other) => one.seq - other.seq));
    },
    { cacheKeyFn: ({ id, last }) => `${id} ${last}` },
  );
}

const schema = createSchema({
  typeDefs: `
    type Query { tickets(filter: TicketFilter, first: Int!): TicketConnection! }
    input TicketFilter { clientIds: [ID!] }
    type TicketConnection { nodes: [Ticket!]! }
    type Ticket {
      id: ID! number: Int! subject: String! status: String! updatedAt: String!
      client: Client! assignee: StaffMember conversation(last: Int!): MessageConnection!
    }
    type Client { id: ID! name: String! }
    type StaffMember { id: ID! name: String! }
    type MessageConnection { nodes: [Message!]! }
    type Message { id: ID! visibility: String! body: String! createdAt: String! }
  `,
  resolvers: {
    Query: {
      tickets: async (_, { filter, first }) => ({ nodes: await rows('tickets', [filter.clientIds, first]) }),
    },
    Ticket: {
      updatedAt: (ticket) => ticket.updated_at.toISOString(),
      client: (ticket, _, { clients }) => clients.load(ticket.client_id),
      assignee: (ticket, _, { staff }) => ticket.assignee_id && staff.load(ticket.assignee_id),
      conversation: async (ticket, { last }, { messages }) => ({
        nodes: await messages.load({ id: ticket.id, last }),
      }),
    },
    Message: { createdAt: (message) => message.created_at.toISOString() },
  },
});

const context = () => ({ clients: byId('clients'), staff: byId('staff'), messages: lastMessages() });
const yoga = createYoga({ schema, context, logging: false, graphiql: false, maskedErrors: false });
const server = createServer(yoga);
server.listen(0, '127.0.0.1', () => {
  console.log(JSON.stringify({ message: 'serving', address: `127.0.0.1:${server.address().port}` }));
});
