// The operations of documents.graphql by name, each with its fragments.

import { readFileSync } from 'node:fs';
import { Kind, parse, separateOperations } from 'graphql';

const file = new URL('documents.graphql', import.meta.url);
const operations = separateOperations(parse(readFileSync(file, 'utf8')));

export const { SignIn, Tickets, TicketsChanged, TicketEdit, TicketStatusChange } = operations;

// What a server must refuse, and tell why: none of its fields is called so.
export const Wrong = {
  kind: Kind.DOCUMENT,
  definitions: parse('query Wrong { noSuchField }').definitions,
};
