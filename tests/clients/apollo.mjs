// Apollo Client: pages that its cache puts together, a change that it shows without asking again, and
// a subscription over a lost connection.

import assert from 'node:assert/strict';
import { ApolloClient, ApolloLink, CombinedGraphQLErrors, HttpLink, InMemoryCache } from '@apollo/client';
import { GraphQLWsLink } from '@apollo/client/link/subscriptions';
import { relayStylePagination } from '@apollo/client/utilities';
import { SignIn, Tickets, TicketsChanged, TicketStatusChange, Wrong } from './documents.mjs';
import { editor, follow, inbox, websocket } from './websocket.mjs';

export const name = '@apollo/client';

export async function check({ url, credentials, change }) {
  let token;
  const signed = new ApolloLink((operation, forward) => {
    operation.setContext({ headers: token ? { authorization: `Bearer ${token}` } : {} });
    return forward(operation);
  });
  const fields = { tickets: relayStylePagination(['filter', 'orderBy']) };
  const cache = new InMemoryCache({ typePolicies: { Query: { fields } } });
  const client = new ApolloClient({ link: signed.concat(new HttpLink({ uri: url })), cache });

  const entered = await client.mutate({ mutation: SignIn, variables: { input: credentials } });
  assert.deepEqual(entered.data.signIn.userErrors, []);
  token = entered.data.signIn.token;

  const list = client.watchQuery({ query: Tickets, variables: { first: 2 } });
  // What a page on the screen shows, as soon as it is as wanted.
  const shown = (wanted) =>
    new Promise((resolve) => {
      const watching = list.subscribe(({ data }) => {
        if (!data?.tickets || !wanted(data.tickets)) return;
        resolve(data.tickets);
        queueMicrotask(() => watching.unsubscribe());
      });
    });
  // Kept up while others come and go.
  const screen = list.subscribe(() => {});
  const first = await shown(({ edges }) => edges.length === 2);
  const whole = shown(({ edges }) => edges.length === 3);
  await list.fetchMore({ variables: { after: first.pageInfo.endCursor } });
  const page = await whole;
  assert.deepEqual([page.totalCount, page.pageInfo.hasNextPage], [3, false]);

  const input = change(page.edges.map((edge) => edge.node));
  const followed = shown(({ edges }) => edges.some(({ node }) => node.id === input.id && node.status === input.status));
  const changed = await client.mutate({ mutation: TicketStatusChange, variables: { input } });
  assert.equal(changed.data.ticketStatusChange.outcome, 'CHANGED');
  // By the id of what changed, without asking again.
  await followed;
  screen.unsubscribe();

  const refused = await client.query({ query: Wrong }).catch((error) => error);
  assert.ok(CombinedGraphQLErrors.is(refused), `${refused}`);
  assert.equal(refused.errors[0].extensions.code, 'GRAPHQL_VALIDATION_FAILED');
  client.stop();

  const wire = await websocket(url, token);
  const live = new ApolloClient({ link: new GraphQLWsLink(wire.client), cache: new InMemoryCache() });
  const told = inbox();
  const following = live.subscribe({ query: TicketsChanged }).subscribe(({ data, error }) => {
    told.put(error ?? data.ticketsChanged);
  });
  await follow(wire, editor(url, token), told.take);
  following.unsubscribe();
  live.stop();
  await wire.close();
}
